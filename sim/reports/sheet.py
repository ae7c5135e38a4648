"""Sheet: a table of real numbers, as a spreadsheet or another program takes it, with what each column holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.analysis.goal import goal_called
from sim.analysis.metrics import EVERYBODY
from sim.analysis.stage_moves import move_in_words, moves_of
from sim.analysis.summary import difference_name
from sim.number_format import in_words
from sim.reports.difference_table import chance_above, earns_the_same
from sim.reports.labels import METRIC_WORDS, words_of
from sim.reports.time_to_goal import SAME_WORDS, TIME_WORDS

__all__ = [
    "Column",
    "Sheet",
    "assumption_sheet",
    "cost_sheet",
    "difference_sheet",
    "moment_sheet",
    "move_sheet",
    "parameter_sheet",
    "persona_sheet",
    "summary_sheet",
    "target_sheet",
    "time_sheet",
    "verdict_sheet",
]

#: What the unit of a metric is called in a table; money is called by its currency.
_UNITS: Mapping[str, str] = {"share": "share", "number": "number"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key, what heads it, and what it holds.

    ``kind`` is text, number, count, share, money, price (of one unit, to a thousandth of a cent), probability, date, or
    ``metric``: what the metric of the row is.
    """

    key: str
    heading: str
    kind: str = "text"
    width: int = 14


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Attributes
    ----------
    name : str
        At most 31 letters, as a spreadsheet allows.
    columns : tuple of Column
    rows : tuple of tuple
        A cell for each column: text, a number, or None where there is no number.
    currency : str
        Of its amounts.
    note : str
        What the reader must know, a sentence.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    currency: str = ""
    note: str = ""

    def kinds(self, row: Sequence[Any]) -> list[str]:
        """Return what each cell of a row holds."""
        keys = [column.key for column in self.columns]
        metric = row[keys.index("metric")] if "metric" in keys else ""
        return [words_of(metric).kind if column.kind == "metric" else column.kind for column in self.columns]

    def records(self) -> dict[str, list[Any]]:
        """Return the cells by the key of their column."""
        return {column.key: [row[position] for row in self.rows] for position, column in enumerate(self.columns)}


_WHO = (
    Column("arm", "Arm", width=16),
    Column("baseline", "Compared with", width=16),
    Column("persona", "Customers", width=24),
)
_WHAT = (Column("title", "Metric", width=24), Column("unit", "Unit", width=10))
_GAP = (("difference", "Difference"), ("ci_low", "95 % from"), ("ci_high", "95 % to"))
_KEY = Column("metric", "Key in summary.json", width=26)
_ENDS = (
    Column("baseline_mean", "Baseline", "metric"),
    Column("arm_mean", "Arm", "metric"),
    Column("difference", "Difference", "metric"),
    Column("ci_low", "95 % from", "metric"),
    Column("ci_high", "95 % to", "metric"),
    Column("p_better", "Probability that more", "probability", 22),
    _KEY,
)


def difference_sheet(summary: Mapping[str, Any]) -> Sheet:
    """Return every arm's differences from the baseline, all customers together, with their intervals.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison.
    """
    rows = tuple(_differences(summary, summary, "everybody"))
    note = "Shares are fractions: 0.01 is one percentage point. Intervals are of the mean difference."
    return Sheet("Differences", (*_WHO[:2], *_WHAT, *_ENDS), tuple(_without(rows, 2)), _currency(summary), note)


def move_sheet(summary: Mapping[str, Any]) -> Sheet:
    """Return the steps of the journey that were taken more or less often than in the baseline.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison.
    """
    goal = summary.get("goal", {"stages": (), "differences": {}})
    to_goal = tuple(
        (name.removesuffix(f" - {summary['baseline']}"), summary["baseline"], "anywhere", goal_called(goal["stages"]))
        + tuple(entry[key] and entry[key] * summary["market_customers"] for key in ("mean", "ci_low", "ci_high"))
        for name, entry in goal["differences"].items()
    )
    rows = to_goal + tuple(
        (arm, summary["baseline"], *(in_words(entry[end]) for end in ("from", "to")))
        + tuple(entry[key] for key in ("mean", "ci_low", "ci_high"))
        for arm in summary["arms"]
        if arm != summary["baseline"]
        for entry in moves_of(summary, difference_name(arm, summary["baseline"]))
    )
    columns = (
        *_WHO[:2],
        Column("from", "From", width=20),
        Column("to", "To", width=20),
        *(Column(name, heading, "number") for name, heading in _GAP),
    )
    return Sheet("Moves", columns, rows, "", "Moves of all customers over the horizon, the mean over the replicates.")


