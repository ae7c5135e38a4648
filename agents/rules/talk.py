"""Word of mouth (MODEL 4.6; East, Hammond & Wright 2007: talk is mostly about one's own brand)."""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = ["complaint_probability", "praise_probability", "reputation_after", "salience_after"]


@rule
def praise_probability(rate: float, sociability: float, satisfaction: float) -> float:
    """Chance a week that a customer in a talk stage recommends the brand; none where satisfaction is not positive."""
    return rate * sociability * min(max(satisfaction, 0.0), 1.0)


@rule
def complaint_probability(rate: float, sociability: float, surprise: float) -> float:
    """Chance that a disappointing experience (``surprise`` < 0) is told to others."""
    return rate * sociability * min(max(-surprise, 0.0), 1.0)


@rule
def reputation_after(reputation: float, heard: float, decay: float, gain: float) -> float:
    """Reputation after a week; ``heard`` is (praise - negativity x complaints) per head of those who listen."""
    return (1.0 - decay) * reputation + gain * heard


@rule
def salience_after(salience: float, reputation: float, effect: float) -> float:
    """Chance of coming to mind: reputation moves the log odds of ``salience``; 0 and 1 stay."""
    shift = exp(effect * reputation)
    return salience * shift / (1.0 - salience + salience * shift)
