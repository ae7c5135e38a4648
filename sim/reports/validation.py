"""Validation: what the patterns found, in words, as a table for the terminal, and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.number_format import significant
from sim.reports.document import Document, Table, text_lines
from sim.reports.figures.patterns import draw_checks, draw_panel
from sim.reports.names import short, slug
from sim.reports.picture import Picture

if TYPE_CHECKING:
    from sim.validation.check import Check
    from sim.validation.pattern import Finding, Pattern
    from sim.validation.validate import Validation

__all__ = ["figure", "table_lines", "validation_document", "verdict_lines"]

#: Checks of a pattern that are printed where all patterns run; the report has every one.
_MOST = 4
_WIDEST = 58
_DIGITS = 4
#: Below this size two digits say all.
_TINY, _FEW_DIGITS = 1e-4, 2


def verdict_lines(validation: Validation) -> list[str]:
    """Return the verdict: how much is reproduced, what is not, and how often a correct model would fail."""
    findings = list(zip(validation.patterns, validation.findings, strict=True))
    checks = [check for finding in validation.findings for check in finding.judged]
    if not checks and all(finding.checks for finding in validation.findings):
        # Shown beside the model, and held to nothing.
        return [note for finding in validation.findings for note in finding.notes]
    return text_lines(
        "validation",
        reproduced=sum(finding.passed for _, finding in findings),
        patterns=len(findings),
        passed=sum(check.passed for check in checks),
        checks=len(checks),
        failing=[_failure(pattern, finding) for pattern, finding in findings if not finding.passed],
        false_alarm=_chance(validation.alarm),
    )


def _failure(pattern: Pattern, finding: Finding) -> dict[str, Any]:
    """Say how many figures miss, which one for instance, and how many cannot be decided."""
    missed = [check for check in finding.checks if not check.met]
    worst = ""
    if missed:
        sign = {"above": "more than ", "below": "less than "}.get(missed[0].kind, "")
        wanted = f"{sign}{figure(missed[0].published)} (tolerance {figure(missed[0].tolerance)})"
        worst = f"{missed[0].what}: {figure(missed[0].simulated)} against {wanted}"
    return {
        "id": pattern.id,
        "title": pattern.title,
        "checks": len(finding.judged),
        "missed": len(missed),
        "worst": worst,
        "undecidable": sum(check.met and not check.decidable for check in finding.checks),
    }


def table_lines(validation: Validation) -> list[str]:
    """Return the table as text: every check where one pattern runs, the tightest ones of each where several do."""
    several = len(validation.patterns) > 1
    head = f"{'figure':<{_WIDEST}}  {'published':>10}  {'simulated':>10}  {'MC error':>9}  {'tolerance':>9}  verdict"
    lines = [head, "-" * len(head)]
    for pattern, finding in zip(validation.patterns, validation.findings, strict=True):
        lines.append(f"{pattern.id} {pattern.title}: {_found(finding)}")
        lines.append(f"   ({pattern.reference})")
        shown = _tightest(finding.checks) if several else finding.checks
        for check in shown:
            numbers = f"{_target(check):>10}  {figure(check.simulated):>10}"
            room = f"{figure(check.error):>9}  {figure(check.tolerance):>9}"
            lines.append(f"  {short(check.what, _WIDEST - 2):<{_WIDEST - 2}}  {numbers}  {room}  {_loud(check)}")
        if len(shown) < len(finding.checks):
            lines.append(f"  … and {len(finding.checks) - len(shown)} more, all in the report")
    return lines


def _word(finding: Finding) -> str:
    """Return whether a pattern passes; `shown` where nothing is held to a figure."""
    if finding.checks and not finding.judged:
        return "shown"
    return "passes" if finding.passed else "FAILS"


def _found(finding: Finding) -> str:
    """Return the word and how many of the checks passed, or how many figures are shown."""
    if finding.judged or not finding.checks:
        return f"{_word(finding)}, {sum(check.passed for check in finding.judged)} of {len(finding.judged)}"
    return f"{_word(finding)}, {len(finding.checks)}"


def validation_document(validation: Validation) -> Document:
    """Return the report: the verdict, one table of all checks, and a part with figures for each pattern."""
    overview = Table(
        head=("pattern", "what", "reference", "checks", "passed", "verdict"),
        rows=tuple(
            (
                pattern.id,
                pattern.title,
                pattern.reference,
                str(len(finding.judged)),
                str(sum(check.passed for check in finding.judged)),
                _word(finding),
            )
            for pattern, finding in zip(validation.patterns, validation.findings, strict=True)
        ),
        words=(1, 2),
        short=(0, 5),
    )
    findings = list(zip(validation.patterns, validation.findings, strict=True))
    return Document(
        "Does the model reproduce what is known?",
        tuple(verdict_lines(validation)),
        template="validation",
        pictures=tuple(picture for pattern, finding in findings for picture in _pictures(pattern, finding)),
        slots={
            "seed": validation.run.seed,
            "size": validation.run.size,
            "customer_weeks": validation.customer_weeks,
            "overview": overview,
            "findings": [_section(pattern, finding) for pattern, finding in findings],
        },
    )


def figure(value: float) -> str:
    """Write a number in four significant digits, a tiny one in two; a missing one as a dash.

    Examples
    --------
    >>> figure(0.20014), figure(-1234567.0), figure(0.00002345), figure(float("inf"))
    ('0.2001', '−1,235,000', '0.000023', '–')
    """
    return significant(value, _DIGITS if abs(value) >= _TINY else _FEW_DIGITS)


def _section(pattern: Pattern, finding: Finding) -> dict[str, Any]:
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
    return {
        "id": pattern.id,
        "title": pattern.title,
        "verdict": _word(finding),
        "reference": pattern.reference,
        "scenarios": pattern.scenarios,
        "notes": finding.notes,
        "checks": Table(
            head=("figure", "published", "simulated", "MC error", "tolerance", "detects", "verdict", "rule"),
            rows=rows,
            short=(6, 7),
        ),
        "rules": Table(
            head=("rule", "passes where the simulated figure lies", "source of the published figure"),
            rows=tuple((letter, rule, source) for (rule, source), letter in rules.items()),
            words=(1, 2),
            short=(0,),
        ),
    }


def _pictures(pattern: Pattern, finding: Finding) -> list[Picture]:
    charts = [
        Picture(
            f"{pattern.noun}_{number}_{slug(panel.heading).lower()}",
            draw_panel(panel),
            f"{panel.heading}: {panel.y} by {panel.x}. {panel.reading}",
            panel.reading,
            pattern.id,
        )
        for number, panel in enumerate(finding.charts, 1)
    ]
    overview = Picture(
        f"{pattern.noun}_checks",
        draw_checks(finding.checks, f"{pattern.id}: every figure against its tolerance"),
        f"{pattern.id}: distance of every simulated figure from the published one, in tolerances.",
        "Inside the grey band a figure passes; the whisker is two Monte-Carlo standard errors, a cross a failure.",
        pattern.id,
    )
    return [*charts, overview]


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
