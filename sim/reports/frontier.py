"""Frontier report: where an arm loses, as rules, maps and break-even points, and how far all that can be relied on."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from sim.analysis.emulator import Skill
from sim.analysis.prim import Box, BoxQuality
from sim.analysis.shape import SHARE
from sim.analysis.wilson import wilson
from sim.experiments.boundary import LeverBreakEven, Slice
from sim.experiments.factors import factor_number
from sim.experiments.frontier import KINDS_OF_RUN, Frontier
from sim.number_format import in_words, listed, percent
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.frontier import Margin, Rule, Scale, draw_found, draw_map, draw_margins, draw_rules
from sim.reports.names import slug
from sim.reports.picture import Picture
from sim.reports.scope import scope_of
from sim.reports.sensitivity import outcome_name, question_summary, ranges_table, writer
from sim.scenario.factor import Factor

__all__ = ["frontier_facts", "frontier_lines", "frontier_document", "frontier_summary", "rule_words"]

#: Fewer losing runs among those held out say too little about coverage.
FEW = 10
#: Share of the space below which it is said to lose next to nowhere.
NOWHERE = 0.01
#: Share of the runs inside a rule of which surely more must lose.
HALF = 0.5


def rule_words(box: Box, factors: tuple[Factor, ...]) -> str:
    """Return a rule in words.

    Examples
    --------
    >>> rule_words(Box((0.5,), (1.0,)), ())
    'everywhere'
    """
    parts = []
    for lever in box.restricted[: len(factors)] if factors else ():
        low, high = box.low[lever], box.high[lever]
        name = factors[lever].label
        first, last = (_at(factors[lever], share) for share in (low, high))
        if low > 0.0 and high < 1.0:
            parts.append(f"{name} between {first} and {last}")
        else:
            parts.append(f"{name} above {first}" if low > 0.0 else f"{name} below {last}")
    return listed(parts) if parts else "everywhere"


def _at(factor: Factor, share: float) -> str:
    number = float(factor.at(share))
    return factor_number(factor, float(f"{number:.2g}") if abs(number) >= 0.1 else round(number, 2))


def frontier_facts(found: Frontier) -> dict[str, Any]:
    """Return what the words of the report are made of: names, numbers and what their intervals support."""
    question, factors, skill = found.response, found.response.factors, found.emulator.skill
    own, write = found.own, writer(found.response)
    amounts = _amounts(found)
    tested = amounts["tested"]
    return {
        "arm": in_words(question.arm),
        "baseline": in_words(question.scenario.baseline),
        "outcome": outcome_name(question),
        "levers": len(factors),
        "stands": own.side,
        "own": {"mean": write(own.mean), "low": write(own.low), "high": write(own.high)},
        "doubted": own.doubt > 0.0,
        "beyond": [factor.label for factor in factors if not factor.low <= factor.own <= factor.high],
        "losing": found.losing,
        "held_out_losing": found.held_out_losing,
        "undecided": found.undecided,
        "sides_right": found.sides_right,
        "failed": found.failed,
        "held_out_between": wilson(found.held_out_losing / tested, tested) if tested else None,
        "apart": _apart(found, tested),
        **amounts,
        **_rules(found),
        **_margins(found),
        **_strong(found),
        "kind": skill.kind,
        # Both are estimates, and the first may come out above the second.
        "explained": min(max(skill.explained, 0.0), skill.ceiling),
        "ceiling": skill.ceiling,
        "poor": skill.poor,
        "judgement": skill.words,
    }


def _apart(found: Frontier, tested: int) -> dict[str, Any] | None:
    """Return what the emulator expects of just the runs held out, where their share is not that of the space."""
    if not tested:
        return None
    share = found.held_out_losing / tested
    low, high = wilson(share, tested)
    if low <= found.losing <= high:
        return None
    anywhere = found.shares[found.kinds == KINDS_OF_RUN.index("held out")]
    expected = float(found.emulator.chance_below(anywhere).sum())
    # By chance so many points may lie elsewhere than the space does on average: then the emulator tells them apart.
    told = abs(expected / tested - share) < abs(found.losing - share) / 2
    return {"expected": round(expected), "where": (("less", "more")[share > found.losing] if told else None)}


def frontier_lines(found: Frontier) -> list[str]:
    """Return the verdict in plain words, a line for each thing it says."""
    return text_lines("frontier", **frontier_facts(found))


def _with_interval(mean: float, half: float, write: Callable[[float], str]) -> dict[str, Any]:
    """Write a mean and its 95 % interval.

    Parameters
    ----------
    mean, half : float
        The mean and half the width of its interval.
    write : callable
        From a number to its text.

    Returns
    -------
    dict
        The three as text, and whether the interval stays clear of 0.
    """
    return {
        "mean": write(mean),
        "low": write(mean - half),
        "high": write(mean + half),
        "resolved": abs(mean) > half,
    }


def _amounts(found: Frontier) -> dict[str, Any]:
    """Return how much is lost and gained at the random unseen runs, which the share that loses does not tell."""
    means = found.controlled[found.kinds == KINDS_OF_RUN.index("held out")].mean(axis=1)
    plain = writer(found.response, sign=False)
    sizes = {"lost": -means[means < 0.0], "kept": means[means >= 0.0]}
    facts: dict[str, Any] = {
        name: {"mean": plain(float(size.mean())), "most": plain(float(size.max()))} if size.size else None
        for name, size in sizes.items()
    }
    half = stdtrit(means.size - 1, 0.975) * means.std(ddof=1) / np.sqrt(means.size) if means.size > 1 else None
    whole = None if half is None else _with_interval(float(means.mean()), float(half), writer(found.response))
    return {**facts, "by_amount": _lost_share(means), "all": whole, "tested": len(means)}


def _lost_share(means: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Return the share of all that is won or lost that is lost, with its 95 % interval (a ratio, delta method)."""
    total = float(np.abs(means).mean()) if means.size else 0.0
    if means.size < 2 or total == 0.0:
        return None
    lost = np.maximum(-means, 0.0)
    share = float(lost.mean()) / total
    error = float((lost - share * np.abs(means)).std(ddof=1)) / np.sqrt(means.size) / total
    half = float(stdtrit(means.size - 1, 0.975)) * error
    return share, *SHARE.ends(share, half, half)