def time_sheet(summary: Mapping[str, Any]) -> Sheet | None:
    """Return how soon the goal is reached, in every arm and by persona, with intervals; None where no stage is one.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison, or of arms alone.
    """
    found = summary.get("time_to_goal")
    if not found:
        return None
    baseline, step, titles = summary["baseline"], str(summary["step"]), _persona_titles(summary)
    blocks = {"everybody": found} | {str(titles.get(who, who)): block for who, block in found["personas"].items()}
    estimate = ("mean", "ci_low", "ci_high")
    rows: list[tuple[Any, ...]] = []
    for who, block in blocks.items():
        for arm in [arm for arm in found["arms"] if arm != baseline] or [baseline]:
            gaps = block["differences"].get(difference_name(arm, baseline), {})
            for key, words in TIME_WORDS.items():
                ends = [(block["arms"][one][key] or {}).get("mean") for one in (baseline, arm)]
                change, unit = gaps.get(key) or {}, "share" if key == "reached" else f"{step}s"
                rows.append((arm, baseline, who, words, unit, *ends, *map(change.get, estimate), key))
    for arm, same in ((name.removesuffix(f" - {baseline}"), one) for name, one in found["same_customers"].items()):
        for key, words in SAME_WORDS.items():
            entry, is_time = same[key] or {}, key == "later_by"
            mean, low, high = map(entry.get, estimate)
            share, gap = (None, mean) if is_time else (mean, None)
            rows.append((arm, baseline, "everybody", words, f"{step}s" if is_time else "share", None, share, gap))
            rows[-1] += (low, high, key)
    rows = [row for row in rows if any(cell is not None for cell in row[5:10])]
    columns = (
        *_WHO,
        Column("quantity", "Quantity", width=44),
        Column("unit", "Unit", width=10),
        Column("baseline_mean", "Baseline", "number"),
        Column("arm_mean", "Arm", "number"),
        *(Column(name, heading, "number") for name, heading in _GAP),
        _KEY,
    )
    note = "First visits since the horizon began. Who never reaches the goal counts with the whole horizon in the mean."
    return Sheet("Time to goal", columns, tuple(rows), "", note)


