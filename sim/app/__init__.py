"""App: the what-if explorer in the browser. One process, the loopback address, no account, nothing from elsewhere."""
