"""Experience, expectation, satisfaction, trust and habit (docs/model.md 7.5)."""

from typing import NamedTuple

from agents.compiled import rule

__all__ = [
    "Felt",
    "affinity_after_ease",
    "bonded",
    "expectation_after",
    "satisfaction_after_help",
    "habit_after_repeat",
    "outcome",
    "satisfaction_after",
    "trust_after_intrusion",
    "trust_after_surprise",
]


class Felt(NamedTuple):
    """What the customer feels at an experience."""

    ease: float
    relevance: float
    delight: float
    strain: float  # effort since the last experience
    intrusion: float


@rule
def outcome(advantage: float, felt: Felt, weights: Felt, noise_sd: float, noise: float) -> float:
    """Outcome x of an experience with the incumbent.

    x = advantage + sum of weights x (ease, relevance, delight) - sum of weights x (strain, intrusion) + noise.

    Parameters
    ----------
    advantage : float
        Quality of the brand above the market's mean plus the lift of the stage, utility.
    felt : Felt
        Ease, relevance and delight in [0, 1]; strain and intrusion >= 0.
    weights : Felt
        Utility per unit of each, >= 0.
    noise_sd : float
        Standard deviation of the noise of one experience, utility, >= 0.
    noise : float
        Standard normal draw of the occasion.

    Returns
    -------
    float
        Outcome x, utility.

    Examples
    --------
    >>> outcome(0.5, Felt(0.5, 0.0, 0.0, 2.0, 0.0), Felt(1.0, 1.0, 1.0, 0.25, 1.0), 0.5, -1.0)
    0.0
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
    """Expectation after an experience: e + rate x z; delight becomes the norm (Oliver 1980).

    Parameters
    ----------
    expectation : float
        Expectation e before, utility.
    surprise : float
        Outcome less expectation, z = x - e, utility.
    rate : float
        Share of the surprise that is learned, in [0, 1].

    Returns
    -------
    float
        Expectation after, utility.

    Examples
    --------
    >>> expectation_after(1.0, -0.5, 0.5)
    0.75
    """
    return expectation + rate * surprise


@rule
def satisfaction_after(satisfaction: float, surprise: float, rate: float, loss_aversion: float) -> float:
    """Satisfaction after an experience: s + rate x (v - s), v the value of the surprise.

    A loss counts for more than a gain of the same size: v = z for z >= 0, else loss_aversion x z (the value function of
    Tversky & Kahneman 1992 with an exponent of 1).

    Parameters
    ----------
    satisfaction : float
        Satisfaction s before, utility.
    surprise : float
        Outcome less expectation z, utility.
    rate : float
        Share of the way, in [0, 1].
    loss_aversion : float
        Weight of a loss relative to a gain, >= 1; Tversky & Kahneman estimate 2.25.

    Returns
    -------
    float
        Satisfaction after, utility.

    Examples
    --------
    >>> satisfaction_after(0.0, 1.0, 0.5, 2.0), satisfaction_after(0.0, -1.0, 0.5, 2.0)
    (0.5, -1.0)
    """
    valued = surprise if surprise >= 0.0 else loss_aversion * surprise
    return satisfaction + rate * (valued - satisfaction)


@rule
def satisfaction_after_help(satisfaction: float, help_felt: float, rate: float) -> float:
    """Satisfaction after a contact that helps: it moves toward the help felt, and never down.

    Teaching new customers halved those who left in the first week, and faded (Retana, Forman & Wu 2016).

    Parameters
    ----------
    satisfaction : float
        Satisfaction s before, utility.
    help_felt : float
        Value of help times the pull of the contact, utility, >= 0.
    rate : float
        Share of the way, in [0, 1].

    Returns
    -------
    float
        Satisfaction after, utility.

    Examples
    --------
    >>> satisfaction_after_help(-1.0, 1.0, 0.5), satisfaction_after_help(2.0, 1.0, 0.5)
    (0.0, 2.0)
    """
    return satisfaction + rate * max(help_felt - satisfaction, 0.0)


@rule
def trust_after_surprise(trust: float, surprise: float, trust_propensity: float, gain: float, loss: float) -> float:
    """Trust after an experience: better than expected builds it, worse destroys it.

    T + gain x propensity x clip(z) x (1 - T) - loss x clip(-z) x T, with clip to [0, 1].

    Parameters
    ----------
    trust : float
        Trust T before, in [0, 1].
    surprise : float
        Outcome less expectation z, utility; counts up to 1 in size.
    trust_propensity : float
        Trait in [0, 1].
    gain, loss : float
        Share of the way to 1, and to 0, at a surprise of 1 in size; each in [0, 1].

    Returns
    -------
    float
        Trust after, in [0, 1].

    Examples
    --------
    >>> trust_after_surprise(0.5, 1.0, 0.5, 0.5, 0.5), trust_after_surprise(0.5, -1.0, 0.5, 0.5, 0.5)
    (0.625, 0.25)
    """
    won = gain * trust_propensity * min(max(surprise, 0.0), 1.0) * (1.0 - trust)
    lost = loss * min(max(-surprise, 0.0), 1.0) * trust
    return trust + won - lost


@rule
def trust_after_intrusion(trust: float, intrusion: float, loss: float) -> float:
    """Trust after an intrusive contact of the incumbent: T - loss x min(intrusion, 1) x T.

    Parameters
    ----------
    trust : float
        Trust T before, in [0, 1].
    intrusion : float
        As :func:`agents.rules.feelings.intrusion` gives it, >= 0; counts up to 1.
    loss : float
        Share of trust lost at an intrusion of 1, in [0, 1].

    Returns
    -------
    float
        Trust after, in [0, 1].

    Examples
    --------
    >>> trust_after_intrusion(0.8, 2.0, 0.5)
    0.4
    """
    return trust - loss * min(intrusion, 1.0) * trust


@rule
def habit_after_repeat(habit: float, gain: float) -> float:
    """Habit after one more purchase of the same brand: H + gain x (1 - H).

    Parameters
    ----------
    habit : float
        Habit H in [0, 1], decayed since the last purchase.
    gain : float
        Share of the way to 1, in [0, 1].

    Returns
    -------
    float
        Habit after, in [0, 1].

    Examples
    --------
    >>> habit_after_repeat(0.5, 0.5)
    0.75
    """
    return habit + gain * (1.0 - habit)


@rule
def bonded(value: float, gain: float) -> float:
    """Trust or habit after entering a bond stage (a community, a programme): a share of the way to 1.

    Parameters
    ----------
    value : float
        Trust or habit before, in [0, 1].
    gain : float
        Share of the way to 1, in [0, 1].

    Returns
    -------
    float
        Trust or habit after, in [0, 1].

    Examples
    --------
    >>> bonded(0.5, 0.25)
    0.625
    """
    return value + gain * (1.0 - value)


@rule
def affinity_after_ease(digital_affinity: float, rate: float, ease: float) -> float:
    """Digital affinity of an adaptive persona after an experience with ease: a + rate x ease x (1 - a).

    Parameters
    ----------
    digital_affinity : float
        Trait a before, in [0, 1].
    rate : float
        Share of the way to 1 at full ease, in [0, 1].
    ease : float
        As :func:`agents.rules.feelings.eased` gives it, in [0, 1].

    Returns
    -------
    float
        Trait after, in [0, 1].

    Examples
    --------
    >>> affinity_after_ease(0.5, 0.5, 0.5)
    0.625
    """
    return digital_affinity + rate * ease * (1.0 - digital_affinity)