def _persona_titles(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    # Results of before had them with the brands' titles.
    found: Mapping[str, Any] = summary.get("persona_titles", summary.get("titles", {}))
    return found


def persona_sheet(summary: Mapping[str, Any]) -> Sheet:
    """Return every arm's differences from the baseline by persona.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison.
    """
    titles = _persona_titles(summary)
    rows = tuple(
        row
        for name, block in summary.get("personas", {}).items()
        for row in _differences(summary, block, str(titles.get(name, name)))
    )
    return Sheet("Per persona", (*_WHO, *_WHAT, *_ENDS), rows, _currency(summary))


def summary_sheet(summary: Mapping[str, Any]) -> Sheet:
    """Return every metric of every arm, of everybody and of each persona, with its interval.

    Parameters
    ----------
    summary : mapping
        Content of the `summary.json` of a comparison.
    """
    titles = _persona_titles(summary)
    blocks = {EVERYBODY: summary, **summary.get("personas", {})}
    rows = tuple(
        (
            arm,
            "everybody" if persona == EVERYBODY else str(titles.get(persona, persona)),
            words_of(metric, summary).name,
            _unit(metric, summary),
            *(entry.get(key) for key in ("mean", "ci_low", "ci_high")),
            metric,
        )
        for persona, block in blocks.items()
        for arm, metrics in block["arms"].items()
        for metric, entry in metrics.items()
        if isinstance(entry, Mapping) and metric in METRIC_WORDS
    )
    columns = (
        _WHO[0],
        _WHO[2],
        *_WHAT,
        Column("mean", "Mean", "metric"),
        Column("ci_low", "95 % from", "metric"),
        Column("ci_high", "95 % to", "metric"),
        _KEY,
    )
    return Sheet("Every arm", columns, rows, _currency(summary))


def cost_sheet(summary: Mapping[str, Any]) -> Sheet | None:
    """Return what was typed as a cost and what was charged, by arm; None where a run has no such table.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    """
    found = summary.get("costs")
    if not isinstance(found, Mapping) or not any(found.values()):
        return None
    rows = tuple(
        (arm, str(line.get("what", "")), line.get("typed"), line.get("charged"))
        for arm, lines in found.items()
        for line in lines
    )
    columns = (
        _WHO[0],
        Column("what", "Cost", width=44),
        Column("typed", "Typed", "price", 16),
        Column("charged", "Charged over the horizon", "money", 24),
    )
    return Sheet("Costs typed and charged", columns, rows, _currency(summary))


def moment_sheet(summary: Mapping[str, Any]) -> Sheet | None:
    """Return what a small step at every stage and edge is worth, the largest gain first; None of any other question.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    """
    found = summary.get("moments")
    if not isinstance(found, list):
        return None
    words = words_of(summary["metric"], summary)
    kind = "money" if words.kind == "money" else "number"
    rows = tuple(
        (
            in_words(item["from"]) if item["kind"] == "stage" else move_in_words(item["from"], item["to"]),
            item["kind"],
            item["how"],
            item["visits"],
            *((item[way] or {}).get(end) for way in ("better", "worse") for end in ("mean", "ci_low", "ci_high")),
        )
        for item in found
    )
    ends = (("", "change in"), (" low", "95 % from"), (" high", "95 % to"))
    columns = (
        Column("where", "Where", width=32),
        Column("kind", "Kind", width=10),
        Column("how", "What is moved", width=18),
        Column("visits", "Visits per customer", "number", 18),
        *(
            Column(f"{way}{end}", f"{title}: {said} {words.name.lower()}" if not end else f"{title}: {said}", kind, 22)
            for way, title in (("better", "A step better"), ("worse", "A step worse"))
            for end, said in ends
        ),
    )
    return Sheet("Moments of truth", columns, rows, _currency(summary))


def target_sheet(summary: Mapping[str, Any]) -> Sheet | None:
    """Return the targets of a calibration with what was fitted; None of any other question.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    """
    found = summary.get("targets")
    if not isinstance(found, list):
        return None
    keys = ("metric", "arm", "persona", "brand", "value", "before", "fitted", "monte_carlo_error", "tolerance", "met")
    # Results of before have no verdict.
    words = {True: "met", False: "not met"}
    rows = tuple(
        (*(item[key] for key in keys[:-1]), item.get("verdict", words[item["met"]]), item["source"]) for item in found
    )
    headings = ("Arm", "Persona", "Brand", "Wanted", "Before", "Fitted", "Monte-Carlo error", "Tolerance")
    kinds = ("text",) * 3 + ("metric",) * 5
    columns = (
        Column("metric", "Key of the metric", width=24),
        *(Column(key, heading, kind, 18) for key, heading, kind in zip(keys[1:-1], headings, kinds, strict=True)),
        Column("met", "Verdict", width=10),
        Column("source", "Source", width=60),
    )
    return Sheet("Targets", columns, rows)


def parameter_sheet(summary: Mapping[str, Any]) -> Sheet | None:
    """Return the parameters of a calibration with their fit; None of any other question.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json`.
    """
    found = summary.get("parameters")
    if not isinstance(found, list):
        return None
    keys = ("name", "about", "before", "fitted")
    rows = tuple(
        (*(item[key] for key in keys), *item["interval_90"], item["spread_left"], item["path"]) for item in found
    )
    columns = (
        Column("name", "Parameter", width=24),
        Column("about", "Meaning", width=60),
        *(
            Column(key, heading, "number", 16)
            for key, heading in (("before", "Before"), ("fitted", "Fitted"), ("low", "90 % from"), ("high", "90 % to"))
        ),
        Column("spread_left", "Spread left", "share", 14),
        Column("path", "Key", width=50),
    )
    return Sheet("Parameters", columns, rows)


def verdict_sheet(title: str, facts: Sequence[tuple[str, Any]], verdict: str) -> Sheet:
    """Return what was run and the verdict, a sentence group in each row.

    Parameters
    ----------
    title : str
        Of the run, for people.
    facts : sequence of (name, value)
        What was run; empty values are left out.
    verdict : str
        Lines of the verdict.

    Returns
    -------
    Sheet
    """
    lines = [line.strip() for line in verdict.split("\n") if line.strip()]
    rows: list[tuple[str | None, Any]] = [
        ("Title", title),
        *((name, value) for name, value in facts if value not in (None, "")),
    ]
    rows += [("Verdict" if position == 0 else None, line) for position, line in enumerate(lines)]
    return Sheet("Verdict", (Column("what", "What", width=24), Column("value", "Says", width=110)), tuple(rows))


#: Settings on which no number depends: the same run on other threads writes the same bytes.
_NO_EFFECT = ("engine", "threads", "output_dir")


def assumption_sheet(config: Mapping[str, Any]) -> Sheet:
    """Return every value of a configuration by its dotted key, as it can be typed on the command line.

    Parameters
    ----------
    config : mapping
        The whole resolved configuration.
    """
    columns = (Column("key", "Key", width=64), Column("value", "Value", "plain", 28))
    deciding = {key: value for key, value in config.items() if key not in _NO_EFFECT}
    return Sheet("Assumptions", columns, tuple(_flat(deciding)))


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(str(item) for item in values)


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and not any(isinstance(item, Mapping | list | tuple) for item in value)


def _flat(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        return [row for name, inner in value.items() for row in _flat(inner, f"{key}.{name}" if key else str(name))]
    if isinstance(value, list | tuple) and value:
        if _is_plain_list(value):
            return [(key, _listed(value))]
        if all(map(_is_plain_list, value)):
            # The hazards of an edge by step are one assumption, not a hundred.
            return [(key, ", ".join(f"[{_listed(item)}]" for item in value))]
        return [row for position, inner in enumerate(value) for row in _flat(inner, f"{key}[{position}]")]
    if isinstance(value, Mapping | list | tuple):
        return [(key, "none")]
    if value is None or isinstance(value, bool):
        return [(key, "none" if value is None else "yes" if value else "no")]
    if key == "seed":
        return [(key, str(value))]
    return [(key, value)]


def _differences(summary: Mapping[str, Any], block: Mapping[str, Any], who: str) -> list[tuple[Any, ...]]:
    baseline = summary["baseline"]
    rows = []
    for name, metrics in block["differences"].items():
        arm = name.removesuffix(f" - {baseline}")
        for metric, entry in metrics.items():
            if metric not in METRIC_WORDS or not isinstance(entry, Mapping):
                continue
            if metric == "payback_week" and earns_the_same(metrics):
                entry = dict.fromkeys(entry)
            ends = [block["arms"][one].get(metric, {}).get("mean") for one in (baseline, arm)]
            numbers = (*ends, entry["mean"], entry["ci_low"], entry["ci_high"], chance_above(entry))
            rows.append((arm, baseline, who, words_of(metric, summary).name, _unit(metric, summary), *numbers, metric))
    return rows


def _without(rows: Sequence[tuple[Any, ...]], position: int) -> list[tuple[Any, ...]]:
    return [row[:position] + row[position + 1 :] for row in rows]


def _unit(metric: str, summary: Mapping[str, Any]) -> str:
    kind = words_of(metric).kind
    if kind == "money":
        return _currency(summary)
    return f"{summary.get('step', 'week')}s" if kind == "weeks" else _UNITS[kind]


def _currency(summary: Mapping[str, Any]) -> str:
    return str(summary.get("currency", ""))
