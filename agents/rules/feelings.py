"""Capabilities -> what the customer feels (MODEL 4.3; Edelman & Singer 2015)."""

from agents.compiled import rule
from agents.rules.numerics import exp

__all__ = [
    "eased",
    "felt_effort",
    "intrusion",
    "knowledge_after_touch",
    "opt_out_probability",
    "privacy_after_intrusion",
    "pull",
    "relevance",
]


@rule
def eased(automation: float, digital_affinity: float) -> float:
    """Ease in [0, 1] of an automated step for somebody at home in digital channels."""
    return automation * digital_affinity


@rule
def felt_effort(effort: float, channel_effort: float, ease: float) -> float:
    """Effort that a stage costs the customer, after what automation takes off."""
    return effort * channel_effort * (1.0 - ease)


@rule
def relevance(personalization: float, knowledge: float) -> float:
    """Relevance in [0, 1] of what is offered: personalization can use only what is known."""
    return personalization * knowledge


@rule
def knowledge_after_touch(knowledge: float, rate: float, automation: float) -> float:
    """Knowledge after a digital touch; ``rate`` is the share of the unknown learnt at full automation."""
    return knowledge + rate * automation * (1.0 - knowledge)


@rule
def pull(relevance: float, fatigue: float) -> float:
    """Pull in [0, 1] of a timely contact; fatigue >= 0 wears it off."""
    return (0.5 + 0.5 * relevance) * exp(-fatigue)


@rule
def intrusion(privacy_concern: float, relevance: float, covert: float) -> float:
    """Intrusion felt at a contact that shows knowledge; ``covert`` >= 1 multiplies it where data use is hidden.

    Van Doorn & Hoekstra (2013); Aguirre et al. (2015) for covert against disclosed use.
    """
    return privacy_concern * relevance * covert


@rule
def opt_out_probability(base: float, fatigue_hazard: float, intrusion_hazard: float) -> float:
    """Probability that a contact makes the customer opt out, from three hazards that add up."""
    return 1.0 - exp(-(base + fatigue_hazard + intrusion_hazard))


@rule
def privacy_after_intrusion(privacy_concern: float, rate: float, intrusion: float) -> float:
    """Adaptive persona: privacy concern after an intrusive contact."""
    return privacy_concern + rate * min(intrusion, 1.0) * (1.0 - privacy_concern)
