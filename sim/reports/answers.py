"""Answers report: the payoff table of two brands, its equilibria, and what the answer leaves of the gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.analysis.paired import Estimate, estimate
from sim.experiments.answers import Answers
from sim.number_format import NOTHING, decimal, quantity
from sim.reports.document import Table
from sim.reports.labels import words_of

__all__ = ["answers_facts", "answers_summary", "payoff_table"]


def _written(found: Answers, value: Estimate, currency: str) -> dict[str, Any]:
    kind = words_of(found.metric).kind

    def write(number: float | None) -> str:
        return NOTHING if number is None else quantity(number, kind, currency, sign=True)

    clear = value.ci_low is not None and value.ci_high is not None and (value.ci_low > 0.0 or value.ci_high < 0.0)
    return {"mean": write(value.mean), "low": write(value.ci_low), "high": write(value.ci_high), "resolved": clear}


def _names(found: Answers, profile: tuple[int, int]) -> dict[str, str]:
    return {found.brand: found.first[profile[0]], found.competitor: found.second[profile[1]]}


def _told(found: Answers, profile: tuple[int, int], titles: Mapping[str, str]) -> dict[str, str]:
    """Return what each brand does, by its reader's name."""
    return {titles.get(brand, brand): choice for brand, choice in _names(found, profile).items()}


def answers_facts(found: Answers | None, currency: str, titles: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the words about answers are made of; None where nobody was asked to answer.

    Parameters
    ----------
    found : Answers or None
    currency : str
    titles : mapping
        Readers' names of brands; one that is not there is told by its key.

    Returns
    -------
    dict or None
    """
    if found is None:
        return None
    led = found.leader.profile
    unanswered = max(range(len(found.first)), key=lambda row: float(found.payoffs[:, row, 0, 0].mean()))
    satisfied = found.satisfaction[:, led[0], led[1], :]
    both = estimate(found.fresh[:, led[0], led[1], :].sum(axis=1))
    race = found.fresh[:, led[0], led[1], :] - found.fresh[:, led[0], 0, :]
    return {
        "brand": titles.get(found.brand, found.brand),
        "competitor": titles.get(found.competitor, found.competitor),
        "pairs": len(found.first) * len(found.second),
        "unanswered": {"name": found.first[unanswered], **_written(found, found.value((unanswered, 0), 0), currency)},
        "led": {
            "first": found.first[led[0]],
            "second": found.second[led[1]],
            "own": _written(found, found.value(led, 0), currency),
            "other": _written(found, found.value(led, 1), currency),
            "both": _written(found, both, currency),
        },
        "race": None
        if led[1] == 0
        else {
            "own": _written(found, estimate(race[:, 0]), currency),
            "other": _written(found, estimate(race[:, 1]), currency),
            "both": _written(found, estimate(race.sum(axis=1)), currency),
            "satisfaction": [
                _points(found.satisfaction[:, led[0], led[1], player] - found.satisfaction[:, led[0], 0, player])
                for player in (0, 1)
            ],
        },
        "satisfaction": [_points(satisfied[:, player]) for player in (0, 1)],
        "equilibria": [
            {
                "names": _told(found, item.profile, titles),
                "payoffs": [_written(found, found.value(item.profile, player), currency) for player in (0, 1)],
                "regret": _written(found, item.regret, currency),
            }
            for item in found.equilibria
        ],
        "groups": _groups(found, currency),
        "path": [_told(found, profile, titles) for profile in found.path],
    }


def _groups(found: Answers, currency: str) -> list[dict[str, Any]]:
    """Return many equilibria in a few lines: choices of the brand that are stable beside the same ones of the other."""
    beside: dict[int, list[int]] = {}
    for item in found.equilibria:
        beside.setdefault(item.profile[0], []).append(item.profile[1])
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, columns in beside.items():
        groups.setdefault(tuple(sorted(columns)), []).append(row)
    return [
        {
            "pairs": len(rows) * len(columns),
            "first": [found.first[row] for row in rows],
            "second": [found.second[column] for column in columns],
            "payoffs": [_span(found, rows, columns, player, currency) for player in (0, 1)],
            "regret": _written(
                found,
                max(
                    (item.regret for item in found.equilibria if item.profile[0] in rows),
                    key=lambda regret: regret.mean or 0.0,
                ),
                currency,
            ),
        }
        for columns, rows in groups.items()
    ]


def _span(found: Answers, rows: list[int], columns: tuple[int, ...], player: int, currency: str) -> dict[str, str]:
    """Return the pairs of a group in which a brand has least and most."""
    values = [found.value((row, column), player) for row in rows for column in columns]
    ends = (min(values, key=lambda value: value.mean or 0.0), max(values, key=lambda value: value.mean or 0.0))
    least, most = (_written(found, value, currency)["mean"] for value in ends)
    return {"least": least, "most": most}


def _points(values: Any) -> dict[str, Any]:
    found = estimate(np.asarray(values))
    ends = (found.mean, found.ci_low, found.ci_high)
    mean, low, high = (NOTHING if end is None else decimal(end, 3, sign=True) for end in ends)
    clear = found.ci_low is not None and found.ci_high is not None and (found.ci_low > 0.0 or found.ci_high < 0.0)
    return {"mean": mean, "low": low, "high": high, "resolved": clear}


def payoff_table(found: Answers | None, currency: str, titles: Mapping[str, str]) -> Table | None:
    """Return what both brands have in every pair of choices.

    Parameters
    ----------
    found : Answers or None
    currency : str
    titles : mapping
        Readers' names of brands.

    Returns
    -------
    Table or None
    """
    if found is None:
        return None
    rows = []
    stable = {item.profile for item in found.equilibria}
    for row, column in np.ndindex(len(found.first), len(found.second)):
        own, other = (_written(found, found.value((row, column), player), currency) for player in (0, 1))
        rows.append(
            (
                found.first[row],
                found.second[column],
                f"{own['mean']} [{own['low']} to {own['high']}]",
                f"{other['mean']} [{other['low']} to {other['high']}]",
                "equilibrium" if (row, column) in stable else "",
            )
        )
    brand, competitor = (titles.get(name, name) for name in (found.brand, found.competitor))
    head = (brand, competitor, f"{brand} has", f"{competitor} has", "")
    name = words_of(found.metric).name
    return Table(head, tuple(rows), f"{name} against both waiting, on fresh luck, with 95 % intervals", (1, 4))


def answers_summary(found: Answers | None) -> dict[str, Any]:
    """Return the part of `summary.json` about answers.

    Parameters
    ----------
    found : Answers or None

    Returns
    -------
    dict
    """
    if found is None:
        return {"equilibria": []}

    def plain(value: Estimate) -> dict[str, float | None]:
        return {"mean": value.mean, "ci_low": value.ci_low, "ci_high": value.ci_high}

    def valued(profile: tuple[int, int]) -> dict[str, Any]:
        return {
            "strategies": _names(found, profile),
            "values": {found.brand: plain(found.value(profile, 0)), found.competitor: plain(found.value(profile, 1))},
        }

    return {
        "equilibria": [
            {
                **valued(item.profile),
                "regret": plain(item.regret),
                "regrets": {found.brand: plain(item.regrets[0]), found.competitor: plain(item.regrets[1])},
            }
            for item in found.equilibria
        ],
        "payoffs": [valued((int(row), int(column))) for row, column in np.ndindex(len(found.first), len(found.second))],
        "leader_follower": valued(found.leader.profile),
        "best_responses": [_names(found, profile) for profile in found.path],
    }
