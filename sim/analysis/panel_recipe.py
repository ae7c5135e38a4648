"""Panel recipe: what to type for a category of which only shares, purchases per household and sub-forms are known.

Tastes are Dirichlet (log-Gamma), as in the NBD-Dirichlet; a household also has a lifelong taste for each sub-form
and reaches for the brand bought last. The three strengths are fixed, so that nothing is left to be tuned:

========================  =====  ==============================================================================
strength of the Dirichlet  3      best over four panels without sub-forms (yogurt, catsup, ketchup, crackers)
habit, logits              0.65   mean of the yogurt and catsup panels (`configs/pattern`); Dubé, Hitsch & Rossi 2010
sd of a sub-form's taste   1.35   as large as that of brands in the same two panels: an assumption
========================  =====  ==============================================================================

References
----------
Goodhardt, Ehrenberg & Chatfield (1984), The Dirichlet, *J. Royal Statistical Society A* 147; Dubé, Hitsch & Rossi
(2010), State dependence and alternative explanations for consumer inertia, *RAND J. Economics* 41.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORM_SD", "HABIT", "STEPS_BETWEEN", "STRENGTH", "panel_market"]

STRENGTH, HABIT, FORM_SD = 3.0, 0.65, 1.35
#: Shape of the Gamma of buying rates over households, as in the yogurt panel.
_RATES = 3.0
#: Steps between two purchases of a household: so many that hardly two needs fall into one.
STEPS_BETWEEN = 40
#: Households over which the shares are averaged, and rounds in which the qualities are found.
_HOUSEHOLDS, _ROUNDS = 40_000, 80


def panel_market(shares: Mapping[str, float], purchases: float, forms: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts of a scenario by the recipe: brands, choice, need, horizon.

    Parameters
    ----------
    shares : mapping of str to float
        Market share of each brand, above 0; they are divided by their sum.
    purchases : float
        Purchases of the category by a household in the time of the panel.
    forms : mapping of str to str
        Sub-form of each brand that has one.

    Returns
    -------
    dict
        `brands`, `choice` and `need` of a market, and `horizon`, in steps.

    Examples
    --------
    >>> market = panel_market({"a": 0.6, "b": 0.3, "c": 0.1}, 8.0, {"a": "stick", "b": "tub", "c": "tub"})
    >>> market["horizon"], market["brands"]["b"]["form"], market["brands"]["b"]["taste_shape"]
    (320, 'tub', 0.9)
    """
    share = np.array(list(shares.values()), np.float64)
    share = share / share.sum()
    quality = _qualities(share, [forms.get(brand, "") for brand in shares])
    brands = {
        brand: {
            "price": 1,
            "unit_margin": 0,
            "salience": 1,
            "taste_shape": round(float(STRENGTH * part), 4),
            "quality": round(float(value), 3),
            **({"form": forms[brand]} if brand in forms else {}),
        }
        for brand, part, value in zip(shares, share, quality, strict=True)
    }
    return {
        "brands": brands,
        "choice": {
            "taste": "log_gamma",
            "form_sd": FORM_SD if forms else 0.0,
            "error_scale": 1,
            "habit": HABIT,
            "reputation": 0,
            "relevance": 0,
            "satisfaction": 0,
            "novelty": 0,
        },
        "need": {"kind": "repeat", "mean_weeks": STEPS_BETWEEN, "shape": 1, "heterogeneity": _RATES},
        "horizon": round(purchases * STEPS_BETWEEN),
    }


def _qualities(share: NDArray[np.float64], forms: list[str]) -> NDArray[np.float64]:
    """Return the qualities at which the mean chances of households are the shares; 0 where there are no sub-forms."""
    different = [form for form in dict.fromkeys(forms) if form]
    if not different:
        return np.zeros(share.size)
    generator = np.random.Generator(np.random.Philox(key=[1, share.size]))
    shape = STRENGTH * share
    # ln Gamma(shape) as ln Gamma(shape + 1) + ln(u) / shape, which no small shape makes too small for a float.
    taste = np.log(generator.gamma(shape + 1.0, 1.0, (_HOUSEHOLDS, share.size)))
    taste += np.log(1.0 - generator.random((_HOUSEHOLDS, share.size))) / shape
    of_form = FORM_SD * generator.standard_normal((_HOUSEHOLDS, len(different)))
    for at, form in enumerate(forms):
        if form:
            taste[:, at] += of_form[:, different.index(form)]
    quality = np.zeros(share.size)
    for _ in range(_ROUNDS):
        utility = quality + taste
        chance = np.exp(utility - utility.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        quality += np.log(share / chance.mean(axis=0))
    return quality - quality.mean()
