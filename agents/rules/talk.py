"""Word of mouth (docs/model.md 7.6; East, Hammond & Wright 2007: talk is mostly about one's own brand)."""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["complaint_probability", "praise_probability", "reputation_after", "salience_after"]


@rule
def praise_probability(rate: float, sociability: float, satisfaction: float) -> float:
    """Probability per week that a customer in a talk stage recommends the brand.

    Parameters
    ----------
    rate : float
        Probability per week of a fully sociable and satisfied customer, in [0, 1].
    sociability : float
        Trait in [0, 1].
    satisfaction : float
        Satisfaction with the brand, utility; clipped to [0, 1].

    Returns
    -------
    float
        Probability, in [0, 1].

    Examples
    --------
    >>> praise_probability(0.5, 0.5, 0.5), praise_probability(0.5, 0.5, -1.0)
    (0.125, 0.0)
    """
    return rate * sociability * min(max(satisfaction, 0.0), 1.0)


@rule
def complaint_probability(rate: float, sociability: float, surprise: float) -> float:
    """Probability that a customer complains to others about a disappointing experience.

    Parameters
    ----------
    rate : float
        Probability of a fully sociable customer at a disappointment of 1, in [0, 1].
    sociability : float
        Trait in [0, 1].
    surprise : float
        Outcome less expectation, utility; -surprise is clipped to [0, 1].

    Returns
    -------
    float
        Probability, in [0, 1].

    Examples
    --------
    >>> complaint_probability(0.5, 0.5, -0.5), complaint_probability(0.5, 0.5, 1.0)
    (0.125, 0.0)
    """
    return rate * sociability * min(max(-surprise, 0.0), 1.0)


@rule
def reputation_after(reputation: float, heard: float, decay: float, gain: float) -> float:
    """Reputation after a week of word of mouth: (1 - decay) x R + gain x heard.

    Parameters
    ----------
    reputation : float
        Reputation R before.
    heard : float
        (praise - negativity x complaints) per head of the listeners.
    decay : float
        Share of reputation lost per week, in [0, 1].
    gain : float
        Reputation per unit heard, >= 0.

    Returns
    -------
    float
        Reputation after.

    Examples
    --------
    >>> reputation_after(1.0, 0.5, 0.25, 0.5)
    1.0
    """
    return (1.0 - decay) * reputation + gain * heard


@rule
def salience_after(salience: float, reputation: float, effect: float) -> float:
    """Probability of coming to mind after word of mouth: reputation shifts the log odds of ``salience``.

    logit(salience) + effect x reputation; salience of 0 and of 1 stays.

    Parameters
    ----------
    salience : float
        Probability of coming to mind without word of mouth, in [0, 1].
    reputation : float
        Reputation of the brand.
    effect : float
        Log odds per unit of reputation.

    Returns
    -------
    float
        Probability, in [0, 1].

    Examples
    --------
    >>> print(salience_after(0.5, 0.0, 1.0), round(salience_after(0.5, 1.0, 1.0), 4))
    0.5 0.7311
    """
    shift = exp(effect * reputation)
    return salience * shift / (1.0 - salience + salience * shift)
