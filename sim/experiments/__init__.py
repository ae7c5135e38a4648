"""Experiments: scenarios, their arms, replicates and the comparison of worlds."""
