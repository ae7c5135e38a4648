"""Frontier report: where an arm loses, as rules, maps and break-even points, and how far all that can be relied on."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from sim.analysis.emulator import Skill
from sim.analysis.prim import Box, BoxQuality
from sim.experiments.border import BreakEven, Slice
from sim.experiments.factors import factor_number
from sim.experiments.frontier import KINDS_OF_RUN, Frontier
from sim.number_format import percent
from sim.reports.document import Document, Section, Table
from sim.reports.figures.frontier import Margin, Rule, Scale, draw_found, draw_map, draw_margins, draw_rules
from sim.reports.labels import listed
from sim.reports.picture import Picture
from sim.reports.sensitivity import levers_summary, outcome_name, ranges_table, writer
from sim.reports.style import slug
from sim.scenario.factor import Factor

__all__ = ["frontier_lines", "frontier_document", "frontier_summary", "rule_words"]

#: Fewer losing runs among those held out say too little about coverage.
FEW = 10
#: Chance of losing at which the scenario itself is said to stand at the border.
SURE = 0.025


def rule_words(box: Box, factors: tuple[Factor, ...]) -> str:
    """Return a rule in words.

    Examples
    --------
    >>> rule_words(Box((0.5,), (1.0,)), ())
    'everywhere'
    """
    parts = []
    for place in box.restricted[: len(factors)] if factors else ():
        low, high = box.low[place], box.high[place]
        name = factors[place].label
        first, last = (_at(factors[place], share) for share in (low, high))
        if low > 0.0 and high < 1.0:
            parts.append(f"{name} between {first} and {last}")
        else:
            parts.append(f"{name} above {first}" if low > 0.0 else f"{name} below {last}")
    return listed(parts) if parts else "everywhere"


def _at(factor: Factor, share: float) -> str:
    number = float(factor.at(share))
    return factor_number(factor, float(f"{number:.2g}") if abs(number) >= 0.1 else round(number, 2))


def frontier_lines(found: Frontier) -> list[str]:
    """Return the verdict in plain words, a line for each thing it says."""
    question, factors = found.response, found.response.factors
    write = writer(question)
    mean, doubt, chance = found.own
    half = float(ndtri(0.975)) * doubt
    arm, baseline = question.arm, question.scenario.baseline
    stands = "loses" if chance > 1.0 - SURE else "pays" if chance < SURE else "stands at the border"
    lines = [
        f"As the scenario stands, {arm} {stands}: its {outcome_name(question)} from {baseline} is {write(mean)} "
        f"(95 %: {write(mean - half)} to {write(mean + half)})."
    ]
    beyond = [factor for factor in factors if not factor.low <= factor.own <= factor.high]
    if beyond:
        lines.append(
            f"The scenario itself lies outside the range of {listed([factor.label for factor in beyond])}: the "
            "nearer end stands for it here."
        )
    tested = int((found.kinds == KINDS_OF_RUN.index("held out")).sum())
    lines.append(
        f"Over the ranges of the {len(factors)} levers it loses in {percent(found.losing)} of the space; of {tested}"
        f" runs at random that nothing was fitted to, {found.held_out_losing} lost. {_amounts(found)}"
    )
    lines.extend(_rules(found))
    lines.append(_break_even_words(found))
    order = [place for place in found.global_sensitivity.ranking() if found.global_sensitivity.matters(place)][:3]
    if order:
        shares = [
            f"{factors[place].label} ({percent(found.global_sensitivity.indices['total'][place].value)})"
            for place in order
        ]
        lines.append(f"What decides most, by share of the variance over the space: {listed(shares)}.")
    lines.append(_skill_words(found, tested))
    if found.failed:
        lines.append(f"{found.failed} points failed or gave no value and were left out.")
    return lines


def _amounts(found: Frontier) -> str:
    """Say how much is lost and gained at the random unseen runs, as the share that loses does not tell it."""
    means = found.values[found.kinds == KINDS_OF_RUN.index("held out")].mean(axis=1)
    lost, kept = means[means < 0.0], means[means >= 0.0]
    write = writer(found.response)
    parts = []
    if lost.size:
        parts.append(
            f"a losing one stands at {write(float(lost.mean()))} on average, {write(float(lost.min()))} at worst"
        )
    if kept.size:
        parts.append(f"one that does not lose at {write(float(kept.mean()))}, {write(float(kept.max()))} at best")
    if means.size < 2:
        return f"By amount, of these runs: {'; '.join(parts)}." if parts else "How much it loses was not tested."
    mean = float(means.mean())
    half = float(stdtrit(means.size - 1, 0.975) * means.std(ddof=1) / np.sqrt(means.size))
    whole = f"{write(mean)} (95 %: {write(mean - half)} to {write(mean + half)})"
    doubt = "" if abs(mean) > half else ", so whether losses exceed gains is not resolved with so few runs"
    return f"By amount, of these runs: {'; '.join(parts)}. The mean of all is {whole}{doubt}."


def _rules(found: Frontier) -> list[str]:
    factors = found.response.factors
    if not found.boxes:
        if found.losing < 0.01:
            return [
                f"No rule is needed: it loses next to nowhere in these ranges ({percent(found.losing)} of the space)."
            ]
        return ["No simple rule tells where it loses: the losing region is scattered or its border too uncertain."]
    if not found.boxes[0].restricted:
        return ["It loses nearly everywhere in these ranges."]
    lines = []
    for number, (box, hit) in enumerate(zip(found.boxes, found.checked, strict=False), start=1):
        lines.append(f"{number}. It loses with {rule_words(box, factors)}. {_judged(hit)}")
    if len(found.boxes) > 1:
        whole = found.checked[-1]
        lines.append(f"Together these {len(found.boxes)} rules: {_judged(whole)[0].lower()}{_judged(whole)[1:]}")
    if found.held_out_losing < FEW:
        lines.append(
            f"Only {found.held_out_losing} of the random unseen runs lost, so how much the rules cover is uncertain; "
            "raise held_out to know better."
        )
    return lines


def _judged(hit: BoxQuality) -> str:
    if not hit.inside:
        return "No unseen run lies there, so it could not be checked."
    density, low, high = hit.density
    words = f"Of {hit.inside} unseen runs there {percent(density)} lost [{percent(low)} to {percent(high)}]"
    share, low, high = hit.coverage
    if isnan(share):
        return f"{words}; no random unseen run lost anywhere."
    return f"{words}; it covers {percent(share)} of all that lost [{percent(low)} to {percent(high)}]."


def _break_even_words(found: Frontier) -> str:
    factors = found.response.factors
    parts = []
    for margin in found.break_even:
        if margin.at is None:
            continue
        factor = factors[margin.place]
        side = "above" if margin.loses_above else "below"
        spread = f"{_at(factor, margin.low or 0.0)} to {_at(factor, 1.0 if margin.high is None else margin.high)}"
        parts.append(f"{factor.label} {side} {_at(factor, margin.at)} (95 %: {spread})")
    if not parts:
        if SURE <= found.own[2] <= 1.0 - SURE:
            return "No break-even point of a single lever was found; on which side the scenario stands is not resolved."
        side = "lose" if found.own[0] < 0.0 else "pay"
        return f"No lever alone takes it over the border: whatever one of them is, it would still {side}."
    return f"All else as in the scenario, it loses with {'; or with '.join(parts)}."


def _skill_words(found: Frontier, tested: int) -> str:
    skill = found.emulator.skill
    # Both are estimates, and the first may come out above the second.
    explained = min(max(skill.explained, 0.0), skill.ceiling)
    words = (
        f"The emulator ({skill.kind}) predicts {percent(explained)} of the variation among runs that it"
        f" had not seen, of {percent(skill.ceiling)} that is not luck, and the side of {found.sides_right} of the"
        f" {tested} random unseen runs"
    )
    if skill.poor:
        return (
            f"{words}. That is poor: do not rely on the rules and maps; give more points (first=, batches=), more "
            "replicates, or fewer levers."
        )
    doubtful = (
        f" ({found.undecided} of these runs could not tell their side from luck themselves)" if found.undecided else ""
    )
    return f"{words}{doubtful}. That is {skill.words}."


def frontier_summary(found: Frontier) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    question, factors = found.response, found.response.factors
    return {
        "scenario": question.scenario.name,
        "arm": question.arm,
        "baseline": question.scenario.baseline,
        "metric": question.metric,
        "per_customer": question.per_customer,
        "seed": question.seed,
        "replicates": found.effort.replicates,
        "points": len(found.shares),
        "failed": found.failed,
        "levers": levers_summary(question),
        "scenario_itself": {"mean": found.own[0], "sd": found.own[1], "chance_of_losing": found.own[2]},
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
                    factors[place].name: [float(factors[place].at(end)) for end in (box.low[place], box.high[place])]
                    for place in box.restricted
                },
                "by_emulator": _hit(claimed),
                "held_out": _hit(checked),
            }
            for box, claimed, checked in zip(found.boxes, found.claimed, found.checked, strict=False)
        ],
        "rules_together": {"by_emulator": _hit(found.claimed[-1]), "held_out": _hit(found.checked[-1])},
        "break_even": {
            factors[item.place].name: _margin_summary(item, factors[item.place]) for item in found.break_even
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


def _margin_summary(item: BreakEven, factor: Factor) -> dict[str, Any] | None:
    if item.at is None:
        return None
    low, high = item.low or 0.0, 1.0 if item.high is None else item.high
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
    scenario, effort = question.scenario, found.effort
    return Document(
        title=f"Where does it lose? {scenario.title or scenario.name}",
        lead=tuple(lines),
        facts=(
            f"{question.arm} against {scenario.baseline} · {len(question.factors)} levers · {len(found.shares)} points"
            f" of {effort.replicates} replicates · {scenario.population:,} customers, {scenario.horizon} weeks ·"
            f" seed {question.seed}"
        ),
        sections=(
            Section("The rules", _rules_explained(), tuple(_rule_pictures(found)), tuple(_rule_tables(found))),
            Section(
                "Break-even maps",
                (
                    "Chance of losing by the emulator: the mean difference over all luck is below zero. Its doubt comes"
                    " from runs that are few and noisy, not from the assumptions of the model.",
                ),
                tuple(_maps(found)),
            ),
            Section("One lever at a time", (), (_margins_picture(found),), (_margins_table(found),)),
            Section(
                "How far to rely on it",
                _reliance(found),
                (_found_picture(found),),
                (_skill_table(found), _runs_table(found)),
            ),
            Section(
                "What the levers are",
                ("Ranges are assumptions, and shares of the space depend on them. Give your own with levers=.",),
                (),
                (ranges_table(question),),
            ),
        ),
    )


def _rules_explained() -> tuple[str, ...]:
    return (
        "Each rule is a box in the space of the levers, found by peeling and pasting (PRIM, Friedman & Fisher 1999) on"
        " what the emulator says, and judged by runs that neither emulator nor rules have seen: density is the share of"
        " runs in the box that lost, coverage the share of all losing runs that lie in it, each with its 95 % interval"
        " (Wilson).",
    )


def _rule_pictures(found: Frontier) -> list[Picture]:
    boxes = [box for box in found.boxes if box.restricted]
    if not boxes:
        return []
    rules = [
        Rule(
            tuple((place, box.low[place], box.high[place]) for place in box.restricted),
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


def _rule_tables(found: Frontier) -> list[Table]:
    if not found.boxes:
        return []
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
    return [Table(head, tuple(rows), "Rules, judged by unseen runs and by the emulator's own account")]


def _maps(found: Frontier) -> list[Picture]:
    scales = _scales(found)
    lost = found.values.mean(axis=1) < 0.0
    pictures = []
    for drawn in found.slices:
        across, up = scales[drawn.one], scales[drawn.other]
        rest = [place for place in range(len(scales)) if place not in (drawn.one, drawn.other)]
        away = ((found.shares[:, rest] - found.response.own[rest]) ** 2).sum(axis=1) / max(len(rest), 1)
        near = np.exp(-away / (2.0 * 0.2**2))
        runs = (found.shares[:, [drawn.one, drawn.other]], lost, near)
        name = f"map_{slug(found.response.factors[drawn.one].name)}_{slug(found.response.factors[drawn.other].name)}"
        pictures.append(
            Picture(
                name,
                draw_map(across, up, (drawn.across, drawn.up), drawn.chance, drawn.mean, drawn.anywhere, runs),
                f"Maps of the chance of losing over {across.name} and {up.name}. {_map_words(drawn)}",
                "Blue: it pays; orange: it loses; dotted: nobody knows yet. Keep the star well inside the blue.",
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
    margins = [Margin(item.place, item.at, item.low, item.high, item.loses_above) for item in found.break_even]
    loses = [found.own[0] < 0.0] * len(margins)
    return Picture(
        "margins",
        draw_margins(_scales(found), margins, loses),
        _break_even_words(found),
        "A lever whose bar is of one colour cannot alone change the verdict within its range.",
        "margins",
    )


def _margins_table(found: Frontier) -> Table:
    rows = []
    for item in found.break_even:
        factor = found.response.factors[item.place]
        if item.at is None:
            rows.append((factor.label, factor_number(factor, factor.own), "nowhere in its range", "–", "–"))
            continue
        spread = f"{_at(factor, item.low or 0.0)} to {_at(factor, 1.0 if item.high is None else item.high)}"
        side = "above" if item.loses_above else "below"
        more = "" if not item.others else f", and {item.others} more crossing{'s' if item.others > 1 else ''}"
        rows.append((factor.label, factor_number(factor, factor.own), _at(factor, item.at), spread, f"{side}{more}"))
    return Table(
        ("Lever", "scenario", "breaks even at", "95 % interval", "loses"), tuple(rows), "All else as in the scenario"
    )


def _reliance(found: Frontier) -> tuple[str, ...]:
    skill = found.emulator.skill
    widened = (
        f" Left-out runs lay {skill.spread:.2g} times as far off as it claimed, so its doubt was widened by that."
        if skill.spread > 1.0
        else " Left-out runs lay no further off than it claimed."
    )
    return (
        f"Two kinds of emulator were fitted and judged on left-out runs ({skill.kind} was kept).{widened}",
        "Arm and baseline share their luck at each point, but points have luck of their own, so that what luck does"
        " averages out between neighbours (Chen, Ankenman & Nelson 2012).",
    )


def _found_picture(found: Frontier) -> Picture:
    means = found.values.mean(axis=1)
    replicates = found.values.shape[1]
    half = stdtrit(replicates - 1, 0.975) * found.values.std(axis=1, ddof=1) / np.sqrt(replicates)
    unseen = found.held_out
    groups: list[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = [
        ("left out once (cross-validation)", found.emulator.left_out, means[~unseen], half[~unseen])
    ]
    if unseen.any():
        groups.append(("held out", found.emulator.predict(found.shares[unseen])[0], means[unseen], half[unseen]))
    return Picture(
        "reliance",
        draw_found(groups, label=_axis_label(found), write=writer(found.response, brief=True)),
        f"Scatter of predicted against found differences. {_skill_words(found, int(unseen.sum()))}",
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
    head = ("Emulator", "variation predicted", "not luck", "right side", "right side by a guess", "errors / claimed")
    return Table(
        head, rows, "Judged on left-out runs, a fifth at a time; those near the border are harder than random ones"
    )


def _runs_table(found: Frontier) -> Table:
    lost = found.values.mean(axis=1) < 0.0
    rows = tuple(
        (name, str(int((found.kinds == kind).sum())), str(int((lost & (found.kinds == kind)).sum())))
        for kind, name in enumerate(KINDS_OF_RUN)
    )
    return Table(
        ("Runs", "points", "lost"), rows, "What was run; first and near the border: to learn from; held out: to judge"
    )


def _scales(found: Frontier) -> list[Scale]:
    return [Scale(factor.label, _share_writer(factor), factor.own_share) for factor in found.response.factors]


def _share_writer(factor: Factor) -> Callable[[float], str]:
    return lambda share: _at(factor, share)


def _percent(share: float) -> str:
    return "–" if isnan(share) else percent(share)


def _share(triple: tuple[float, float, float]) -> str:
    return "–" if isnan(triple[0]) else f"{percent(triple[0])} [{percent(triple[1])} to {percent(triple[2])}]"
