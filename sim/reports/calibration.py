"""Calibration: what a fit says, in words and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.strategies import CAPABILITIES_IN_WORDS
from sim.calibration.result import describe
from sim.calibration.targets import ASKED_FOR, written
from sim.number_format import compact, decimal, money
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.calibration import draw_correlations, draw_fit, draw_identified, draw_profiles, draw_trail
from sim.reports.picture import Picture
from sim.text_width import display_width, padded

if TYPE_CHECKING:
    from sim.calibration.result import Calibration

__all__ = ["calibration_document", "calibration_facts", "calibration_lines", "calibration_summary", "target_lines"]

#: Below this share of its prior spread a parameter counts as decided by the targets; above the other, as left open.
DECIDED, OPEN = 0.5, 0.85
#: Monte-Carlo standard errors within which a figure lies on the edge of its tolerance.
_ON_THE_EDGE = 2.0
_MET, _NOT_MET, _OPEN = "met", "not met", "open"


def calibration_facts(done: Calibration) -> dict[str, Any]:
    """Return what the words of the report are made of."""
    given = {target.metric for target in done.targets}
    verdicts = _verdicts(done)
    titles = [target.title for target, word in zip(done.targets, verdicts, strict=True) if word == _OPEN]
    left = dict(zip((parameter.name for parameter in done.parameters), done.shrinkage, strict=True))
    return {
        "scenario": done.scenario.title or done.scenario.name,
        "targets": len(done.targets),
        "met": verdicts.count(_MET),
        "unsure": titles,
        "misses": [describe(miss) for miss in done.misses if miss.target.title not in titles],
        "parameters": len(done.parameters),
        "decided": [name for name, share in left.items() if share < DECIDED],
        "open": [name for name, share in left.items() if share > OPEN],
        "kept": _kept(done),
        "asked": [words for words, metrics in ASKED_FOR.items() if given.isdisjoint(metrics)],
        "kept_from": done.scenario.name,
        "relaxed": done.relaxed,
        "at_bound": [
            parameter.name
            for parameter, share in zip(done.parameters, done.shares, strict=True)
            # Where it stood at the bound before, staying there is no sign of a bound too narrow.
            if (share < 0.005 or share > 0.995) and abs(share - parameter.share(parameter.own)) > 0.01
        ],
        "simulations": done.simulations,
        "population": done.population,
        "seed": done.seed,
    }


def _verdicts(done: Calibration) -> list[str]:
    """Say of each target whether it is met; on the edge of its tolerance that is open."""
    return [
        _OPEN
        if abs(abs(figure - target.value) - target.tolerance) <= _ON_THE_EDGE * error
        else (_MET if met else _NOT_MET)
        for target, figure, error, met in zip(done.targets, done.figures, done.error, done.met, strict=True)
    ]


def _kept(done: Calibration) -> list[str]:
    """Return what no parameter moved, as it stands in the scenario that the fit began with."""
    scenario = done.scenario
    moved = {path for parameter in done.parameters for path, _ in parameter.paths}
    market, focal = scenario.market, scenario.market.focal
    brand = market.brands[focal]
    currency = market.economics.currency
    found = {
        "market.need.mean_weeks": f"a need every {market.need.mean_weeks:.4g} {scenario.step}s",
        f"market.brands.{focal}.quality": f"quality of {brand.title or focal} {brand.quality:.3g}",
        f"market.brands.{focal}.price": f"its price {money(brand.price, currency)}",
        f"market.brands.{focal}.unit_margin": f"its margin {money(brand.unit_margin, currency)}",
        "market.choice.habit": f"habit {market.choice.habit:.3g}",
    }
    return [words for path, words in found.items() if path not in moved]


def calibration_lines(done: Calibration) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    return text_lines("calibration", **calibration_facts(done))


def target_lines(done: Calibration) -> list[str]:
    """Return the table of targets for a terminal, a line each."""
    rows = [("target", "wanted", "fitted", "chance", "tolerance", ""), *_target_rows(done)]
    width = [max(display_width(row[column]) for row in rows) for column in range(6)]
    return [
        "  ".join(padded(cell, width[column], right=column not in (0, 5)) for column, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def _target_rows(done: Calibration) -> list[tuple[str, ...]]:
    return [
        (
            target.title,
            written(target.metric, target.value),
            written(target.metric, float(figure)),
            f"± {_fine(target.metric, float(error))}",
            f"± {_fine(target.metric, target.tolerance)}",
            verdict,
        )
        for target, figure, error, verdict in zip(done.targets, done.figures, done.error, _verdicts(done), strict=True)
    ]


def _fine(metric: str, size: float) -> str:
    text = written(metric, size)
    if text.startswith("0.0") and size > 0.0:
        return f"{100 * size:.2g} %" if text.endswith("%") else f"{size:.2g}"
    return text


def calibration_summary(done: Calibration, name: str) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    return {
        "name": name,
        "scenario": done.scenario.name,
        "seed": done.seed,
        "targets": [
            {
                "metric": target.metric,
                "arm": target.arm,
                "persona": target.persona,
                "brand": target.brand,
                "value": target.value,
                "se": target.error,
                "tolerance": target.tolerance,
                "before": _number(before),
                "fitted": _number(figure),
                "monte_carlo_error": _number(error),
                "met": met,
                "verdict": verdict,
                "source": target.source,
            }
            for target, before, figure, error, met, verdict in zip(
                done.targets, done.before, done.figures, done.error, done.met, _verdicts(done), strict=True
            )
        ],
        "parameters": [
            {
                "name": parameter.name,
                "path": parameter.key,
                "about": parameter.title,
                "low": parameter.low,
                "high": parameter.high,
                "before": parameter.own,
                "fitted": number,
                "interval_90": list(interval),
                "spread_left": float(left),
            }
            for parameter, number, interval, left in zip(
                done.parameters, done.numbers, done.intervals(), done.shrinkage, strict=True
            )
        ],
        "misses": [
            {
                "target": miss.target.label,
                "wanted": miss.target.value,
                "fitted": miss.fitted,
                "nearest_alone": miss.alone,
                "reachable_alone": miss.reachable,
                "contradicts": list(miss.against),
                "words": describe(miss),
            }
            for miss in done.misses
        ],
        "members": len(done.members),
        "effective_members": _number(1.0 / sum(member.weight**2 for member in done.members)) if done.members else 0,
        "simulations": done.simulations,
        "population": done.population,
        "surrogate_error": [_number(error) for error in done.emulator_error],
        "verdict": "\n".join(calibration_lines(done)),
    }


def calibration_document(done: Calibration, title: str, command: str) -> Document:
    """Return the report of a fit.

    Parameters
    ----------
    done : Calibration
    title : str
        Heading of the page.
    command : str
        What compares in the fitted market; its last word names the scenario.

    Returns
    -------
    Document
    """
    rows = _parameter_rows(done)
    return Document(
        title,
        tuple(calibration_lines(done)),
        template="calibration",
        pictures=_pictures(done, rows),
        slots={
            **calibration_facts(done),
            "target_table": Table(
                ("target", "wanted", "fitted", "Monte-Carlo error", "tolerance", "verdict"),
                tuple(_target_rows(done)),
                words=(5,),
            ),
            "parameter_table": Table(
                ("parameter", "meaning", "before", "fitted", "90 % of near-best fits", "spread left", ""),
                rows,
                words=(1, 6),
            ),
            "command": command,
            "members": len(done.members),
            "capabilities": CAPABILITIES_IN_WORDS,
        },
    )


def _parameter_rows(done: Calibration) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            parameter.name,
            parameter.title or parameter.key,
            compact(parameter.own),
            compact(number),
            f"{compact(interval[0])} to {compact(interval[1])}",
            f"{100 * min(share, 1.0):.0f} %",
            "decided" if share < DECIDED else "left open" if share > OPEN else "narrowed",
        )
        for parameter, number, interval, share in zip(
            done.parameters, done.numbers, done.intervals(), done.shrinkage, strict=True
        )
    )


def _pictures(done: Calibration, rows: tuple[tuple[str, ...], ...]) -> tuple[Picture, ...]:
    return (
        Picture(
            "fit",
            draw_fit(done),
            "Deviation of every fitted figure from its target, in tolerances.",
            "; ".join(f"{row[0]} {row[2]} of {row[1]}, {row[5]}" for row in _target_rows(done)) + ".",
            "targets",
        ),
        Picture(
            "parameters",
            draw_identified(done),
            "Best fit and 90 % interval of every parameter between its bounds, before and after.",
            "; ".join(f"{row[0]} {row[3]} [{row[4]}], {row[6]}" for row in rows) + ".",
            "parameters",
        ),
        Picture(
            "profiles",
            draw_profiles(done),
            "Misfit over each parameter, all others free.",
            "A narrow valley is a parameter that the targets decide; a flat line one they say nothing about.",
            "parameters",
        ),
        Picture(
            "correlations",
            draw_correlations(done),
            "Correlation of the parameters among near-best fits.",
            _strongest(done),
            "parameters",
        ),
        Picture(
            "trail",
            draw_trail(done),
            "Misfit of every simulation in order, and the best so far.",
            f"The misfit falls from {compact(float(done.trail[0]))} to {compact(float(np.min(done.trail)))}.",
            "search",
        ),
    )


def _strongest(done: Calibration) -> str:
    if len(done.parameters) < 2:
        return "There is one parameter."
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.nan_to_num(np.atleast_2d(np.corrcoef(done.draws.T)))
    rows, columns = np.triu_indices(len(done.parameters), 1)
    order = np.argsort(-np.abs(matrix[rows, columns]), kind="stable")[:3]
    pairs = [
        f"{done.parameters[rows[at]].name} and {done.parameters[columns[at]].name}"
        f" {decimal(matrix[rows[at], columns[at]], 2, sign=True)}"
        for at in order
    ]
    return f"Strongest: {'; '.join(pairs)}."


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
