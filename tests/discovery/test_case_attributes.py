"""Case attributes: who kinds of cases are, by what changes in no case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.discovery.case_attributes import attributes_by_kind, changing_attributes
from sim.discovery.discover import discover
from sim.reports.discovery import discovery_document, discovery_lines, discovery_summary
from sim.reports.document import write_document

_CASES = 400


def _log(log_of, luck, kind, **attributes):
    """A log of two events a case, with attributes that are the same at both."""
    words = ["ab"] * _CASES
    log = log_of(words, [[60.0 * (1 + 9 * slow)] for slow in kind], luck.uniform(0.0, 1e6, _CASES))
    extra = {}
    for name, values in attributes.items():
        known = sorted({str(value) for value in values})
        codes = np.array([known.index(str(value)) for value in values])
        extra[name] = (codes[log.case], tuple(known))
    return replace(log, extra=extra)


def _shares(log, kind):
    return attributes_by_kind(log, np.arange(_CASES), np.eye(2)[kind])


def test_shares_are_those_of_each_kind_and_only_what_differs_stands_out(log_of):
    luck = np.random.default_rng([1, 31])
    kind = luck.integers(0, 2, _CASES)
    device = np.where(luck.random(_CASES) < np.where(kind == 1, 0.7, 0.3), "phone", "desk")
    found = _shares(_log(log_of, luck, kind, device=device, plan=luck.choice(["x", "y"], _CASES)), kind)
    (phone,) = [one for one in found if (one.kind, one.value) == (1, "phone")]
    assert phone.share == pytest.approx(np.mean(device[kind == 1] == "phone"))
    assert phone.others == pytest.approx(np.mean(device[kind == 0] == "phone"))
    assert phone.ci_low < 0.4 < phone.ci_high
    assert {one.attribute for one in found if one.beyond_chance} == {"device"}
    # What one kind has more often the other has more seldom, by as much.
    gaps = {(one.kind, one.value): one.share - one.others for one in found}
    assert gaps[0, "phone"] == pytest.approx(-gaps[1, "phone"])


def test_every_case_counts_by_its_probability(log_of):
    luck = np.random.default_rng([2, 32])
    kind = luck.integers(0, 2, _CASES)
    belongs = luck.dirichlet([1.0, 1.0], _CASES)
    device = luck.choice(["phone", "desk"], _CASES)
    found = attributes_by_kind(_log(log_of, luck, kind, device=device), np.arange(_CASES), belongs)
    (phone,) = [one for one in found if (one.kind, one.value) == (0, "phone")]
    assert phone.share == pytest.approx(np.average(device == "phone", weights=belongs[:, 0]))
    assert phone.others == pytest.approx(np.average(device == "phone", weights=1 - belongs[:, 0]))


def test_nothing_stands_out_of_many_where_nothing_differs(log_of):
    """The chance that any of them does is five percent: of 60 logs one to six would be usual."""
    luck = np.random.default_rng([3, 33])
    logs = 0
    for _ in range(60):
        kind = luck.integers(0, 2, _CASES)
        values = {f"a{at}": luck.choice(list("uvw"), _CASES) for at in range(4)}
        logs += any(one.beyond_chance for one in _shares(_log(log_of, luck, kind, **values), kind))
    assert logs <= 8


def test_what_changes_within_a_case_tells_of_no_kind(log_of):
    luck = np.random.default_rng([4, 34])
    kind = luck.integers(0, 2, _CASES)
    log = _log(log_of, luck, kind, device=kind)
    codes, words = log.extra["device"]
    changed, few = codes.copy(), _CASES // 50
    changed[1 : 2 * few : 2] = 1 - changed[0 : 2 * few : 2]
    log = replace(log, extra={"device": (changed, words)})
    assert changing_attributes(log) == {"device": (few, _CASES)}
    assert _shares(log, kind) == ()
    assert attributes_by_kind(log, np.arange(_CASES), np.ones((_CASES, 1))) == ()


def test_what_changes_in_one_of_a_hundred_cases_counts_as_it_was_first(log_of):
    """A customer who is spelled otherwise in a row is that customer still."""
    luck = np.random.default_rng([4, 34])
    kind = luck.integers(0, 2, _CASES)
    log = _log(log_of, luck, kind, device=kind)
    codes, words = log.extra["device"]
    plain = _shares(log, kind)
    changed, few = codes.copy(), _CASES // 100
    changed[1 : 2 * few : 2] = 1 - changed[0 : 2 * few : 2]
    log = replace(log, extra={"device": (changed, words)})
    assert changing_attributes(log) == {"device": (few, _CASES)}
    assert _shares(log, kind) == plain and plain[0].beyond_chance


def test_many_numbers_are_compared_by_quarters(log_of):
    luck = np.random.default_rng([5, 35])
    kind = luck.integers(0, 2, _CASES)
    age = np.round(luck.normal(np.where(kind == 1, 50, 35), 5.0)).astype(int)
    found = _shares(_log(log_of, luck, kind, age=age), kind)
    ranges = sorted({tuple(map(int, one.value.split(" to "))) for one in found})
    assert len(ranges) == 4
    assert ranges[0][0] == age.min() and ranges[-1][1] == age.max()
    assert all(low[1] < high[0] for low, high in zip(ranges, ranges[1:], strict=False))
    oldest = [one for one in found if one.kind == 1 and one.value.endswith(f" to {age.max()}")]
    assert oldest[0].share > 0.4 > 0.1 > oldest[0].others and oldest[0].beyond_chance


def test_the_report_says_who_personas_are(log_of, tmp_path):
    luck = np.random.default_rng([6, 36])
    kind = (np.arange(_CASES) % 3 == 0).astype(int)
    words = ["abc" * int(luck.integers(3, 7)) for _ in kind]
    gaps = [
        luck.exponential(72_000.0 if slow else 9_000.0, len(word) - 1) for slow, word in zip(kind, words, strict=True)
    ]
    log = log_of(words, gaps, luck.uniform(0.0, 5e6, _CASES))
    device = np.where(luck.random(_CASES) < np.where(kind == 1, 0.8, 0.2), 0, 1)
    log = replace(log, extra={"device": (device[log.case], ("<b>desk", "phone"))})
    found = discover(log, "x", "x", goal="c", seed=1, threads=1)
    assert len(found.mixture.shares) == 2
    assert "Persona 2 is more often device <b>desk: " in " ".join(discovery_lines(found, "x.csv"))
    page = write_document(discovery_document(found, "x", "x.csv", 0.9), tmp_path).read_text()
    assert "Who it is, more often than others" in page
    assert "<b>desk" not in page and "&lt;b&gt;desk" in page
    attributes = discovery_summary(found, "x", "x.csv")["personas"][1]["attributes"]
    assert {one["value"] for one in attributes if one["beyond_chance"]} == {"<b>desk", "phone"}
