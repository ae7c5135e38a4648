"""Page: the report of a comparison, from its result to the slots of the template."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agents.strategies import CAPABILITIES, CAPABILITIES_IN_WORDS, Strategy
from agents.traits import TRAITS
from sim.experiments.result import Result
from sim.number_format import NOTHING, compact, interval, percent, quantity, short_money
from sim.record.history import ORIGINS
from sim.reports.document import write_page
from sim.reports.labels import METRIC_WORDS, difference_rows
from sim.reports.overview import overview
from sim.reports.pictures import pictures
from sim.reports.style import png_bytes

__all__ = ["write_report"]

NO_EFFECT_KNOWN = f"No causal effect size of the {CAPABILITIES_IN_WORDS} was found in the literature."
_PERSONA_METRICS = ("contribution", "clv", "loop_share", "retention", "satisfaction", "opt_out_rate")


class Parameter(NamedTuple):
    """One value of the configuration with what it means."""

    name: str
    value: str
    unit: str
    about: str


def write_report(result: Result, folder: Path) -> Path:
    """Draw every figure into ``folder/figures`` and write ``folder/report.html``.

    Parameters
    ----------
    result : Result
    folder : Path
        An existing folder. Its `manifest.json`, if there is one, tells version and hash for the section on reproducing.

    Returns
    -------
    Path
        The report.
    """
    (folder / "figures").mkdir(exist_ok=True)
    (folder / "figures" / "overview.png").write_bytes(png_bytes(overview(result), 110.0))
    return write_page("compare", folder, pictures(result), **_content(result))


def _content(result: Result) -> dict[str, Any]:
    scenario, summary = result.scenario, result.summary_json
    currency = scenario.market.economics.currency
    others = [arm for arm in scenario.arms if arm != scenario.baseline]
    return {
        "title": scenario.title or scenario.name,
        "command": _command(result),
        "scenario": scenario,
        "baseline": scenario.baseline,
        "others": others,
        "replicates": result.replicates,
        "seed": result.seed,
        "population": f"{scenario.population:,}",
        "verdict": [part.split("\n") for part in str(summary["verdict"]).strip().split("\n\n")],
        "tables": [
            {"arm": arm, "rows": difference_rows(summary, arm, currency), "luck": _luck(summary, arm)} for arm in others
        ],
        "alone": [] if others else _alone(result, currency),
        "origins": [] if not others else _origins(summary, others, currency),
        "people": _people(result, others, currency),
        "winners": _winners(summary, others, currency),
        "assumptions": scenario.assumptions,
        "no_effect": NO_EFFECT_KNOWN,
        "strengths": list(_strengths(result)),
        "parameters": list(_parameters(scenario.market)),
        "traits": TRAITS,
        "persona_table": [
            (
                persona.title or persona.name,
                f"{persona.share:g}",
                [f"{getattr(persona, trait).mean:g}" for trait in TRAITS],
            )
            for persona in scenario.personas
        ],
        "persona_metrics": [METRIC_WORDS[metric].name for metric in _PERSONA_METRICS],
    }


def _luck(summary: Mapping[str, Any], arm: str) -> str:
    """Say what common luck saved."""
    reduction = summary["differences"][f"{arm} - {summary['baseline']}"]["contribution"]["variance_reduction"]
    if reduction is None:
        return ""
    if reduction < 1.0:
        return (
            "Both arms live the same luck, draw by draw. For the difference in contribution that saved nothing here "
            f"(variance ratio {compact(reduction)}): what differs between replicates is luck that only one arm meets, "
            "such as how its experiments turn out."
        )
    return (
        "Both arms live the same luck, draw by draw. For the difference in contribution that was worth "
        f"{compact(reduction)} times as many replicates with luck of their own."
    )


def _alone(result: Result, currency: str) -> list[tuple[str, str, list[str]]]:
    arms = list(result.scenario.arms)
    rows = []
    for metric, words in METRIC_WORDS.items():
        entries = [result.summary_json["arms"][arm][metric] for arm in arms]
        if all(entry["mean"] is None for entry in entries):
            continue
        cells = []
        for entry in entries:
            written = quantity(entry["mean"], words.kind, currency)
            spread = interval(entry["ci_low"], entry["ci_high"], words.kind, currency, sign=False)
            cells.append(written if spread == NOTHING else f"{written} [{spread}]")
        rows.append((words.name, words.about, cells))
    return rows


def _origins(summary: Mapping[str, Any], others: list[str], currency: str) -> list[dict[str, Any]]:
    """Return purchases won and lost by where they were won."""
    out = []
    for arm in others:
        found = summary.get("origins", {}).get(f"{arm} - {summary['baseline']}", {}).get("all", {})
        rows = [
            (
                {"initial": "initial consideration", "evaluation": "active evaluation", "loop": "loyalty loop"}[origin],
                quantity(found[origin]["mean"], "number", currency, sign=True),
                interval(found[origin]["ci_low"], found[origin]["ci_high"], "number", currency),
            )
            for origin in ORIGINS
            if origin in found
        ]
        out.append({"arm": arm, "rows": rows})
    return out


def _people(result: Result, others: list[str], currency: str) -> list[dict[str, Any]]:
    """Return one table per arm: a line per persona, a cell per metric."""
    scenario, summary = result.scenario, result.summary_json
    out = []
    for arm in others:
        lines = []
        for persona in scenario.personas:
            block = {**summary["personas"][persona.name], "baseline": scenario.baseline}
            found = {row.metric: row for row in difference_rows(block, arm, currency, only=_PERSONA_METRICS)}
            heads = f"{summary['persona_customers'][persona.name]:,.0f}"
            lines.append((persona.title or persona.name, heads, [found[metric] for metric in _PERSONA_METRICS]))
        out.append({"arm": arm, "lines": lines})
    return out


def _winners(summary: Mapping[str, Any], others: list[str], currency: str) -> list[str]:
    out = []
    for arm in others:
        found = (summary.get("clv_differences") or {}).get(f"{arm} - {summary['baseline']}")
        if found is None:
            continue
        everybody = found["shares"]["all"]
        if everybody["winners"] is None:
            continue
        wins, loses, same = (percent(everybody[key]) for key in ("winners", "losers", "unchanged"))
        mean = short_money(everybody["mean"] or 0.0, currency, sign=True)
        out.append(
            f"{arm}: {wins} of customers are worth more to the company than in {summary['baseline']}, {loses} less, "
            f"{same} exactly the same; {mean} a customer on average, before the company's fixed costs."
        )
    return out


def _strengths(result: Result) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Yield (arm, brand, journey, levels) of every plan that does anything."""
    for arm in result.scenario.arms.values():
        for brand, plan in arm.plans.items():
            strategy = plan.strategy
            contacts = strategy.contacts_per_week
            levels = [(name, getattr(strategy, name)) for name in CAPABILITIES]
            levels += [
                ("contacts a week, customers", contacts.customers),
                ("contacts a week, prospects", contacts.prospects),
                ("knowledge of prospects", strategy.prospect_knowledge),
            ]
            active = [(name, f"{level:g}") for name, level in levels if level]
            if not active:
                continue
            active += [("data use", strategy.data_use), ("start week", str(strategy.start_week))]
            active += list(_costs(strategy))
            for persona, own in strategy.personas.items():
                given = {item.name: getattr(own, item.name) for item in dataclasses.fields(own)}
                words = ", ".join(f"{name} {level:g}" for name, level in given.items() if level is not None)
                if words:
                    active.append((f"for {persona}", words))
            yield arm.name, brand, plan.journey, active


