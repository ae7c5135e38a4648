"""Choice among the considered brands (docs/model.md 7.4).

Random utility (McFadden 1974): a customer buys the considered brand of the highest utility. The errors belong to the
customer, brand and occasion, and do not depend on the strategy: raising the utility of one brand never moves a customer
between two others.
"""

from agents.compiled import rule
from agents.rules.numerics import gumbel, log, normal_quantile

__all__ = ["brand_value", "incumbent_bump", "lifelong_taste", "moment_error", "price_disutility", "taste_tail"]


@rule
def lifelong_taste(u: float, sd: float) -> float:
    """Taste of a customer for a brand, drawn once: Normal(0, ``sd``).

    The mixed logit of household panels (McFadden & Train 2000).

    Parameters
    ----------
    u : float
        Uniform draw in (0, 1) of the customer and the brand.
    sd : float
        Standard deviation of tastes in the population, utility, >= 0.

    Returns
    -------
    float
        Taste, utility.

    Examples
    --------
    >>> print(lifelong_taste(0.5, 2.0))
    0.0
    >>> print(round(lifelong_taste(0.975, 1.0), 2))
    1.96
    """
    return sd * normal_quantile(u)


@rule
def taste_tail(u: float) -> float:
    """Logarithm of the probability of the nearer tail: tables of log-Gamma tastes have even steps in it.

    The logarithm of a Gamma(shape) variate G is a taste T such that exp(T) / sum(exp(T)) over brands has the Dirichlet
    distribution of their shapes. With Gumbel errors of scale 1 these are a customer's choice probabilities (Goodhardt,
    Ehrenberg & Chatfield 1984). Below the median log G is nearly linear in log u (slope 1 / shape), above it smooth in
    log(1 - u).

    Parameters
    ----------
    u : float
        Uniform draw in (0, 1) of the customer and the brand.

    Returns
    -------
    float
        log(min(u, 1 - u)), at most log(1/2).

    Examples
    --------
    >>> print(round(taste_tail(0.5), 4), taste_tail(0.25) == taste_tail(0.75))
    -0.6931 True
    """
    return log(min(u, 1.0 - u))


@rule
def moment_error(u: float, scale: float) -> float:
    """Error of the utility of a brand at one occasion: Gumbel with scale ``scale`` (McFadden 1974).

    Parameters
    ----------
    u : float
        Uniform draw in (0, 1) of the customer, the occasion and the brand.
    scale : float
        Scale of the error, utility, >= 0; its standard deviation is pi / sqrt(6) times as large.

    Returns
    -------
    float
        Error, utility.

    Examples
    --------
    >>> print(round(moment_error(0.5, 2.0), 4))
    0.733
    """
    return scale * gumbel(u)


@rule
def brand_value(quality: float, price_disutility: float, reputation_utility: float) -> float:
    """Utility of a brand that is the same for all customers with the same price sensitivity.

    Parameters
    ----------
    quality : float
        Quality of the brand, utility.
    price_disutility : float
        As :func:`price_disutility` gives it, utility.
    reputation_utility : float
        Weight of reputation times the brand's reputation, utility.

    Returns
    -------
    float
        Utility.

    Examples
    --------
    >>> brand_value(1.0, 0.5, 0.25)
    0.75
    """
    return quality - price_disutility + reputation_utility


@rule
def price_disutility(weight: float, price_sensitivity: float, relative_price: float) -> float:
    """Utility lost to the price, relative to the market's reference price.

    Parameters
    ----------
    weight : float
        Utility per unit of relative price at a sensitivity of 1, >= 0: -2 times the price elasticity, so that a
        sensitivity of 0.5 gives this elasticity of utility at the reference price.
    price_sensitivity : float
        Trait in [0, 1].
    relative_price : float
        Price / reference price, >= 0.

    Returns
    -------
    float
        Utility lost, >= 0.

    Examples
    --------
    >>> price_disutility(4.0, 0.5, 1.25)
    2.5
    """
    return weight * price_sensitivity * relative_price


@rule
def incumbent_bump(habit_weight: float, habit: float, satisfaction_weight: float, satisfaction: float) -> float:
    """State dependence: what the brand bought last gains in utility (Dube, Hitsch & Rossi 2010).

    Parameters
    ----------
    habit_weight : float
        Utility at full habit, >= 0.
    habit : float
        Habit in [0, 1], decayed since the last purchase.
    satisfaction_weight : float
        Utility per unit of satisfaction, >= 0.
    satisfaction : float
        Satisfaction with the brand, utility.

    Returns
    -------
    float
        Utility; negative for an unsatisfying brand.

    Examples
    --------
    >>> incumbent_bump(0.5, 0.5, 1.0, 0.25)
    0.5
    """
    return habit_weight * habit + satisfaction_weight * satisfaction