def _rules(found: Frontier) -> dict[str, Any]:
    """Return the rules, what unseen runs say of each, and of all together."""
    if not found.boxes:
        region = "nowhere" if found.losing < NOWHERE else "scattered"
    else:
        region = "ruled" if found.boxes[0].restricted else "everywhere"
    rules = [
        {"words": rule_words(box, found.response.factors), **_judged(hit)}
        for box, hit in zip(found.boxes, found.checked, strict=False)
    ]
    together = _judged(found.checked[-1]) if found.checked else None
    return {"region": region, "rules": rules, "together": together, "few": found.held_out_losing < FEW}


def _judged(hit: BoxQuality) -> dict[str, Any]:
    """Return what unseen runs say of a rule; that it loses there is resolved where surely more than half of them do."""
    coverage = None if isnan(hit.coverage[0]) else hit.coverage
    return {
        "inside": hit.inside,
        "density": hit.density,
        "coverage": coverage,
        "resolved": hit.inside > 0 and hit.density[1] > HALF,
    }


def _margins(found: Frontier) -> dict[str, Any]:
    """Return the break-even points, and the levers whose interval of it covers their whole range."""
    margins, unresolved = [], []
    for item in found.break_even:
        factor = found.response.factors[item.lever]
        if item.at is None:
            continue
        low, high = _ends(item)
        if low <= 0.0 and high >= 1.0:
            unresolved.append(factor.label)
            continue
        margins.append(
            {
                "label": factor.label,
                "side": "above" if item.loses_above else "below",
                "at": _at(factor, item.at),
                "low": _at(factor, low),
                "high": _at(factor, high),
            }
        )
    return {"margins": margins, "open": unresolved}


