"""Validate: run patterns one after the other and collect what they found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import expm1, isfinite, log1p
from time import perf_counter
from typing import Any

from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show
from sim.validation import PATTERNS
from sim.validation.check import Check
from sim.validation.pattern import Finding, Pattern, PatternRun

__all__ = ["ALL", "Validation", "pick_patterns", "validate"]

#: Stands for every pattern.
ALL = "all"


@dataclass(frozen=True, slots=True)
class Validation:
    """Patterns and what each of them found, in the same order."""

    patterns: tuple[Pattern, ...]
    findings: tuple[Finding, ...]
    run: PatternRun
    started: str
    wall_seconds: float
    seconds: tuple[float, ...]
    customer_weeks: int

    @property
    def passed(self) -> bool:
        """Whether every pattern is reproduced."""
        return all(finding.passed for finding in self.findings)

    @property
    def checks(self) -> tuple[tuple[Pattern, Check], ...]:
        """Every check with the pattern it belongs to."""
        return tuple(
            (pattern, check)
            for pattern, finding in zip(self.patterns, self.findings, strict=True)
            for check in finding.checks
        )

    @property
    def alarm(self) -> float:
        """Probability that a correct model fails at least one check by the choice of the seed.

        Checks are taken as independent; those whose tolerance is not statistical hardly add to it.
        """
        return -expm1(sum(log1p(-min(check.false_alarm, 1.0 - 1e-12)) for _, check in self.checks))

    def summary(self) -> dict[str, Any]:
        """Return the content of `summary.json`; the same run gives the same bytes."""
        return {
            "seed": self.run.seed,
            "size": self.run.size,
            "passed": self.passed,
            "checks": sum(len(finding.judged) for finding in self.findings),
            "checks_passed": sum(check.passed for finding in self.findings for check in finding.judged),
            "false_alarm": self.alarm,
            "patterns": {
                pattern.id: _plain(pattern, finding)
                for pattern, finding in zip(self.patterns, self.findings, strict=True)
            },
        }


def pick_patterns(names: str | Sequence[str], *, key: str = "pattern") -> tuple[Pattern, ...]:
    """Return the patterns with these ids or nouns, in their own order, each once.

    Raises
    ------
    ConfigError
        If a name is none of a pattern.
    """
    words = [names] if isinstance(names, str) else list(names)
    words = [part.strip() for word in words for part in (word.split(",") if isinstance(word, str) else [word])]
    known = {pattern.id: pattern for pattern in PATTERNS} | {pattern.noun: pattern for pattern in PATTERNS}
    picked = set()
    for word in words:
        if word == ALL:
            picked |= {pattern.id for pattern in PATTERNS}
            continue
        pattern = known.get(word) or known.get(word.upper())
        if pattern is None:
            there = [*(f"{pattern.id} ({pattern.noun})" for pattern in PATTERNS), f"and {ALL}"]
            remedy = suggest(word, known, "there are", listed=there)
            raise ConfigError(f"{key} is {show(word)}, which is no pattern; {remedy}")
        picked.add(pattern.id)
    if not picked:
        raise ConfigError(f"{key} is empty; name one or more patterns, such as P2, or {ALL}")
    return tuple(pattern for pattern in PATTERNS if pattern.id in picked)


def validate(
    patterns: Sequence[Pattern] | None = None,
    run: PatternRun | None = None,
    *,
    say: Callable[[str], None] | None = None,
) -> Validation:
    """Run patterns and compare them with what is published.

    Parameters
    ----------
    patterns : sequence of Pattern, optional
        All by default.
    run : PatternRun, optional
        Seed, threads, size.
    say : callable, optional
        Called with the pattern that runs now.

    Returns
    -------
    Validation

    Examples
    --------
    >>> validate(pick_patterns("P7")).passed  # doctest: +SKIP
    True
    """
    chosen = tuple(PATTERNS if patterns is None else patterns)
    asked = run or PatternRun()
    lived = 0

    def count(customer_weeks: int) -> None:
        nonlocal lived
        lived += customer_weeks
        if asked.on_progress is not None:
            asked.on_progress(customer_weeks)

    started = datetime.now(UTC).isoformat(timespec="seconds")
    clock = perf_counter()
    findings, seconds = [], []
    for pattern in chosen:
        if say is not None:
            say(f"{pattern.id} {pattern.title}")
        began = perf_counter()
        findings.append(pattern.run(replace(asked, on_progress=count)))
        seconds.append(perf_counter() - began)
    return Validation(
        patterns=chosen,
        findings=tuple(findings),
        run=asked,
        started=started,
        wall_seconds=perf_counter() - clock,
        seconds=tuple(seconds),
        customer_weeks=lived,
    )


def _plain(pattern: Pattern, finding: Finding) -> dict[str, Any]:
    return {
        "noun": pattern.noun,
        "title": pattern.title,
        "reference": pattern.reference,
        "scenarios": list(pattern.scenarios),
        "passed": finding.passed,
        "checks": [_plain_check(check) for check in finding.checks],
        "notes": list(finding.notes),
    }


def _plain_check(check: Check) -> Mapping[str, Any]:
    numbers = {
        "published": check.published,
        "simulated": check.simulated,
        "error": check.error,
        "tolerance": check.tolerance,
        "smallest_detectable": check.smallest,
        "meaningful": check.meaningful,
    }
    return {
        "what": check.what,
        "kind": check.kind,
        # JSON knows neither infinity nor NaN.
        **{name: number if isfinite(number) else None for name, number in numbers.items()},
        "rule": check.rule,
        "source": check.source,
        "verdict": check.verdict,
    }
