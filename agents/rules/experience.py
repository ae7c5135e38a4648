"""Experience, expectation, satisfaction, trust and habit (MODEL 4.5)."""

from typing import NamedTuple

from agents.compiled import rule

__all__ = [
    "Felt",
    "affinity_after_ease",
    "bonded",
    "expectation_after",
    "habit_after_repeat",
    "outcome",
    "satisfaction_after",
    "trust_after_intrusion",
    "trust_after_surprise",
]


class Felt(NamedTuple):
    """What the customer feels at a moment of experience."""

    ease: float
    relevance: float
    delight: float
    strain: float  # effort since the last experience
    intrusion: float


@rule
def outcome(advantage: float, felt: Felt, weights: Felt, noise_sd: float, noise: float) -> float:
    """Experience x in utility units.

    Parameters
    ----------
    advantage : float
        The brand's quality above the market's mean plus the stage's lift.
    felt : Felt
        Ease, relevance and delight in [0, 1]; strain and intrusion >= 0.
    weights : Felt
        Utility per unit of each.
    noise_sd : float
        Standard deviation of one experience.
    noise : float
        Standard normal of the occasion.
    """
    return (
        advantage
        + weights.ease * felt.ease
        + weights.relevance * felt.relevance
        + weights.delight * felt.delight
        - weights.strain * felt.strain
        - weights.intrusion * felt.intrusion
        + noise_sd * noise
    )


@rule
def expectation_after(expectation: float, surprise: float, rate: float) -> float:
    """Expectation after a surprise z = x - e: delight becomes the norm (adaptation level; Oliver 1980)."""
    return expectation + rate * surprise


@rule
def satisfaction_after(satisfaction: float, surprise: float, rate: float, loss_aversion: float) -> float:
    """Satisfaction moves to the valued surprise; losses weigh more than gains (Tversky & Kahneman 1992)."""
    valued = surprise if surprise >= 0.0 else loss_aversion * surprise
    return satisfaction + rate * (valued - satisfaction)


@rule
def trust_after_surprise(trust: float, surprise: float, trust_propensity: float, gain: float, loss: float) -> float:
    """Trust grows with good surprises as far as the customer is inclined to trust, and falls with bad ones."""
    won = gain * trust_propensity * min(max(surprise, 0.0), 1.0) * (1.0 - trust)
    lost = loss * min(max(-surprise, 0.0), 1.0) * trust
    return trust + won - lost


@rule
def trust_after_intrusion(trust: float, intrusion: float, loss: float) -> float:
    """Trust after an intrusive contact of the incumbent."""
    return trust - loss * min(intrusion, 1.0) * trust


@rule
def habit_after_repeat(habit: float, gain: float) -> float:
    """Habit after one more purchase of the same brand."""
    return habit + gain * (1.0 - habit)


@rule
def bonded(value: float, gain: float) -> float:
    """Trust or habit after entering a bond stage (a community, a programme)."""
    return value + gain * (1.0 - value)


@rule
def affinity_after_ease(digital_affinity: float, rate: float, ease: float) -> float:
    """Adaptive persona: digital affinity after an eased experience."""
    return digital_affinity + rate * ease * (1.0 - digital_affinity)
