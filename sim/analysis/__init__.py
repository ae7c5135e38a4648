"""What histories mean: metrics, paired differences, tables and a verdict in plain words."""
