"""Where runs go: executors, replicates, partitioned populations, trials and the store of results."""
