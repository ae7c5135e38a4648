"""Reports: pictures, the page and the terminal's table. They read results and change nothing."""
