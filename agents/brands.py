"""Brands: what a customer can choose between."""

from dataclasses import dataclass

from agents.quantity import number, text, whole

__all__ = ["Brand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand of the market."""

    name: str = text("", "name of the brand, the key under which it stands")
    title: str = text("", "a reader's name for it")
    price: float = number(10.0, 0.0, 1e9, "price of one purchase", "money")
    unit_margin: float = number(3.0, -1e9, 1e9, "contribution of one purchase before journey costs", "money")
    quality: float = number(0.0, -20.0, 20.0, "quality V in the choice utility and in experience", "utility")
    taste_shape: float = number(
        1.0,
        0.001,
        1000.0,
        "shape of the Gamma whose logarithm is a log_gamma taste: its weight in the Dirichlet",
    )
    form: str = text("", "sub-form of the category, such as stick or tub; brands of one form share the taste for it")
    salience: float = number(0.5, 0.0, 1.0, "probability of coming to mind when a need arises (share of voice)")
    enters: int | None = whole(
        None, 0, 10_000, "step of the horizon in which it enters; null: there from the start", "steps", optional=True
    )
