"""Figures: how each is drawn. They take plain arrays and names, compute nothing, and so can be tested alone."""
