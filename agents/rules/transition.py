"""Hazards of edges (docs/model.md 7.2): a discrete-time competing-risks, multi-state logit model (Allison 1982).

P(j) = exp(eta_j) / (1 + sum of exp(eta)) over the open edges; the 1 belongs to the reference.
"""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["add_term", "clipped_probability", "odds"]


@rule
def add_term(total: float, coefficient: float, feature: float) -> float:
    """Add a term to the linear predictor eta of an edge.

    Parameters
    ----------
    total : float
        Predictor so far.
    coefficient : float
        Log odds (of a linear edge: probability) per unit of the feature.
    feature : float
        Value of the feature (:data:`agents.features.FEATURES`).

    Returns
    -------
    float
        total + coefficient x feature.

    Examples
    --------
    >>> add_term(-1.0, 2.0, 0.75)
    0.5
    """
    return total + coefficient * feature


@rule
def odds(predictor: float) -> float:
    """Odds of an edge against the reference: exp(eta) (Allison 1982).

    Parameters
    ----------
    predictor : float
        Linear predictor eta, log odds; clipped to [-700, 700].

    Returns
    -------
    float
        Odds, > 0.

    Examples
    --------
    >>> print(odds(0.0), round(odds(1.0), 4))
    1.0 2.7183
    """
    return exp(predictor)


@rule
def clipped_probability(predictor: float) -> float:
    """Weekly probability of an edge with a linear hazard.

    Parameters
    ----------
    predictor : float
        Linear predictor.

    Returns
    -------
    float
        Clipped to [0, 1].

    Examples
    --------
    >>> clipped_probability(0.25), clipped_probability(-1.0), clipped_probability(2.0)
    (0.25, 0.0, 1.0)
    """
    return min(max(predictor, 0.0), 1.0)
