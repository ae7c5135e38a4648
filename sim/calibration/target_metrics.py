"""Target metrics: the figures that a target may name, which of them are shares, and what else a target says."""

from __future__ import annotations

from sim.analysis.category import CATEGORY_METRICS, CATEGORY_TITLES
from sim.analysis.metrics import METRICS, SHAPES
from sim.analysis.shape import SHARE
from sim.data.layout import plain_head

__all__ = ["PURCHASE_INTERVAL", "SHARES", "TARGET_KEYS", "TARGET_METRICS", "metric_of"]

#: Every figure that a target may name.
TARGET_METRICS: tuple[str, ...] = (*(name for name in METRICS if name != "payback_week"), *CATEGORY_METRICS)

#: Figures that lie in [0, 1] and may be written as percentages.
SHARES: frozenset[str] = frozenset(
    {
        *(name for name, shape in SHAPES.items() if shape is SHARE),
        "initial_share",
        "evaluation_share",
        "loop_share_category",
        "loyal_without_shopping",
        "shopped_and_rebought",
        "switched",
        "switchers_from_initial_set",
        "category_penetration",
        "repeat_share",
        "adoption",
        "evaluation_skipped_category",
        "largest_share",
        "concentration",
    }
)
#: How a category's rhythm is usually known; read as the purchases of a customer over the horizon.
PURCHASE_INTERVAL = "purchase_interval"
#: What a target may say.
TARGET_KEYS = ("metric", "segment", "arm", "persona", "brand", "value", "se", "weight", "tolerance", "source")


def metric_of(said: object) -> object:
    """Return the metric that a word means: its key, in any capitals and with blanks, or as reports call it.

    Examples
    --------
    >>> metric_of("Loyal without shopping"), metric_of("won in active evaluation"), metric_of("turnover")
    ('loyal_without_shopping', 'evaluation_share', 'turnover')
    """
    if not isinstance(said, str) or said in TARGET_METRICS or said == PURCHASE_INTERVAL:
        return said
    plain = plain_head(said)
    titles = {plain_head(title): key for key, title in CATEGORY_TITLES.items()}
    return next((key for key in (plain, titles.get(plain)) if key in (*TARGET_METRICS, PURCHASE_INTERVAL)), said)
