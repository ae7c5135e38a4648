"""Fit parameters of a market to figures: search, parameters, targets and the ensemble that is left."""
