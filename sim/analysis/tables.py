"""Tables: the tidy weekly table, flows, customers, events and the market's trace, as Arrow tables.

One table per arm and replicate: a result is written row group by row group, and the whole never lies in memory twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.analysis.metrics import of_market, returns
from sim.record.counters import steps_a_period
from sim.record.events import EVENT, KINDS, NOBODY
from sim.record.history import FIXED_POINT, ORIGINS, Fixed, History, MarketTrace, Money
from sim.scenario.calendar import STEP_SECONDS, step_starts
from sim.scenario.journey import stage_names

if TYPE_CHECKING:
    from sim.scenario.resolved import ResolvedScenario

__all__ = [
    "COMPANY",
    "WEEK_ZERO",
    "arrow_table",
    "customers",
    "events",
    "flows",
    "market",
    "trace_of",
    "weekly",
    "write_parquet",
]

#: Persona of the rows that belong to no customer: fixed costs.
COMPANY = "company"

#: What :func:`_by_period` sums over the steps of a period, and what it takes at their end.
_SUMMED = (
    "purchases",
    "skipped",
    "decision_weeks",
    "switches",
    "repeats",
    "returns",
    "considered",
    "buyers",
    "contacts",
    "timely",
    "praise",
    "complaints",
    "money",
    "fixed",
)
_AT_END = ("incumbents", "satisfaction", "trust", "fatigue", "opted_out")

#: Step 0 of a scenario without a start date, for tools that need one: a Monday, and no claim about the calendar.
WEEK_ZERO = date(2001, 1, 1)
_MINUTE = 60 * 10**6  # microseconds
#: Kind of the row that says where a logged customer stands when the horizon begins; not an event of the engines.
_START = -1

Table = Any  # pyarrow ships no types


def arrow_table(columns: Mapping[str, Sequence[Any]], numbers: Mapping[str, Any]) -> Table:
    """Return columns as an Arrow table: numbers of the given Arrow types, all others as dictionaries of words."""
    return pa.table(
        {
            name: pa.array(values, numbers[name])
            if name in numbers
            else pa.array(values, pa.string()).dictionary_encode()
            for name, values in columns.items()
        }
    )


def weekly(history: History, scenario: ResolvedScenario) -> Table:
    """Return the tidy weekly table of one arm and replicate.

    Columns ``arm, replicate, week, persona, metric, key, value``, and ``date`` where there is a start date; counts and
    amounts are of the whole market; means are null where nobody is there to be averaged. A persona's contribution is
    what its customers cause; fixed costs stand under the persona `COMPANY`, so that the sum over personas is the
    contribution. Of a horizon of more than 5,000 steps a row stands for the ``steps`` from ``week``
    on: what happens in them is summed, levels are those at their end.
    """
    horizon = len(history.purchases)
    first = np.arange(0, horizon, steps_a_period(horizon), dtype=np.int32)
    steps = np.diff(first, append=np.int32(horizon))
    if first.size < horizon:
        history = _by_period(history, first)
    weeks, heads = history.customers.shape[:2]
    by_persona, by_company = _personal_columns(history, scenario), _company_columns(history, scenario)
    codes = _Codes()
    personas = [persona.name for persona in scenario.personas]
    inner, outer = weeks * heads, len(by_persona)

    def by_row(values: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.concatenate([np.tile(np.repeat(values, heads), outer), np.tile(values, len(by_company))])

    columns = {
        "week": by_row(first),
        "persona": np.concatenate(
            [
                np.tile(np.arange(heads, dtype=np.int32), weeks * outer),
                np.full(weeks * len(by_company), heads, dtype=np.int32),
            ]
        ),
        "metric": np.concatenate(
            [
                np.repeat(codes.of(0, [metric for metric, _, _ in by_persona]), inner),
                np.repeat(codes.of(0, [metric for metric, _, _ in by_company]), weeks),
            ]
        ),
        "key": np.concatenate(
            [
                np.repeat(codes.of(1, [key for _, key, _ in by_persona]), inner),
                np.repeat(codes.of(1, [key for _, key, _ in by_company]), weeks),
            ]
        ),
    }
    value = np.concatenate([*(part.ravel() for _, _, part in by_persona), *(part for _, _, part in by_company)])
    return pa.table(
        {
            **_who(history, scenario, value.size),
            "week": _column(columns["week"]),
            **({"steps": _column(by_row(steps))} if weeks < horizon else {}),
            **_dates(columns["week"], scenario),
            "persona": _words(columns["persona"], [*personas, COMPANY]),
            "metric": _words(columns["metric"], codes.words(0)),
            "key": _words(columns["key"], codes.words(1)),
            "value": _column(value, np.isnan(value)),
        }
    )


def _by_period(history: History, first: NDArray[np.int32]) -> History:
    """Return a history whose steps are periods that begin with the steps ``first``, as its customers are kept."""
    last = np.append(first[1:], len(history.purchases)) - 1
    columns: dict[str, Any] = {name: np.add.reduceat(getattr(history, name), first, axis=0) for name in _SUMMED}
    columns |= {name: getattr(history, name)[last] for name in _AT_END}
    return replace(history, **columns)


def _dates(steps: NDArray[np.int32], scenario: ResolvedScenario) -> dict[str, Any]:
    """Return the day on which each step begins as a column, where the scenario has a start date."""
    if scenario.starts is None:
        return {}
    days = step_starts(steps.astype(np.int64), scenario.step, scenario.starts).astype("datetime64[D]")
    return {"date": _column(days.astype(np.int32), kind=pa.date32())}


Column = tuple[str, str, NDArray[np.float64]]


def _personal_columns(history: History, scenario: ResolvedScenario) -> list[Column]:
    """Return (metric, key, values of weeks x personas)."""
    brands, focal, stages = scenario.brands, scenario.focal, stage_names(scenario.journeys)
    out: list[Column] = [
        ("customers", stage, of_market(history.customers[:, :, column], scenario))
        for column, stage in enumerate(stages)
    ]

    def per_brand(metric: str, counts: NDArray[np.int64], unit: float = 1.0) -> None:
        out.extend(
            (metric, brand, of_market(counts[:, :, column], scenario) / unit) for column, brand in enumerate(brands)
        )

    def per_origin(metric: str, counts: NDArray[np.int64]) -> None:
        out.extend((metric, origin, of_market(counts[:, :, column], scenario)) for column, origin in enumerate(ORIGINS))

    money, minor = history.money, history.minor_units
    variable = (
        money[..., Money.MARGIN]
        + money[..., Money.ANCILLARY]
        - money[..., Money.CONTACTS]
        - money[..., Money.CHANNELS]
        - money[..., Money.SERVICE]
    )
    per_brand("purchases", history.purchases.sum(axis=3))
    per_origin("purchases_by_origin", history.purchases.sum(axis=2))
    per_origin("focal_purchases_by_origin", history.purchases[:, :, focal])
    per_brand("revenue", money[..., Money.REVENUE], minor)
    per_brand("contribution", variable, minor)
    per_brand("margin", money[..., Money.MARGIN], minor)
    per_brand("ancillary", money[..., Money.ANCILLARY], minor)
    per_brand("cost_contacts", money[..., Money.CONTACTS], minor)
    per_brand("cost_channels", money[..., Money.CHANNELS], minor)
    per_brand("cost_service", money[..., Money.SERVICE], minor)
    per_brand("contacts", history.contacts)
    per_brand("timely_contacts", history.timely)
    per_brand("opted_out", history.opted_out)
    means = ((name, getattr(history, name)[:, :, focal]) for name in ("satisfaction", "trust"))
    for name, total in means:
        there = history.incumbents[:, :, focal]
        mean = np.full(there.shape, np.nan)
        np.divide(total / FIXED_POINT, there, out=mean, where=there > 0)
        out.append((name, brands[focal], mean))
    out.append(("fatigue", "", history.fatigue))
    per_brand("brand_customers", history.incumbents)
    per_brand("switches", history.switches)
    per_brand("repeats", history.repeats)
    per_brand("evaluation_skipped", history.skipped)
    per_brand("decision_weeks", history.decision_weeks)
    per_brand("praise", history.praise)
    per_brand("complaints", history.complaints)
    if returns(scenario):
        per_brand("returns", history.returns)
    out.extend(
        ("considered", key, of_market(history.considered[:, :, column], scenario))
        for column, key in enumerate(("initial", "added"))
    )
    out.append(("first_buyers", brands[focal], of_market(history.buyers, scenario)))
    return out


def _company_columns(history: History, scenario: ResolvedScenario) -> list[Column]:
    """Return (metric, key, values of weeks) of what no single customer causes."""
    out: list[Column] = []
    minor = history.minor_units
    for column, brand in enumerate(scenario.brands):
        # 0 - amount: a negated zero would be -0.0, another byte than 0.0.
        out.append(("contribution", brand, (0 - history.fixed[:, column].sum(axis=1)) / minor))
        out.extend((f"cost_{kind.name.lower()}", brand, history.fixed[:, column, kind] / minor) for kind in Fixed)
    return out


def flows(history: History, scenario: ResolvedScenario) -> Table:
    """Return ``arm, replicate, persona, from, to, count`` over the horizon; edges nobody took are left out.

    Counts are of the whole market, so they are no whole numbers where not everybody is simulated.
    """
    stages = stage_names(scenario.journeys)
    persona, source, target = np.nonzero(history.flows)
    return pa.table(
        {
            **_who(history, scenario, persona.size),
            "persona": _words(persona, [item.name for item in scenario.personas]),
            "from": _words(source, stages),
            "to": _words(target, stages),
            "count": _column(_whole_if_all(history.flows[persona, source, target], scenario)),
        }
    )


def _whole_if_all(counts: NDArray[np.int64], scenario: ResolvedScenario) -> NDArray[Any]:
    return counts if scenario.scale == 1.0 else of_market(counts, scenario)


def customers(history: History, scenario: ResolvedScenario) -> Table:
    """Return one row per customer: purchases and money over the horizon, and the state at its end."""
    lives, minor = history.lives, history.minor_units
    heads = lives.spend.size
    return pa.table(
        {
            **_who(history, scenario, heads),
            "customer": _column(np.arange(heads, dtype=np.int64)),
            "persona": _words(lives.persona, [item.name for item in scenario.personas]),
            "spend": _column(lives.spend / minor),
            "contribution": _column(lives.contribution / minor),
            "value": _column(lives.value / minor),
            "purchases": _column(lives.purchases),
            "focal_purchases": _column(lives.focal_purchases),
            "switches": _column(lives.switches),
            "stage": _words(lives.stage, stage_names(scenario.journeys)),
            "incumbent": _words(lives.incumbent, scenario.brands),
            "satisfaction": _column(lives.satisfaction),
            "trust": _column(lives.trust),
            "opted_out": _column(lives.opted_out),
        }
    )


def events(history: History, scenario: ResolvedScenario) -> Table:
    """Return the events of the sampled customers; a case is one customer in one arm and replicate.

    Parameters
    ----------
    history : History
    scenario : ResolvedScenario

    Returns
    -------
    pyarrow.Table
        By customer, then in the order of events. The first row of every case has the kind ``start`` and the stage in
        which the customer stands when the horizon begins, so that a case without any event is there as well.
    """
    log = _with_starts(history)
    cases = [f"{history.arm}/{history.replicate}/{customer}" for customer in log["customer"].tolist()]
    is_purchase, is_start = log["kind"] == KINDS.index("purchase"), log["kind"] == _START
    # Events of one step stand apart without leaving it.
    apart = min(_MINUTE, STEP_SECONDS.get(scenario.step, 3_600) * 10**6 // 256)
    minutes = (log["order"].astype(np.int64) + 1) * apart
    stamps = step_starts(log["week"].astype(np.int64), scenario.step, scenario.starts or WEEK_ZERO)
    stamps = stamps.astype(np.int64) + minutes
    return pa.table(
        {
            "case_id": _texts(cases),
            **_who(history, scenario, log.size),
            "week": _column(log["week"]),
            "timestamp": _column(stamps, kind=pa.timestamp("us")),
            "stage": _words(log["stage"], stage_names(scenario.journeys)),
            "brand": _words(log["brand"], scenario.brands),
            "channel": _words(log["channel"], tuple(scenario.market.channels)),
            "origin": _words(log["origin"], ORIGINS),
            "amount": _column(log["amount"] / history.minor_units, ~is_purchase),
            "kind": _words(np.where(is_start, len(KINDS), log["kind"]), (*KINDS, "start")),
            "order": _column(log["order"]),
            "customer": _column(log["customer"]),
        }
    )


def _with_starts(history: History) -> NDArray[np.void]:
    """Return the event log with a first row for every logged customer: where it stands when the horizon begins."""
    starts = np.zeros(len(history.starts), EVENT)
    starts["customer"], starts["stage"] = history.starts.T
    starts["order"], starts["kind"] = -1, _START
    for column in ("brand", "channel", "origin"):
        starts[column] = NOBODY
    log = np.concatenate([starts, history.events])
    return log[np.lexsort((log["order"], log["week"], log["customer"]))]


def market(history: History, scenario: ResolvedScenario) -> Table:
    """Return the weekly state of the market exactly as in the run: enough to replay one customer alone."""
    trace = history.trace
    weeks, groups, brands = trace.reputation.shape
    size = weeks * groups * brands
    week = np.arange(weeks, dtype=np.int32) - np.int32(scenario.burn_in)
    return pa.table(
        {
            **_who(history, scenario, size),
            "week": _column(np.repeat(week, groups * brands)),
            "group": _column(np.tile(np.repeat(np.arange(groups, dtype=np.int32), brands), weeks)),
            "brand": _words(np.tile(np.arange(brands), weeks * groups), scenario.brands),
            "reputation": _column(trace.reputation.ravel()),
            "salience": _column(trace.recall_odds.ravel()),
            "delight": _column(np.broadcast_to(trace.delight[:, None, :], trace.reputation.shape).ravel()),
            "adoption": _column(np.repeat(trace.adoption, groups * brands)),
        }
    )


def trace_of(table: Table) -> MarketTrace:
    """Rebuild the trace of one arm and replicate from its rows in :func:`market`, bit for bit."""
    weeks = len(table.column("week").unique())
    groups = len(table.column("group").unique())
    brands = len(table.column("brand").unique())
    shape = (weeks, groups, brands)

    def cube(name: str) -> NDArray[np.float64]:
        values = np.array(table.column(name).to_numpy(), dtype=np.float64).reshape(shape)
        return values

    parts = (cube("reputation"), cube("salience"), cube("delight")[:, 0].copy(), cube("adoption")[:, 0, 0].copy())
    for part in parts:
        part.flags.writeable = False
    return MarketTrace(*parts)


def write_parquet(tables: Iterable[Table], path: Path) -> None:
    """Write tables of one schema as row groups of one file; the same tables give the same bytes."""
    writer = None
    try:
        for table in tables:
            if writer is None:
                # Steps rise one by one, in every series again: differences take a fifth of the room of codes.
                rising = [name for name in table.column_names if name == "week"]
                writer = pq.ParquetWriter(
                    path,
                    table.schema,
                    compression="zstd",
                    compression_level=3,
                    use_dictionary=[name for name in table.column_names if name not in rising],
                    column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
                )
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
    finally:
        if writer is not None:
            writer.close()


class _Codes:
    """Number words in the order in which they come, per column."""

    def __init__(self) -> None:
        self._words: tuple[dict[str, int], dict[str, int]] = ({}, {})

    def of(self, column: int, words: Sequence[str]) -> NDArray[np.int32]:
        known = self._words[column]
        return np.array([known.setdefault(word, len(known)) for word in words], dtype=np.int32)

    def words(self, column: int) -> list[str]:
        return list(self._words[column])


_ARROW = {np.dtype(name): getattr(pa, name)() for name in ("int16", "int32", "int64", "float32", "float64")}


def _column(values: NDArray[Any], hidden: NDArray[np.bool_] | None = None, *, kind: Any = None) -> Table:
    """Return numbers as an Arrow column, null where ``hidden``, without copying them; ``kind`` is another Arrow type.

    As ``pyarrow.array``, which would first import pandas to see whether it was given one of its series: a third of a
    second of every run.
    """
    if values.dtype == np.bool_:
        kind, content = pa.bool_(), np.packbits(values, bitorder="little")
    else:
        kind, content = kind or _ARROW[values.dtype], np.ascontiguousarray(values)
    valid = None if hidden is None or not hidden.any() else pa.py_buffer(np.packbits(~hidden, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(content)])


def _texts(words: Sequence[str]) -> Table:
    """Return words as an Arrow column."""
    letters = [word.encode("utf-8") for word in words]
    ends = np.cumsum([0, *map(len, letters)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(letters), pa.py_buffer(ends), pa.py_buffer(b"".join(letters)))


def _words(codes: NDArray[Any], words: Sequence[str]) -> Table:
    """Return a dictionary column; NOBODY becomes null."""
    codes = np.asarray(codes, dtype=np.int32)
    indices = _column(codes, codes == NOBODY)
    return pa.DictionaryArray.from_arrays(indices, _texts(words))


def _who(history: History, scenario: ResolvedScenario, rows: int) -> dict[str, Table]:
    arms = list(scenario.arms)
    return {
        "arm": _words(np.full(rows, arms.index(history.arm)), arms),
        "replicate": _column(np.full(rows, history.replicate, dtype=np.int32)),
    }
