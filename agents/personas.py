"""Personas: kinds of customers, as shares of the market and as distributions of traits."""

from dataclasses import dataclass
from typing import ClassVar

from agents.quantity import number, quantity, text

__all__ = ["Persona", "Spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """Beta distribution of one trait: its mean and its concentration (alpha + beta).

    A mean of 0 or 1 is a constant. ``concentration`` left out means the persona's.
    """

    #: The fields that a bare number stands for in a file.
    SHORTHAND: ClassVar[tuple[str, ...]] = ("mean",)

    mean: float = number(0.5, 0.0, 1.0, "mean of the trait in this persona")
    concentration: float | None = number(
        None, 0.01, 1e6, "alpha + beta of the trait's Beta distribution; higher is more alike", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One kind of customer.

    In YAML a trait is a number (its mean) or ``{mean, concentration}``.
    """

    name: str = text("", "name of the persona, the key under which it stands")
    title: str = text("", "a reader's name for it")
    share: float = number(1.0, 0.0, None, "weight in the population; weights are divided by their sum")
    deliberation: Spread = quantity("wish to compare before buying", factory=Spread)
    price_sensitivity: Spread = quantity("weight of price in choice", factory=Spread)
    trust_propensity: Spread = quantity("how readily good experience becomes trust", factory=Spread)
    novelty_seeking: Spread = quantity("pleasure in trying something else", factory=Spread)
    digital_affinity: Spread = quantity("ease with digital channels", factory=Spread)
    privacy_concern: Spread = quantity("dislike of being known", factory=Spread)
    sociability: Spread = quantity("how much the customer talks about brands", factory=Spread)
    patience: Spread = quantity("tolerance for effort and delay", factory=Spread)
    concentration: float = number(10.0, 0.01, 1e6, "alpha + beta of every trait that names none of its own")
    need_rate: float = number(1.0, 0.01, 100.0, "multiplier of the market's rate of needs")
    spend: float = number(1.0, 0.0, 1000.0, "multiplier of what one purchase is worth")
    adapt_digital: float = number(
        0.0, 0.0, 1.0, "adaptive persona: share of the way digital affinity moves up per eased experience"
    )
    adapt_privacy: float = number(
        0.0, 0.0, 1.0, "adaptive persona: share of the way privacy concern moves up per intrusive contact"
    )
