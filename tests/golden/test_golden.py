"""One small run gives the numbers it always gave; a deliberate change is made known by `make golden`."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_refresh", HERE / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _leaves(value, place=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{key}" if place else key)
    else:
        yield place, value


def test_the_golden_run_gives_its_golden_figures(refresh):
    wanted, found = dict(_leaves(json.loads(refresh.FIGURES.read_text("utf-8")))), dict(_leaves(refresh.run()))
    moved = [f"{place}: {wanted.get(place)} -> {found.get(place)}" for place in wanted | found
             if wanted.get(place) != found.get(place)]  # fmt: skip
    assert not moved, "results moved; if that is meant, run `make golden` and say so in the changelog:\n" + "\n".join(
        moved[:20]
    )


def test_the_golden_run_uses_every_mechanism(refresh):
    """A figure of nothing would stay golden whatever broke."""
    figures = json.loads(refresh.FIGURES.read_text("utf-8"))
    led = figures["proactive"]
    for name in ("purchases", "purchases_by_origin", "customers_of", "complaints", "moments"):
        assert all(led[name].values()), name
    assert all(any(brands.values()) for brands in (*led["money_cents"].values(), *led["fixed_cents"].values()))
    for name in ("contacts", "timely_contacts", "opted_out", "praise"):
        assert led[name]["stride"] > 0, name
    assert figures["classic"] != led
