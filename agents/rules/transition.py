"""Hazards of edges (docs/model.md 7.2): a discrete-time competing-risks, multi-state logit model (Allison 1982).

P(j) = exp(eta_j) / (1 + sum of exp(eta)) over the open edges; the 1 belongs to the reference.
"""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["add_term", "clipped_probability", "goal_by_visit", "odds"]


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


@rule
def goal_by_visit(u: float, total: float, weighted: float, rest_weight: float, stays: float) -> float:
    """Draw in units of weighted probabilities, for edges with weights by visit.

    Parameters
    ----------
    u : float
        Uniform in (0, 1).
    total : float
        Sum of the probabilities of all open edges with a hazard.
    weighted : float
        Sum of weight x probability of these.
    rest_weight : float
        Weight of the reference, which has the probability that they leave; 0 where none is open.
    stays : float
        1 where the customer stays with what is left of 1; 0 where it takes some edge for certain.

    Returns
    -------
    float
        The first edge is taken up to which weight x probability sums to more.

    Examples
    --------
    >>> goal_by_visit(0.25, 0.5, 0.8, 0.0, 1.0), goal_by_visit(0.25, 0.5, 2.0, 0.0, 1.0)
    (0.25, 0.5)
    >>> goal_by_visit(0.25, 0.5, 0.25, 3.5, 0.0)
    0.5
    """
    return u * max(weighted + rest_weight * max(1.0 - total, 0.0), stays)
