"""Choice among considered brands (MODEL 4.4): random utility (McFadden 1974) with frozen errors (ActivitySim)."""

from agents.compiled import rule
from agents.rules.numerics import gumbel, log, normal_quantile

__all__ = ["brand_value", "incumbent_bump", "lifelong_taste", "moment_error", "price_disutility", "taste_tail"]


@rule
def lifelong_taste(u: float, sd: float) -> float:
    """Taste of a customer for a brand, Normal(0, ``sd``), fixed for life."""
    return sd * normal_quantile(u)


@rule
def taste_tail(u: float) -> float:
    """Return log of the nearer tail's probability: a table of log-Gamma tastes is even in it, on either side.

    The logarithm of a Gamma(shape) variate G is a taste T such that exp(T) / sum(exp(T)) over brands has the Dirichlet
    distribution of their shapes; with Gumbel errors of scale 1 these are a customer's choice probabilities (Goodhardt,
    Ehrenberg & Chatfield 1984). Below the median log G is nearly linear in log u (slope 1 / shape), above it smooth in
    log(1 - u).

    Parameters
    ----------
    u : float
        The draw, in (0, 1).
    """
    return log(min(u, 1.0 - u))


@rule
def moment_error(u: float, scale: float) -> float:
    """Gumbel error of a customer, brand and occasion."""
    return scale * gumbel(u)


@rule
def brand_value(quality: float, price_disutility: float, reputation_utility: float) -> float:
    """What a brand offers anybody, in utility units."""
    return quality - price_disutility + reputation_utility


@rule
def price_disutility(weight: float, price_sensitivity: float, relative_price: float) -> float:
    """Utility lost to the price, relative to the market's reference price."""
    return weight * price_sensitivity * relative_price


@rule
def incumbent_bump(habit_weight: float, habit: float, satisfaction_weight: float, satisfaction: float) -> float:
    """State dependence: what the brand bought last has ahead of the others (Dube, Hitsch & Rossi 2010)."""
    return habit_weight * habit + satisfaction_weight * satisfaction
