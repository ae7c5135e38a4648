"""Personas: kinds of cases in words: how they differ from the others in what they do, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.discovery.case_attributes import AttributeShare
from sim.number_format import decimal, exact_percent
from sim.reports.document import Table
from sim.reports.durations import duration
from sim.reports.names import short

if TYPE_CHECKING:
    from sim.discovery.discover import Discovery

__all__ = ["personas_plain", "personas_table", "who_kinds_are"]

#: Moves told of that a kind of cases makes more often, and attributes that it has more often.
_MOVES_TOLD, _ATTRIBUTES_TOLD = 3, 3
#: Stages told of in which a kind of cases stays otherwise: by how much, and visits of it and of the others.
_STAGES_TOLD, _OTHERWISE, _FEWEST_STAYS = 3, 1.25, 30
_LONGEST = 28


def personas_plain(found: Discovery) -> list[dict[str, Any]]:
    """Return name, share and attributes of every kind of cases, for `summary.json`."""
    mixture = found.mixture
    return [
        {
            "name": who,
            "share": float(mixture.shares[at]),
            "ci_low": float(mixture.shares_low[at]),
            "ci_high": float(mixture.shares_high[at]),
            "attributes": [
                {
                    "attribute": one.attribute,
                    "value": one.value,
                    "share": one.share,
                    "others": one.others,
                    "difference_ci_low": one.ci_low,
                    "difference_ci_high": one.ci_high,
                    "beyond_chance": one.beyond_chance,
                }
                for one in found.attributes
                if one.kind == at
            ],
        }
        for at, who in enumerate(found.journeys)
    ]


def who_kinds_are(found: Discovery) -> list[str]:
    """Say of every kind of cases which attributes it surely has more often than the others."""
    return [f"{who} is more often {said}" for at, who in enumerate(found.journeys) if (said := _attributes(found, at))]


def personas_table(found: Discovery) -> Table:
    """Return kinds of cases: how large they are, what they do otherwise, and who they are where attributes tell."""
    rows = [
        (
            who,
            exact_percent(float(found.mixture.shares[at]), 1),
            f"{exact_percent(float(found.mixture.shares_low[at]), 1)} to"
            f" {exact_percent(float(found.mixture.shares_high[at]), 1)}",
            _habits(found, at),
        )
        for at, who in enumerate(found.journeys)
    ]
    heads = ("Persona", "Share", "95 % interval", "How it differs from others")
    if not found.attributes:
        return Table(heads, tuple(rows), words=(3,))
    who = [_attributes(found, at) or "as the others" for at in range(len(rows))]
    return Table(
        (*heads, "Who it is, more often than others"),
        tuple((*row, said) for row, said in zip(rows, who, strict=True)),
        words=(3, 4),
    )


def _attributes(found: Discovery, kind: int) -> str:
    """Say which attributes a kind of cases surely has more often, and how often the others have them."""
    mine: list[AttributeShare] = [
        one for one in found.attributes if one.kind == kind and one.beyond_chance and one.share > one.others
    ]
    return "; ".join(
        f"{short(one.attribute, _LONGEST)} {short(one.value, _LONGEST)}: {exact_percent(one.share, 0)}, others"
        f" {exact_percent(one.others, 0)}"
        for one in mine[:_ATTRIBUTES_TOLD]
    )


def _habits(found: Discovery, kind: int) -> str:
    """Say which moves a kind of cases makes more often, per case, than the others, and where it stays otherwise."""
    cases, stages = found.cases, len(found.cases.stages)
    mine = found.mixture.member[cases.case] == kind
    goes = cases.following >= 0
    code = cases.stage * stages + cases.following
    size = stages * stages
    own = np.bincount(code[goes & mine], minlength=size) / max((found.mixture.member == kind).sum(), 1)
    rest = np.bincount(code[goes & ~mine], minlength=size) / max((found.mixture.member != kind).sum(), 1)
    if not (found.mixture.member != kind).any():
        return "all cases are of one kind"
    said = []
    for at in np.argsort(rest - own, kind="stable")[:_MOVES_TOLD].tolist():
        if own[at] > rest[at]:
            source, target = (short(cases.stages[part], _LONGEST) for part in divmod(at, stages))
            said.append(f"{source} → {target}: {decimal(own[at], 2)} a case, others {decimal(rest[at], 2)}")
    if found.mixture.by_pace:
        said += _paces(found, goes & mine, goes & ~mine)
    return "; ".join(said) or "nothing more often than others"


def _paces(found: Discovery, mine: NDArray[np.bool_], others: NDArray[np.bool_]) -> list[str]:
    """Say in which stages a kind of cases stays otherwise than the others do, those first in which it matters most."""
    cases, told = found.cases, []
    for stage in range(len(cases.stages)):
        here = cases.stage == stage
        own, rest = cases.stay[here & mine], cases.stay[here & others]
        if min(own.size, rest.size) < _FEWEST_STAYS:
            continue
        usual, other = float(np.median(own)), float(np.median(rest))
        if max(usual, other) >= _OTHERWISE * min(usual, other):
            name = short(cases.stages[stage], _LONGEST)
            told.append((own.size * abs(usual - other), f"in {name} {duration(usual)}, others {duration(other)}"))
    told.sort(key=lambda one: -one[0])
    return [said for _, said in told[:_STAGES_TOLD]]
