"""The readable engine: the Mesa model and the environment of its customers."""
