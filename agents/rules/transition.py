"""Hazards of edges (MODEL 4.2): a discrete-time competing-risks, multi-state logit model (Allison 1982)."""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["add_term", "clipped_probability", "odds"]


@rule
def add_term(total: float, coefficient: float, feature: float) -> float:
    """Linear predictor after one more term."""
    return total + coefficient * feature


@rule
def odds(predictor: float) -> float:
    """Odds of an edge against the reference, exp(eta)."""
    return exp(predictor)


@rule
def clipped_probability(predictor: float) -> float:
    """Weekly probability of a linear edge, clipped to [0, 1]."""
    return min(max(predictor, 0.0), 1.0)