def _costs(strategy: Strategy) -> Iterator[tuple[str, str]]:
    for kind in ("build", "run"):
        costs = getattr(strategy.costs, kind)
        words = ", ".join(f"{name} {getattr(costs, name):g}" for name in CAPABILITIES if getattr(costs, name))
        if words:
            when = "once" if kind == "build" else "a week"
            yield f"cost to {kind} at full level, per 1,000 customers, {when}", words
    for name, about in (("contact", "cost of a contact"), ("experiment", "cost of an experiment, per 1,000 customers")):
        if getattr(strategy.costs, name):
            yield about, f"{getattr(strategy.costs, name):g}"


def _parameters(item: Any, path: str = "") -> Iterator[Parameter]:
    """Walk a configuration and yield every value with the meaning its field declares."""
    for field in dataclasses.fields(item):
        found, about = getattr(item, field.name), field.metadata
        name = f"{path}{field.name}"
        if name in ("name", "title"):
            continue
        if dataclasses.is_dataclass(found):
            yield from _parameters(found, f"{name}.")
        elif isinstance(found, Mapping):
            for key, inner in found.items():
                if dataclasses.is_dataclass(inner):
                    yield from (
                        part
                        for part in _parameters(inner, f"{name}.{key}.")
                        if not part.name.endswith((".name", ".title"))
                    )
                else:
                    yield Parameter(f"{name}.{key}", _plain(inner), about.get("unit", ""), about.get("about", ""))
        else:
            yield Parameter(name, _plain(found), about.get("unit", ""), about.get("about", ""))


def _plain(found: Any) -> str:
    if found is None:
        return "none"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return f"{found:g}" if isinstance(found, float) else str(found)


def _command(result: Result) -> str:
    scenario = result.scenario
    name = scenario.name if re.fullmatch(r"[A-Za-z0-9_-]+", scenario.name) else "NAME"
    return (
        f"journey compare scenario={name} population={scenario.population} horizon={scenario.horizon} "
        f"burn_in={scenario.burn_in} replicates={result.replicates} seed={result.seed}"
    )
