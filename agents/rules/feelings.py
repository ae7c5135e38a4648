"""From a brand's capabilities to what the customer feels (docs/model.md 7.3; Edelman & Singer 2015)."""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = [
    "eased",
    "felt_effort",
    "intrusion",
    "knowledge_after_touch",
    "not_rejected",
    "opt_out_probability",
    "privacy_after_intrusion",
    "pull",
    "relevance",
]


@rule
def eased(automation: float, digital_affinity: float, human_touch: float) -> float:
    """Ease of an automated step: automation x (affinity - human_touch x (1 - affinity)).

    More for customers at home in digital channels; those who are not miss the person that was there before, so that
    automation can cost them effort. Customers who were told that a machine was calling bought four fifths less often
    (Luo, Tong, Fang & Qu 2019).

    Parameters
    ----------
    automation : float
        Level of automation, in [0, 1].
    digital_affinity : float
        Trait in [0, 1].
    human_touch : float
        Ease that a customer without any affinity loses at full automation, in [0, 1].

    Returns
    -------
    float
        Ease, in [-1, 1].

    Examples
    --------
    >>> eased(0.5, 0.5, 0.0), eased(0.5, 0.0, 0.5)
    (0.25, -0.25)
    """
    return automation * (digital_affinity - human_touch * (1.0 - digital_affinity))


@rule
def felt_effort(effort: float, channel_effort: float, ease: float) -> float:
    """Effort that a stage costs the customer, reduced by ease.

    Customer effort lowers loyalty (Dixon, Freeman & Toman 2010).

    Parameters
    ----------
    effort : float
        Effort of the stage, >= 0.
    channel_effort : float
        Multiplier of the channel, >= 0.
    ease : float
        As :func:`eased` gives it, in [-1, 1].

    Returns
    -------
    float
        Effort, >= 0.

    Examples
    --------
    >>> felt_effort(2.0, 1.5, 0.5)
    1.5
    """
    return effort * channel_effort * (1.0 - ease)


@rule
def relevance(personalization: float, knowledge: float) -> float:
    """Relevance of what is offered: personalization can use only what is known.

    Parameters
    ----------
    personalization : float
        Level of personalization, in [0, 1].
    knowledge : float
        What the brand knows of the customer, in [0, 1].

    Returns
    -------
    float
        Relevance, in [0, 1].

    Examples
    --------
    >>> relevance(0.5, 0.5)
    0.25
    """
    return personalization * knowledge


@rule
def knowledge_after_touch(knowledge: float, rate: float, automation: float) -> float:
    """Knowledge of the customer after a digital touch: K + rate x automation x (1 - K).

    Parameters
    ----------
    knowledge : float
        Knowledge K before, in [0, 1].
    rate : float
        Share of the unknown that is learned at full automation, in [0, 1].
    automation : float
        Level of automation, in [0, 1].

    Returns
    -------
    float
        Knowledge after, in [0, 1].

    Examples
    --------
    >>> knowledge_after_touch(0.5, 0.5, 0.5)
    0.625
    """
    return knowledge + rate * automation * (1.0 - knowledge)


@rule
def pull(relevance: float, fatigue: float, resisted: float) -> float:
    """Pull of a contact that is heeded: (1/2 + relevance / 2) x exp(-fatigue - resisted).

    A contact without relevance has half the pull of a fully relevant one; fatigue wears it off (Schmidt & Eisend 2015
    for the effect of repetition), and so does resistance to a contact that knows too much (van Doorn & Hoekstra 2013;
    Aguirre et al. 2015: responses drop where covert collection of data is noticed).

    Parameters
    ----------
    relevance : float
        As :func:`relevance` gives it, in [0, 1].
    fatigue : float
        Contact fatigue before this week's contacts, >= 0.
    resisted : float
        Resistance per unit of intrusion times intrusion, >= 0.

    Returns
    -------
    float
        Pull, in (0, 1].

    Examples
    --------
    >>> print(pull(1.0, 0.0, 0.0), pull(0.0, 0.0, 0.0), round(pull(1.0, 0.5, 0.5), 4))
    1.0 0.5 0.3679
    """
    return (0.5 + 0.5 * relevance) * exp(-fatigue - resisted)


@rule
def not_rejected(rejected: float) -> float:
    """Share of contacts that are not rejected for what they know: exp(-rejected).

    Sign: van Doorn & Hoekstra (2013), Aguirre et al. (2015); the form is an assumption.

    Parameters
    ----------
    rejected : float
        Rejection per unit of intrusion times intrusion, >= 0.

    Returns
    -------
    float
        Share, in (0, 1].

    Examples
    --------
    >>> print(not_rejected(0.0), round(not_rejected(0.5), 4))
    1.0 0.6065
    """
    return exp(-rejected)


@rule
def intrusion(privacy_concern: float, relevance: float, covert: float) -> float:
    """Intrusion felt at a contact that shows knowledge of the customer.

    Van Doorn & Hoekstra (2013); Aguirre et al. (2015) for covert against disclosed use of data.

    Parameters
    ----------
    privacy_concern : float
        Trait in [0, 1].
    relevance : float
        As :func:`relevance` gives it, in [0, 1].
    covert : float
        1 where the use of data is disclosed, a multiplier >= 1 where it is hidden.

    Returns
    -------
    float
        Intrusion, >= 0.

    Examples
    --------
    >>> intrusion(0.5, 0.5, 2.0)
    0.5
    """
    return privacy_concern * relevance * covert


@rule
def opt_out_probability(base: float, welcome: float, fatigue_hazard: float, intrusion_hazard: float) -> float:
    """Probability that a contact makes the customer opt out: 1 - exp(-(base x (1 - welcome) + fatigue + intrusion)).

    A contact that is relevant annoys less: a name in the subject line lowered unsubscribing from 1.2 % to 1.0 % of
    e-mails (Sahni, Wheeler & Chintagunta 2018).

    Parameters
    ----------
    base : float
        Hazard of any contact, >= 0.
    welcome : float
        Share of it that relevance takes away, in [0, 1].
    fatigue_hazard : float
        Hazard per unit of fatigue times fatigue, >= 0.
    intrusion_hazard : float
        Hazard per unit of intrusion times intrusion, >= 0.

    Returns
    -------
    float
        Probability, in [0, 1).

    Examples
    --------
    >>> print(opt_out_probability(0.5, 1.0, 0.0, 0.0), round(opt_out_probability(1.0, 0.5, 0.25, 0.25), 4))
    0.0 0.6321
    """
    return 1.0 - exp(-(base * (1.0 - welcome) + fatigue_hazard + intrusion_hazard))


@rule
def privacy_after_intrusion(privacy_concern: float, rate: float, intrusion: float) -> float:
    """Privacy concern of an adaptive persona after an intrusive contact: c + rate x min(intrusion, 1) x (1 - c).

    Parameters
    ----------
    privacy_concern : float
        Trait c before, in [0, 1].
    rate : float
        Share of the way to 1 at an intrusion of 1, in [0, 1].
    intrusion : float
        As :func:`intrusion` gives it, >= 0; counts up to 1.

    Returns
    -------
    float
        Trait after, in [0, 1].

    Examples
    --------
    >>> privacy_after_intrusion(0.5, 0.5, 0.5)
    0.625
    """
    return privacy_concern + rate * min(intrusion, 1.0) * (1.0 - privacy_concern)
