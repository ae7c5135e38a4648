"""The eight traits of a customer, each in [0, 1], in the fixed order every column and table uses."""

from enum import IntEnum

__all__ = ["TRAITS", "Trait"]


class Trait(IntEnum):
    """Position of each trait in a customer's row of traits."""

    DELIBERATION = 0
    PRICE_SENSITIVITY = 1
    TRUST_PROPENSITY = 2
    NOVELTY_SEEKING = 3
    DIGITAL_AFFINITY = 4
    PRIVACY_CONCERN = 5
    SOCIABILITY = 6
    PATIENCE = 7


TRAITS: tuple[str, ...] = tuple(trait.name.lower() for trait in Trait)
