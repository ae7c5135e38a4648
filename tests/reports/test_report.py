"""Report: one file, no script, no address, every name escaped; and the same verdict in a terminal."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from agents.personas import Persona
from sim.analysis.metrics import OF_SOME
from sim.experiments.compare import compare
from sim.experiments.result import Result
from sim.number_format import interval, quantity
from sim.reports.comparison import runs_in_words
from sim.reports.difference_table import difference_rows
from sim.reports.labels import METRIC_WORDS
from sim.reports.page import write_report
from sim.reports.terminal import print_result
from sim.scenario.resolved import Assumption
from sim.scenario.scenario import Scenario

HOSTILE = "<script>alert('x')</script>$x$\"&"


class Outline(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.unlabelled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.links += [str(found) for name, found in attrs if name in ("src", "href", "xlink:href", "action", "srcset")]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if given.get("role") == "img" and not given.get("aria-label"):
            self.unlabelled += 1
        assert not any(name.startswith("on") for name in given)


@pytest.fixture
def hostile(scenario: Scenario) -> Scenario:
    arms = {HOSTILE if name == "proactive" else name: arm for name, arm in scenario.arms.items()}
    arms = {name: replace(arm, name=name) for name, arm in arms.items()}
    return replace(
        scenario,
        title=HOSTILE,
        case=HOSTILE,
        arms=arms,
        personas=(Persona(name=HOSTILE, title=HOSTILE), Persona(name="$calm$")),
        assumptions=(Assumption(what=HOSTILE, source=HOSTILE),),
    )


def report_of(result: Result, folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return write_report(result, folder).read_text(encoding="utf-8")


def read(text: str) -> Outline:
    outline = Outline()
    outline.feed(text)
    return outline


@pytest.fixture
def result(scenario: Scenario, pretend_runs: Callable[..., list[int]]) -> Result:
    pretend_runs(better=40, noise=10)
    return compare(scenario, replicates=3)


def test_the_same_run_writes_the_same_page(result: Result, tmp_path: Path) -> None:
    assert report_of(result, tmp_path / "a") == report_of(result, tmp_path / "b")
    for first in sorted((tmp_path / "a" / "figures").iterdir()):
        assert first.read_bytes() == (tmp_path / "b" / "figures" / first.name).read_bytes()


def test_page_needs_nothing_from_outside(result: Result, tmp_path: Path) -> None:
    text = report_of(result, tmp_path)
    outline = read(text)
    assert "http:" not in text
    assert "https:" not in text
    assert not {"script", "link", "iframe", "object", "embed", "img"} & set(outline.tags)
    assert all(link.startswith("#") for link in outline.links)
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_page_is_in_order(result: Result, tmp_path: Path) -> None:
    text = report_of(result, tmp_path)
    outline = read(text)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    pairs = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in pairs)
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.unlabelled == 0
    assert "viewport" in text
    assert (
        "Effects of single tools have been measured in the field, but none of the four capabilities as a bundle."
        in text
    )
    assert "journey compare from=." in text
    assert text.index('id="verdict"') < text.index('id="differences"') < text.index('id="assumptions"')
    for metric, words in METRIC_WORDS.items():
        assert (words.name in text) is (metric not in OF_SOME)


def test_hostile_names_stay_text(hostile: Scenario, pretend_runs: Callable[..., list[int]], tmp_path: Path) -> None:
    pretend_runs(better=40, noise=10)
    result = compare(hostile, replicates=2)
    text = report_of(result, tmp_path)
    assert "<script" not in text
    assert "alert(&#39;x&#39;)" in text
    assert "script" not in read(text).tags
    for drawn in (tmp_path / "figures").glob("*.svg"):
        assert "<script" not in drawn.read_text(encoding="utf-8")
    names = {drawn.name for drawn in (tmp_path / "figures").iterdir()}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.(svg|png)", name) for name in names)


def test_two_arms_whose_names_differ_only_in_signs_keep_two_files(
    scenario: Scenario, pretend_runs: Callable[..., list[int]], tmp_path: Path
) -> None:
    pretend_runs(better=40)
    arms = {"classic": scenario.arms["classic"]}
    for name in ("a+", "a-"):
        arms[name] = replace(scenario.arms["proactive"], name=name)
    report_of(compare(replace(scenario, arms=arms), replicates=2), tmp_path)
    assert len(list((tmp_path / "figures").glob("journey_map_*.svg"))) == 3


@pytest.mark.parametrize("replicates", [1, 2])
def test_three_arms_one_persona_and_one_arm(
    scenario: Scenario,
    three_arms: Scenario,
    pretend_runs: Callable[..., list[int]],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    replicates: int,
) -> None:
    pretend_runs(better=40)
    if replicates > 1:
        request.getfixturevalue("undrawn")  # with intervals these figures are drawn among the figures
    alone = replace(scenario, arms={"classic": scenario.arms["classic"]})
    for place, case in enumerate((three_arms, replace(scenario, personas=scenario.personas[:1]), alone)):
        result = compare(case, replicates=replicates)
        outline = read(report_of(result, tmp_path / str(place)))
        assert {link[1:] for link in outline.links} <= set(outline.ids)
        stream = io.StringIO()
        print_result(result, stream)
        assert stream.getvalue()


def test_terminal_is_plain_and_narrow_where_nobody_watches(result: Result) -> None:
    stream = io.StringIO()
    print_result(result, stream)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "Contribution" in text
    for word in result.verdict.split()[:20]:
        assert word in text


def test_terminal_without_unicode(result: Result) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_result(result, stream)
    stream.flush()
    assert b"Contribution" in raw.getvalue()


def test_terminal_keeps_control_characters_of_names_out(
    scenario: Scenario, pretend_runs: Callable[..., list[int]]
) -> None:
    pretend_runs()
    stream = io.StringIO()
    print_result(compare(replace(scenario, title="a\x1b[31mred\x07 [bold]b"), replicates=1), stream)
    assert "\x1b" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()
    assert "[bold]b" in stream.getvalue()


def test_a_payback_is_written_in_whole_steps(result: Result) -> None:
    summary = json.loads(json.dumps(result.summary_json))
    (found,) = summary["differences"].values()
    found["payback_week"] |= {"mean": 57.6, "ci_low": 0.0287, "ci_high": 260.0, "share": 1.0}
    row = next(row for row in difference_rows(summary, "proactive", "$") if row.metric == "payback_week")
    assert (row.difference, row.interval) == ("week 58", "0 to 260")


def test_an_arm_that_earns_the_same_has_nothing_to_pay_back(result: Result) -> None:
    summary = json.loads(json.dumps(result.summary_json))
    (found,) = summary["differences"].values()
    found["contribution"] |= {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    found["payback_week"] |= {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0, "share": 1.0}
    row = next(row for row in difference_rows(summary, "proactive", "$") if row.metric == "payback_week")
    assert (row.difference, row.interval) == ("–", "–")


def test_every_metric_has_words_and_rows(result: Result) -> None:
    rows = difference_rows(result.summary_json, "proactive", "$")
    everywhere = [metric for metric in METRIC_WORDS if metric not in OF_SOME]
    assert [row.metric for row in rows] == everywhere == list(result.summary_json["arms"]["classic"])


@pytest.mark.parametrize(
    ("number", "kind", "written"),
    [
        (1234567.0, "money", "+$1.23 M"),
        (999_999.9, "money", "+$1.00 M"),
        (-1234.5, "money", "−$1,234"),
        (0.001, "money", "$0.00"),
        (0.0, "share", "0 points"),
        (-0.0314, "share", "−3.1 points"),
        (None, "number", "–"),
    ],
)
def test_numbers_in_words(number: float | None, kind: str, written: str) -> None:
    assert quantity(number, kind, "$", sign=True) == written


def test_interval_of_one_replicate_is_nothing() -> None:
    assert interval(None, None, "money", "$") == "–"


def test_replicates_over_an_ensemble_say_how_many_fits_there_are():
    assert runs_in_words(SimpleNamespace(replicates=8, ensemble=None)) == "8 replicates"
    assert runs_in_words(SimpleNamespace(replicates=8, ensemble="fits")) == "8 replicates: 4 fits drawn, 2 times each"