def _ends(item: LeverBreakEven) -> tuple[float, float]:
    return item.low or 0.0, 1.0 if item.high is None else item.high


def _strong(found: Frontier) -> dict[str, Any]:
    """Return the levers that decide most, and whether the interval of the first lies above that of the second."""
    influence, factors = found.global_sensitivity, found.response.factors
    totals = influence.indices["total"]
    order = [lever for lever in influence.ranking() if influence.matters(lever)][:3]
    return {
        "strong": [{"label": factors[lever].label, "share": totals[lever].value} for lever in order],
        "ranked": len(order) > 1 and totals[order[0]].low > totals[order[1]].high,
    }


def frontier_summary(found: Frontier) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    question, factors = found.response, found.response.factors
    return {
        **question_summary(question),
        "replicates": found.effort.replicates,
        "points": len(found.shares),
        "failed": found.failed,
        "scenario_itself": {
            "mean": found.own.mean,
            "ci_low": found.own.low,
            "ci_high": found.own.high,
            "chance_of_losing": found.own.losing,
            "doubt": found.own.doubt,
        },
        "losing_share": found.losing,
        "held_out": {
            "points": int((found.kinds == KINDS_OF_RUN.index("held out")).sum()),
            "losing": found.held_out_losing,
            "sides_right": found.sides_right,
            "undecided": found.undecided,
        },
        "rules": [
            {
                "words": rule_words(box, factors),
                "levers": {
                    factors[lever].name: [float(factors[lever].at(end)) for end in (box.low[lever], box.high[lever])]
                    for lever in box.restricted
                },
                "by_emulator": _hit(claimed),
                "held_out": _hit(checked),
            }
            for box, claimed, checked in zip(found.boxes, found.claimed, found.checked, strict=False)
        ],
        "rules_together": {"by_emulator": _hit(found.claimed[-1]), "held_out": _hit(found.checked[-1])},
        "break_even": {
            factors[item.lever].name: _margin_summary(item, factors[item.lever]) for item in found.break_even
        },
        "total_effects": {
            name: index.value
            for name, index in zip(
                found.global_sensitivity.names, found.global_sensitivity.indices["total"], strict=True
            )
        },
        "emulator": {
            "kept": found.emulator.skill.kind,
            "judgement": found.emulator.skill.words,
            "tried": [_skill_summary(skill) for skill in found.emulator.tried],
        },
    }


def _skill_summary(skill: Skill) -> dict[str, Any]:
    return {
        "kind": skill.kind,
        "explained": skill.explained,
        "ceiling": skill.ceiling,
        "sides_right": skill.sides,
        "sides_right_by_guess": skill.guess,
        "spread_of_errors": skill.spread,
    }


def _margin_summary(item: LeverBreakEven, factor: Factor) -> dict[str, Any] | None:
    if item.at is None:
        return None
    low, high = _ends(item)
    return {
        "at": float(factor.at(item.at)),
        "ci_low": float(factor.at(low)),
        "ci_high": float(factor.at(high)),
        "loses": "above" if item.loses_above else "below",
        "further_crossings": item.others,
    }


def _hit(hit: BoxQuality) -> dict[str, Any]:
    def share(triple: tuple[float, float, float]) -> dict[str, float | None]:
        return dict(
            zip(("share", "ci_low", "ci_high"), (None if isnan(item) else item for item in triple), strict=True)
        )

    return {
        "inside": hit.inside,
        "inside_losing": hit.right,
        "losing": hit.cases,
        "losing_inside": hit.caught,
        "coverage": share(hit.coverage),
        "density": share(hit.density),
    }


