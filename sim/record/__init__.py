"""What a run leaves behind: counters, events, the recorder and the history of an arm."""
