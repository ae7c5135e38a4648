"""Sweep: the verdict on many runs in plain words, and their report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.multiple_tests import beyond_chance
from sim.analysis.summary import difference_name, size_of
from sim.experiments.main_effects import Effect, main_effects
from sim.experiments.sweep import SweepResult, SweepRun
from sim.number_format import NOTHING, compact, counted, in_words, interval, percent, quantity, short_money
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.sweep import draw_effects, draw_runs, short_path
from sim.reports.labels import Words, words_of
from sim.reports.picture import Picture

__all__ = ["facts_of", "summary_of", "sweep_document", "verdict_of"]

_SHOWN_RUNS = 5
_SHOWN_ERRORS = 12
_SHOWN_LEVERS = 3
#: Share of the variation below which a lever is not named.
_WORTH_NAMING = 0.02


def _currency(swept: SweepResult) -> str:
    return next(iter(swept.design.cases.values())).market.economics.currency


def _told(swept: SweepResult) -> dict[str, Any]:
    return size_of(next(iter(swept.design.cases.values())))


def _count(swept: SweepResult, arm: str) -> dict[str, int]:
    mean, low, high = swept.ends(arm).T
    return {
        "runs": int((~np.isnan(mean)).sum()),
        "above": int((mean > 0.0).sum()),
        "below": int((mean < 0.0).sum()),
        "clearly_above": int((low > 0.0).sum()),
        "clearly_below": int((high < 0.0).sum()),
    }


def _ranked(swept: SweepResult, arm: str) -> NDArray[np.int64]:
    """Return the numbers of the runs in which the difference is defined, from the lowest to the highest."""
    means = swept.means(arm)
    order = np.argsort(means, kind="stable")
    return order[~np.isnan(means[order])]


def summary_of(swept: SweepResult) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    arms: dict[str, Any] = {}
    for arm in swept.arms:
        means = swept.means(arm)
        means = means[~np.isnan(means)]
        ranked = _ranked(swept, arm)
        arms[difference_name(arm, swept.baseline)] = {
            swept.metric: {
                **_count(swept, arm),
                "mean": float(means.mean()) if means.size else None,
                "low": float(means.min()) if means.size else None,
                "high": float(means.max()) if means.size else None,
            },
            "worst": _plain_run(swept.run(int(ranked[0]))) if ranked.size else None,
            "best": _plain_run(swept.run(int(ranked[-1]))) if ranked.size else None,
            "effects": [
                {
                    "path": effect.path,
                    "explains": effect.explains,
                    "levels": [
                        {"level": level.name, "at": level.at, "runs": level.runs, "mean": level.mean}
                        | {"ci_low": level.ci_low, "ci_high": level.ci_high}
                        for level in effect.levels
                    ],
                }
                for effect in main_effects(swept, arm)
            ],
        }
    return {
        "metric": swept.metric,
        "baseline": swept.baseline,
        "runs": len(swept),
        "failed": len(swept.errors),
        "differences": arms,
        "verdict": "\n".join(verdict_of(swept)),
    }


def _plain_run(run: SweepRun) -> dict[str, Any]:
    return {"run": run.number, "key": run.key, "case": run.point.case, "values": dict(run.point.values)}


def verdict_of(swept: SweepResult) -> list[str]:
    """Return what the runs say, a sentence or two for each arm."""
    return text_lines(
        "sweep",
        metric=words_of(swept.metric, _told(swept)).name,
        baseline=in_words(swept.baseline),
        arms=[_arm_facts(swept, arm) for arm in swept.arms],
        failed=len(swept.errors),
        runs=len(swept),
    )


def _arm_facts(swept: SweepResult, arm: str) -> dict[str, Any]:
    """Return in how many runs an arm does better, its best and worst run, and what moves the difference."""
    count, ranked = _count(swept, arm), _ranked(swept, arm)
    facts: dict[str, Any] = {"name": in_words(arm), **count, "resolved": not np.isnan(swept.ends(arm)[:, 1:]).all()}
    if not ranked.size:
        return facts
    words, currency = words_of(swept.metric, _told(swept)), _currency(swept)
    worst, best = swept.run(int(ranked[0])), swept.run(int(ranked[-1]))
    found = main_effects(swept, arm)
    # Of many levers that do nothing one seems to.
    real = beyond_chance([each.chance for each in found])
    effects = [
        each for each, beyond in zip(found, real, strict=True) if beyond and (each.explains or 0.0) >= _WORTH_NAMING
    ]
    ends = swept.ends(arm)
    return facts | {
        "lowest": _mean(swept, worst, arm, words, currency),
        "highest": _mean(swept, best, arm, words, currency),
        "worst": _said(worst),
        "best": _said(best),
        "same": bool((np.nan_to_num(ends) == 0.0).all()),
        "apart": bool(ends[worst.number, 2] < ends[best.number, 1]),
        "levers": len(found),
        "run_once": all(effect.explains is None for effect in found),
        "moved_by": [f"{short_path(e.path)} ({percent(e.explains or 0.0)})" for e in effects[:_SHOWN_LEVERS]],
        # Levers that vary together in the runs each get the credit for what they do.
        "confounded": sum(effect.explains or 0.0 for effect in effects) > 1.01,
    }


def _mean(swept: SweepResult, run: SweepRun, arm: str, words: Words, currency: str) -> str:
    return quantity(float(swept.means(arm)[run.number]), words.kind, currency, sign=True)


def _said(run: SweepRun) -> str:
    """Say what a run sets, by the last names of its paths."""
    values = [f"{short_path(path)} {_short(found)}" for path, found in run.point.values.items()]
    shown = values[:4] + (["…"] if len(values) > 4 else [])
    return ", ".join(shown) or run.point.case


def _short(found: Any) -> str:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return str(found)
    return compact(float(found))


def sweep_document(swept: SweepResult, *, title: str, facts: str) -> Document:
    """Return the report: for each arm what moves the difference, how it spreads, the best and the worst runs.

    Parameters
    ----------
    swept : SweepResult
    title : str
        Heading of the page.
    facts : str
        One line of what was run.

    Returns
    -------
    Document
    """
    words, currency = words_of(swept.metric, _told(swept)), _currency(swept)

    def write(number: float) -> str:
        if words.kind == "money":
            return short_money(number, currency, sign=True)
        return quantity(number, words.kind, currency, sign=True)

    compared, pictures = [], []
    for arm in swept.arms:
        ranked = _ranked(swept, arm)
        if not ranked.size:
            continue
        effects = main_effects(swept, arm)
        label = f"{words.name.lower()}, {in_words(arm)} less {in_words(swept.baseline)}"
        if effects:
            pictures.append(_effects_picture(effects, arm, label, write))
        if len(ranked) > 2:
            pictures.append(_runs_picture(swept, arm, label, write))
        table = _runs_table(swept, ranked, arm, words, currency)
        compared.append({"name": in_words(arm), "has_effects": bool(effects), "table": table})
    return Document(
        title,
        tuple(verdict_of(swept)),
        facts=facts,
        template="sweep",
        pictures=tuple(pictures),
        slots={
            "baseline": in_words(swept.baseline),
            "compared": compared,
            "failures": _failures(swept) if swept.errors else None,
        },
    )


def _effects_picture(effects: list[Effect], arm: str, label: str, write: Any) -> Picture:
    figure = draw_effects(effects, title="What each lever does to the difference", label=label, write=write)
    ends = [
        f"{effect.path} from {write(effect.levels[0].mean)} to {write(effect.levels[-1].mean)}" for effect in effects
    ]
    return Picture(
        f"effects_{arm}",
        figure,
        f"Mean difference over each lever: {'; '.join(ends[:6])}.",
        "Above the line the arm does better than the baseline. Circles: gain; triangles: loss.",
        arm,
    )


def _runs_picture(swept: SweepResult, arm: str, label: str, write: Any) -> Picture:
    columns = swept.ends(arm)
    figure = draw_runs(
        columns[:, 0], columns[:, 1], columns[:, 2], title="Every run, lowest to highest", label=label, write=write
    )
    count = _count(swept, arm)
    return Picture(
        f"runs_{arm}",
        figure,
        f"{count['above']} of {count['runs']} runs are above zero, {count['clearly_below']} clearly below.",
        "Grey: 95 % interval of each run over its replicates; none where there is one replicate.",
        arm,
    )


def _runs_table(swept: SweepResult, ranked: NDArray[np.int64], arm: str, words: Words, currency: str) -> Table:
    paths = list(swept.design.paths)
    cases = len(swept.design.cases) > 1
    head = ("run", *(["case"] if cases else []), *map(short_path, paths), "difference", "95 % interval", "key")
    half = min(_SHOWN_RUNS, (len(ranked) + 1) // 2)
    shown = [*ranked[-half:][::-1], *ranked[: min(half, len(ranked) - half)][::-1]]
    rows, ends = [], swept.ends(arm)
    for run in (swept.run(int(number)) for number in shown):
        mean, low, high = (None if math.isnan(end) else float(end) for end in ends[run.number])
        rows.append(
            (
                str(run.number),
                *([run.point.case] if cases else []),
                *(_short(run.point.values[path]) if path in run.point.values else NOTHING for path in paths),
                quantity(mean, words.kind, currency, sign=True),
                interval(low, high, words.kind, currency),
                run.key[:12],
            )
        )
    return Table(head, tuple(rows), "The best and the worst runs; journey results rerun KEY runs one again.")


def _failures(swept: SweepResult) -> Table:
    shown = [swept.run(number) for number in list(swept.errors)[:_SHOWN_ERRORS]]
    rows = tuple((str(run.number), _said(run), run.error) for run in shown)
    more = len(swept.errors) - len(rows)
    caption = f"{more:,} more are in table.parquet." if more > 0 else ""
    return Table(("run", "values", "error"), rows, caption, words=(1, 2))


def facts_of(swept: SweepResult, settings: Mapping[str, Any]) -> str:
    """Return one line of what was run."""
    parts = [
        counted(len(swept), "run"),
        f"{counted(settings['replicates'], 'replicate')} each",
        f"seed {settings['seed']}",
        f"metric {swept.metric}",
    ]
    if swept.design.levers:
        levers = counted(len(swept.design.levers), "lever")
        parts.append(f"{swept.design.method.replace('_', ' ')} design over {levers}")
    return " · ".join(parts)