def frontier_document(found: Frontier, lines: list[str]) -> Document:
    """Return the report."""
    question = found.response
    scenario = question.scenario
    return Document(
        title=f"Where does it lose? {scenario.title or scenario.name}",
        lead=tuple(lines),
        template="frontier",
        pictures=(*_rule_pictures(found), *_maps(found), _margins_picture(found), _found_picture(found)),
        slots={
            **frontier_facts(found),
            "points": len(found.shares),
            "replicates": found.effort.replicates,
            "scope": scope_of(scenario),
            "seed": question.seed,
            "tried": [skill.kind for skill in found.emulator.tried],
            "widening": found.emulator.skill.spread,
            "rules_table": _rules_table(found),
            "margins_table": _margins_table(found),
            "skill_table": _skill_table(found),
            "runs_table": _runs_table(found),
            "ranges_table": ranges_table(question),
        },
    )


def _rule_pictures(found: Frontier) -> list[Picture]:
    boxes = [box for box in found.boxes if box.restricted]
    if not boxes:
        return []
    rules = [
        Rule(
            tuple((lever, box.low[lever], box.high[lever]) for lever in box.restricted),
            f"density {_percent(hit.density[0])}, coverage {_percent(hit.coverage[0])}",
        )
        for box, hit in zip(boxes, found.checked, strict=False)
    ]
    words = " ".join(
        f"{number}. {rule_words(box, found.response.factors)}." for number, box in enumerate(boxes, start=1)
    )
    return [
        Picture(
            "rules",
            draw_rules(_scales(found), rules),
            f"Rules about where it loses: {words}",
            "A rule holds where all of its levers lie in the orange part. Density and coverage are of unseen runs.",
            "rules",
        )
    ]


def _rules_table(found: Frontier) -> Table | None:
    if not found.boxes:
        return None
    names = [rule_words(box, found.response.factors) for box in found.boxes]
    rows = [
        (
            name,
            str(checked.inside),
            _share(checked.density),
            _share(checked.coverage),
            _percent(claimed.density[0]),
            _percent(claimed.coverage[0]),
        )
        for name, checked, claimed in zip([*names, "all together"], found.checked, found.claimed, strict=True)
    ]
    head = ("It loses with", "unseen runs there", "density", "coverage", "density, emulator", "coverage, emulator")
    return Table(head, tuple(rows), "Rules, judged by unseen runs and by the emulator's own predictions")


def _maps(found: Frontier) -> list[Picture]:
    scales = _scales(found)
    lost = found.controlled.mean(axis=1) < 0.0
    pictures = []
    for drawn in found.slices:
        across, up = scales[drawn.one], scales[drawn.other]
        rest = [lever for lever in range(len(scales)) if lever not in (drawn.one, drawn.other)]
        away = ((found.shares[:, rest] - found.response.own[rest]) ** 2).sum(axis=1) / max(len(rest), 1)
        near = np.exp(-away / (2.0 * 0.2**2))
        runs = (found.shares[:, [drawn.one, drawn.other]], lost, near)
        name = f"map_{slug(found.response.factors[drawn.one].name)}_{slug(found.response.factors[drawn.other].name)}"
        pictures.append(
            Picture(
                name,
                draw_map(across, up, (drawn.across, drawn.up), drawn.chance, drawn.mean, drawn.anywhere, runs),
                f"Maps of the chance of losing over {across.name} and {up.name}. {_map_words(drawn)}",
                "Blue: it pays; orange: it loses; dotted: not resolved. Keep the star well inside the blue.",
                "maps",
            )
        )
    return pictures


def _map_words(drawn: Slice) -> str:
    losing = float((drawn.mean < 0.0).mean())
    unsure = float(((drawn.chance > 0.025) & (drawn.chance < 0.975)).mean())
    anywhere = float((drawn.anywhere > 0.5).mean())
    return (
        f"With the other levers as in the scenario it loses in {percent(losing)} of the map, and in {percent(unsure)}"
        f" the side is uncertain; with them anywhere it is likelier to lose than not in {percent(anywhere)}."
    )


