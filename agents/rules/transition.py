"""Hazards of edges (docs/model.md 7.2): a discrete-time competing-risks, multi-state logit model (Allison 1982).

P(j) = exp(eta_j) / (1 + sum of exp(eta)) over the open edges; the 1 belongs to the reference.
"""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["add_term", "clipped_probability", "goal_by_visit", "odds"]

#: Less than any probability that leads anywhere: no sum is divided by 0.
_LEAST = 1e-300


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
def goal_by_visit(u: float, total: float, weighted: float, rest: float, rest_weight: float) -> float:
    """Draw in units of weighted probabilities, for edges with weights by visit.

    Parameters
    ----------
    u : float
        Uniform in (0, 1).
    total : float
        Sum of the probabilities of all open edges with a hazard.
    weighted : float
        Sum of weight x probability of these.
    rest : float
        1 where a reference is open, which has the probability that is left; else 0: staying has it.
    rest_weight : float
        Weight of the reference, >= 0.

    Returns
    -------
    float
        u W / S: the first edge is taken up to which weight x probability sums to more. S and W are the sums over all
        open edges, the reference with max(1 - total, 0) among them.

    Examples
    --------
    >>> goal_by_visit(0.25, 0.5, 0.25, 0.0, 0.0), goal_by_visit(0.25, 0.5, 0.25, 1.0, 3.5)
    (0.125, 0.5)
    """
    weights = weighted + rest_weight * max(rest - total, 0.0)
    return u * weights / max(total, rest, _LEAST)
