"""Calibration: what a fit says, in words and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.strategies import CAPABILITIES_IN_WORDS
from sim.calibration.result import describe
from sim.calibration.targets import written
from sim.number_format import compact, decimal
from sim.reports.document import Document, Section, Table
from sim.reports.figures.calibration import draw_correlations, draw_fit, draw_identified, draw_profiles, draw_trail
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.calibration.result import Calibration

__all__ = ["calibration_lines", "calibration_document", "calibration_summary", "target_lines"]

#: Below this share of its prior spread a parameter counts as told by the targets; above the other, as not told.
TOLD, UNTOLD = 0.5, 0.85


def calibration_lines(done: Calibration) -> list[str]:
    """Return the verdict: a few sentences a strategist can use."""
    count, met = len(done.targets), sum(done.met)
    if met == count:
        first = f"All {count} targets are met." if count > 1 else "The target is met."
    else:
        first = f"{met} of {count} targets are met within their tolerance."
    lines = [first, *(describe(miss) for miss in done.misses)]
    told = [p.name for p, left in zip(done.parameters, done.shrinkage, strict=True) if left < TOLD]
    untold = [p.name for p, left in zip(done.parameters, done.shrinkage, strict=True) if left > UNTOLD]
    if told:
        lines.append(f"The targets decide {_listed(told)}.")
    if untold:
        lines.append(f"They say hardly anything about {_listed(untold)}: those stay as uncertain as they were.")
    if not told and not untold:
        lines.append("The targets narrow every parameter, but decide none.")
    if done.relaxed:
        lines.append("They can be met only by a market that is unlike the one to start from; look at its parameters.")
    edge = [
        parameter.name
        for parameter, share in zip(done.parameters, done.shares, strict=True)
        # Where it stood at the bound before, staying there is no sign of a bound too narrow.
        if (share < 0.005 or share > 0.995) and abs(share - parameter.share(parameter.own)) > 0.01
    ]
    if edge:
        lines.append(f"The best fit lies at a bound of {_listed(edge)}; wider bounds may fit better.")
    return lines


def target_lines(done: Calibration) -> list[str]:
    """Return the table of targets for a terminal, a line each."""
    rows = [("target", "wanted", "fitted", "chance", "tolerance", ""), *_target_rows(done)]
    width = [max(len(row[column]) for row in rows) for column in range(6)]
    return [
        "  ".join(
            cell.ljust(width[column]) if column in (0, 5) else cell.rjust(width[column])
            for column, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]


def _target_rows(done: Calibration) -> list[tuple[str, ...]]:
    return [
        (
            target.label,
            written(target.metric, target.value),
            written(target.metric, float(figure)),
            f"± {_fine(target.metric, float(error))}",
            f"± {_fine(target.metric, target.tolerance)}",
            "met" if met else "not met",
        )
        for target, figure, error, met in zip(done.targets, done.figures, done.error, done.met, strict=True)
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
                "source": target.source,
            }
            for target, before, figure, error, met in zip(
                done.targets, done.before, done.figures, done.error, done.met, strict=True
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
        "surrogate_error": [_number(error) for error in done.surrogate_error],
        "verdict": "\n".join(calibration_lines(done)),
    }


def calibration_document(done: Calibration, title: str, command: str) -> Document:
    """Return the report of a fit."""
    fit = Section(
        "Targets",
        (
            "Each figure is compared on luck that the fit never saw. A target is met where it comes within its"
            " tolerance: two standard errors unless its file says otherwise.",
        ),
        (
            Picture(
                "fit",
                draw_fit(done),
                "Deviation of every fitted figure from its target, in tolerances.",
                "; ".join(f"{row[0]} {row[2]} of {row[1]}, {row[5]}" for row in _target_rows(done)) + ".",
                "Targets",
            ),
        ),
        (
            Table(
                ("target", "wanted", "fitted", "Monte-Carlo error", "tolerance", "verdict"),
                tuple(_target_rows(done)),
                words=(5,),
            ),
        ),
    )
    left = done.shrinkage
    rows = tuple(
        (
            parameter.name,
            parameter.title or parameter.key,
            compact(parameter.own),
            compact(number),
            f"{compact(interval[0])} to {compact(interval[1])}",
            f"{100 * min(share, 1.0):.0f} %",
            "decided" if share < TOLD else "not told" if share > UNTOLD else "narrowed",
        )
        for parameter, number, interval, share in zip(
            done.parameters, done.numbers, done.intervals(), left, strict=True
        )
    )
    parameters = Section(
        "What the targets say about the parameters",
        (
            "Where little of the spread is left, the targets decide a parameter; where nearly all is left, they do not"
            " speak about it, and its value is that of the market to start from. Shifts are 0 where nothing changes.",
        ),
        (
            Picture(
                "parameters",
                draw_identified(done),
                "Best fit and 90 % interval of every parameter between its bounds, before and after.",
                "; ".join(f"{row[0]} {row[3]} [{row[4]}], {row[6]}" for row in rows) + ".",
                "Parameters",
            ),
            Picture(
                "profiles",
                draw_profiles(done),
                "Misfit over each parameter, all others free.",
                "A narrow valley is a parameter that the targets decide; a flat line one they say nothing about.",
                "Parameters",
            ),
            Picture(
                "correlations",
                draw_correlations(done),
                "Correlation of the parameters among near-best fits.",
                _strongest(done),
                "Parameters",
            ),
        ),
        (
            Table(
                ("parameter", "meaning", "before", "fitted", "90 % of near-best fits", "spread left", ""),
                rows,
                words=(1, 6),
            ),
        ),
    )
    found = Section(
        "How it was found",
        (
            f"{done.simulations:,} simulations of {done.population:,} customers each on common luck, seed {done.seed}:"
            " a scan, Gauss-Newton steps from the best places, then near-best points drawn by a surrogate and"
            " simulated. The best point was checked on luck of its own.",
        ),
        (
            Picture(
                "trail",
                draw_trail(done),
                "Misfit of every simulation in order, and the best so far.",
                f"The misfit falls from {compact(float(done.trail[0]))} to {compact(float(np.min(done.trail)))}.",
                "How it was found",
            ),
        ),
    )
    use = Section(
        "Run with it",
        (
            f"The best fit: {command}",
            f"With what the targets leave open: {command} scenario.ensemble={command.rsplit('=', 1)[-1]}",
            "A fit says that the model can look like this market, not that the market works like the model. How"
            f" strongly the {CAPABILITIES_IN_WORDS} act is no part of it: that stays an assumption of the scenario.",
        ),
    )
    facts = (
        f"{done.scenario.title or done.scenario.name}, {len(done.targets)} targets, {len(done.parameters)} parameters"
    )
    return Document(title, tuple(calibration_lines(done)), (fit, parameters, found, use), facts)


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


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
