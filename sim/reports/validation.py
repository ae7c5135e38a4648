"""Validation: what the patterns found, in words, as a table for the terminal, and on a page."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from sim.reports.document import Document, Section, Table
from sim.reports.figures.patterns import draw_checks, draw_panel
from sim.reports.picture import Picture
from sim.reports.style import short, slug

if TYPE_CHECKING:
    from sim.validation.check import Check
    from sim.validation.pattern import Finding, Pattern
    from sim.validation.validate import Validation

__all__ = ["figure", "table_lines", "validation_document", "verdict_lines"]

#: Checks of a pattern that are printed where all patterns run; the report has every one.
_MOST = 4
_WIDEST = 58
_DIGITS = 4


def verdict_lines(validation: Validation) -> list[str]:
    """Return the verdict: how much is reproduced, what is not, and what chance has to do with it."""
    checks = [check for _, check in validation.checks]
    good = sum(finding.passed for finding in validation.findings)
    passed = sum(check.passed for check in checks)
    lines = [
        f"{good} of {len(validation.patterns)} patterns are reproduced; {passed} of {len(checks)} figures lie within"
        " their tolerance."
    ]
    for pattern, finding in zip(validation.patterns, validation.findings, strict=True):
        if finding.passed:
            continue
        wrong = [check for check in finding.checks if not check.met]
        dark = [check for check in finding.checks if check.met and not check.decidable]
        words = []
        if wrong:
            worst = wrong[0]
            sign = {"above": "more than ", "below": "less than "}.get(worst.kind, "")
            words.append(
                f"{len(wrong)} of {len(finding.checks)} figures miss, such as {worst.what}: {figure(worst.simulated)}"
                f" against {sign}{figure(worst.published)} (tolerance {figure(worst.tolerance)})"
            )
        if dark:
            words.append(f"{len(dark)} cannot be decided with so small a sample; give a larger size")
        if not finding.checks:
            words.append("there is nothing to compare")
        lines.append(f"{pattern.id} FAILS ({pattern.title}): {'; '.join(words)}.")
    lines.append(
        "A model that were exactly right would fail at least one of these checks with a chance of"
        f" {_chance(validation.alarm)}, by the luck of the seed alone."
    )
    return lines


def table_lines(validation: Validation) -> list[str]:
    """Return the table as text: every check where one pattern runs, the tightest ones of each where several do."""
    several = len(validation.patterns) > 1
    head = f"{'figure':<{_WIDEST}}  {'published':>10}  {'simulated':>10}  {'MC error':>9}  {'tolerance':>9}  verdict"
    lines = [head, "-" * len(head)]
    for pattern, finding in zip(validation.patterns, validation.findings, strict=True):
        passed = sum(check.passed for check in finding.checks)
        word = "passes" if finding.passed else "FAILS"
        lines.append(f"{pattern.id} {pattern.title}: {word}, {passed} of {len(finding.checks)}")
        lines.append(f"   ({pattern.reference})")
        shown = _tightest(finding.checks) if several else finding.checks
        for check in shown:
            numbers = f"{_target(check):>10}  {figure(check.simulated):>10}"
            room = f"{figure(check.error):>9}  {figure(check.tolerance):>9}"
            lines.append(f"  {short(check.what, _WIDEST - 2):<{_WIDEST - 2}}  {numbers}  {room}  {_loud(check)}")
        if len(shown) < len(finding.checks):
            lines.append(f"  … and {len(finding.checks) - len(shown)} more, all in the report")
    return lines


def validation_document(validation: Validation) -> Document:
    """Return the report: the verdict, one table of all checks, and a part with figures for each pattern."""
    overview = Table(
        head=("pattern", "what", "reference", "checks", "passed", "verdict"),
        rows=tuple(
            (
                pattern.id,
                pattern.title,
                pattern.reference,
                str(len(finding.checks)),
                str(sum(check.passed for check in finding.checks)),
                "passes" if finding.passed else "FAILS",
            )
            for pattern, finding in zip(validation.patterns, validation.findings, strict=True)
        ),
        words=(1, 2, 5),
    )
    sections = [
        Section(
            heading="All patterns",
            paragraphs=(
                "Every figure was simulated with the engine that runs comparisons, from a configuration of its own. A"
                " figure passes where it lies within its tolerance of the published one. It is undecidable, and counts"
                " as failed, where a deviation that matters could have gone unnoticed.",
                "In the tables MC error is the Monte-Carlo standard error of the simulated figure, and detects the"
                " smallest deviation from the published one that would be found with a chance of 95 %.",
            ),
            tables=(overview,),
        )
    ]
    sections += [
        _section(pattern, finding) for pattern, finding in zip(validation.patterns, validation.findings, strict=True)
    ]
    facts = f"seed {validation.run.seed} · size {validation.run.size:g} · {validation.customer_weeks:,} customer-weeks"
    return Document("Does the model reproduce what is known?", tuple(verdict_lines(validation)), tuple(sections), facts)


def figure(value: float) -> str:
    """Write a number in four significant digits, with a real minus; a missing one as a dash.

    Examples
    --------
    >>> figure(0.20014), figure(-1234567.0), figure(float("inf"))
    ('0.2001', '−1,235,000', '–')
    """
    if not isfinite(value):
        return "–"
    size = abs(value)
    if size >= 1e4:
        digits = _DIGITS - len(str(int(size)))
        words = f"{round(size, digits):,.0f}"
    elif size >= 1e-4 or size == 0.0:
        words = f"{size:.{_DIGITS}g}"
    else:
        words = f"{size:.1e}"
    return f"−{words}" if value < 0.0 and words.strip("0.") else words


def _section(pattern: Pattern, finding: Finding) -> Section:
    # Said once, under a letter: most figures of a pattern share rule and source.
    rules: dict[tuple[str, str], str] = {}
    for check in finding.checks:
        rules.setdefault((check.rule, check.source), _letter(len(rules)))
    rows = tuple(
        (
            check.what,
            _target(check),
            figure(check.simulated),
            figure(check.error),
            figure(check.tolerance),
            figure(check.smallest),
            _loud(check),
            rules[check.rule, check.source],
        )
        for check in finding.checks
    )
    table = Table(
        head=("figure", "published", "simulated", "MC error", "tolerance", "detects", "verdict", "rule"),
        rows=rows,
        words=(6, 7),
    )
    pictures = [
        Picture(
            f"{pattern.noun}_{number}_{slug(panel.heading).lower()}",
            draw_panel(panel),
            f"{panel.heading}: {panel.y} by {panel.x}. {panel.reading}",
            panel.reading,
            pattern.id,
        )
        for number, panel in enumerate(finding.charts, 1)
    ]
    pictures.append(
        Picture(
            f"{pattern.noun}_checks",
            draw_checks(finding.checks, f"{pattern.id}: every figure against its tolerance"),
            f"{pattern.id}: distance of every simulated figure from the published one, in tolerances.",
            "Inside the grey band a figure passes; the whisker is two Monte-Carlo standard errors, a cross a failure.",
            pattern.id,
        )
    )
    verdict = "passes" if finding.passed else "FAILS"
    commands = ", ".join(f"journey compare scenario={name}" for name in pattern.scenarios[:3])
    more = " and more" if len(pattern.scenarios) > 3 else ""
    return Section(
        heading=f"{pattern.id} · {pattern.title}: {verdict}",
        paragraphs=(
            f"Reference: {pattern.reference}. Run it alone: journey validate pattern={pattern.id}; its scenarios:"
            f" {commands}{more}.",
            *finding.notes,
        ),
        pictures=tuple(pictures),
        tables=(
            table,
            Table(
                head=("rule", "passes where the simulated figure lies", "source of the published figure"),
                rows=tuple((letter, rule, source) for (rule, source), letter in rules.items()),
                words=(1, 2),
            ),
        ),
    )


def _chance(share: float) -> str:
    return f"{100.0 * share:.2g} %" if share >= 1e-4 else "less than 0.01 %"


def _letter(number: int) -> str:
    """Return a, b, ... z, aa, ab ... for 0, 1, ..."""
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)


def _tightest(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Every failing check, then those nearest to their tolerance, in the pattern's own order."""

    def strain(check: Check) -> float:
        if not check.passed:
            return float("inf")
        gap = abs(check.simulated - check.published)
        if check.kind != "near":
            return check.tolerance / gap if gap else 0.0
        return gap / check.tolerance if check.tolerance else 0.0

    failing = sum(not check.passed for check in checks)
    order = sorted(range(len(checks)), key=lambda at: -strain(checks[at]))[: max(_MOST, failing)]
    return tuple(checks[at] for at in sorted(order))


def _target(check: Check) -> str:
    return {"above": "> ", "below": "< "}.get(check.kind, "") + figure(check.published)


def _loud(check: Check) -> str:
    return check.verdict if check.passed else check.verdict.upper()