def _margins_picture(found: Frontier) -> Picture:
    margins = [Margin(item.lever, item.at, item.low, item.high, item.loses_above) for item in found.break_even]
    loses = [found.own.mean < 0.0] * len(margins)
    return Picture(
        "margins",
        draw_margins(_scales(found), margins, loses),
        "Bars of the levers, each with where the arm breaks even and on which side it loses.",
        "By the emulator, a lever whose bar is of one colour does not alone change the verdict within its range.",
        "margins",
    )


def _margins_table(found: Frontier) -> Table:
    rows = []
    for item in found.break_even:
        factor = found.response.factors[item.lever]
        if item.at is None:
            rows.append((factor.label, factor_number(factor, factor.own), "nowhere in its range", "–", "–"))
            continue
        spread = " to ".join(_at(factor, end) for end in _ends(item))
        side = "above" if item.loses_above else "below"
        more = "" if not item.others else f", and {item.others} more crossing{'s' if item.others > 1 else ''}"
        rows.append((factor.label, factor_number(factor, factor.own), _at(factor, item.at), spread, f"{side}{more}"))
    return Table(
        ("Lever", "scenario", "breaks even at", "95 % interval", "loses"), tuple(rows), "All else as in the scenario"
    )


def _found_picture(found: Frontier) -> Picture:
    means = found.controlled.mean(axis=1)
    replicates = found.controlled.shape[1]
    half = stdtrit(replicates - 1, 0.975) * found.controlled.std(axis=1, ddof=1) / np.sqrt(replicates)
    unseen = found.held_out
    groups: list[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = [
        ("left out once (cross-validation)", found.emulator.left_out, means[~unseen], half[~unseen])
    ]
    if unseen.any():
        groups.append(("held out", found.emulator.predict(found.shares[unseen])[0], means[unseen], half[unseen]))
    return Picture(
        "reliance",
        draw_found(groups, label=_axis_label(found), write=writer(found.response, brief=True)),
        "Scatter of predicted against found differences, of left-out and of held-out runs.",
        "The closer to the line, the better. A run in the upper left or lower right was put on the wrong side.",
        "reliance",
    )


def _axis_label(found: Frontier) -> str:
    return f"difference{' per customer' if found.response.per_customer else ''}"


def _skill_table(found: Frontier) -> Table:
    rows = tuple(
        (
            f"{skill.kind}{' (kept)' if skill.kind == found.emulator.skill.kind else ''}",
            percent(skill.explained),
            percent(skill.ceiling),
            percent(skill.sides),
            percent(skill.guess),
            f"{skill.spread:.2f}",
        )
        for skill in found.emulator.tried
    )
    head = ("Emulator", "variation predicted", "not random", "right side", "right side by a guess", "errors / claimed")
    return Table(
        head, rows, "Judged on left-out runs, a fifth at a time; those near the boundary are harder than random ones"
    )


def _runs_table(found: Frontier) -> Table:
    lost = found.controlled.mean(axis=1) < 0.0
    rows = tuple(
        (name, str(int((found.kinds == kind).sum())), str(int((lost & (found.kinds == kind)).sum())))
        for kind, name in enumerate(KINDS_OF_RUN)
    )
    return Table(
        ("Runs", "points", "lost"), rows, "What was run; first and near the boundary: to learn from; held out: to judge"
    )


def _scales(found: Frontier) -> list[Scale]:
    return [Scale(factor.label, _share_writer(factor), factor.own_share) for factor in found.response.factors]


def _share_writer(factor: Factor) -> Callable[[float], str]:
    return lambda share: _at(factor, share)


def _percent(share: float) -> str:
    return "–" if isnan(share) else percent(share)


def _share(triple: tuple[float, float, float]) -> str:
    return "–" if isnan(triple[0]) else f"{percent(triple[0])} [{percent(triple[1])} to {percent(triple[2])}]"
