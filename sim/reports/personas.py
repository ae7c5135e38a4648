"""Personas: kinds of cases in words: how they differ from the others in what they do, and who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.discovery.case_attributes import AttributeShare
from sim.number_format import NOTHING, compact, exact_percent, in_words
from sim.reports.document import Table
from sim.reports.durations import duration
from sim.reports.names import short

if TYPE_CHECKING:
    from sim.discovery.discover import Discovery

__all__ = ["personas_plain", "personas_table", "told_apart", "who_kinds_are"]

#: Moves told of that a kind of cases makes more often, and attributes that it has more often.
_MOVES_TOLD, _ATTRIBUTES_TOLD = 3, 3
#: Stages told of in which a kind of cases stays otherwise: by how much, and visits of it and of the others.
_STAGES_TOLD, _OTHERWISE, _FEWEST_STAYS = 3, 1.25, 30
_LONGEST = 28
_TINY = 1e-12
#: Chance from which on it is known of which kind a case is.
_KNOWN = 0.9


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
    named = [in_words(who) for who in found.journeys]
    return [
        f"{who[:1].upper()}{who[1:]} is more often {said}"
        for at, who in enumerate(named)
        if (said := _attributes(found, at))
    ]


def told_apart(found: Discovery) -> str:
    """Return of which share of cases it is known of which kind they are, with nine chances in ten."""
    return exact_percent(float((found.mixture.belongs.max(axis=1) >= _KNOWN).mean()), 0)


def personas_table(found: Discovery) -> Table:
    """Return kinds of cases: how large they are, what they do otherwise, and who they are where attributes tell."""
    mixture, rows = found.mixture, []
    for at, who in enumerate(found.journeys):
        share, low, high = (
            exact_percent(float(size[at]), 1) for size in (mixture.shares, mixture.shares_low, mixture.shares_high)
        )
        # Of one kind nothing is estimated.
        between = f"{low} to {high}" if mixture.shares.size > 1 else NOTHING
        rows.append((in_words(who), share, between, _habits(found, at)))
    heads = ("Persona", "Share", "95 % interval", "How it differs from others")
    if not found.attributes:
        return Table(heads, tuple(rows), words=(3,))
    told = [_attributes(found, at) or "as the others" for at in range(len(rows))]
    return Table(
        (*heads, "Who it is, more often than others"),
        tuple((*row, said) for row, said in zip(rows, told, strict=True)),
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
    """Say which moves a kind of cases makes more often, per case, than the others, and where it stays otherwise.

    Every case counts by how likely it is of the kind, as in the shares: of those alone that are most likely of it, rare
    moves would be told that most of its cases never make.
    """
    cases, stages = found.cases, len(found.cases.stages)
    like = found.mixture.belongs[:, kind]
    if like.min() >= 1.0:
        return "all cases are of one kind"
    goes = cases.following >= 0
    code, case = cases.stage[goes] * stages + cases.following[goes], cases.case[goes]
    own, rest = (
        np.bincount(code, weights=weight[case], minlength=stages * stages) / max(float(weight.sum()), _TINY)
        for weight in (like, 1.0 - like)
    )
    # What tells kinds apart most: rare moves too that the others hardly make (divergence of two rates), of which nobody
    # knows that they are rarer among so many than one.
    least = 1.0 / max(float((1.0 - like).sum()), 1.0)
    tells = own * np.log(np.maximum(own, _TINY) / np.maximum(rest, least)) - own + np.maximum(rest, least)
    tells[own <= rest] = 0.0
    said = []
    for at in np.argsort(-tells, kind="stable")[:_MOVES_TOLD].tolist():
        often, other = compact(own[at], 2), compact(rest[at], 2)
        if tells[at] > 0.0 and often != other:
            source, target = (short(cases.stages[part], _LONGEST) for part in divmod(at, stages))
            said.append(f"{source} → {target}: {often} a case, others {other}")
    if found.mixture.by_pace:
        said += _paces(found, like)
    return "; ".join(said) or "nothing more often than others"


def _paces(found: Discovery, like: NDArray[np.float64]) -> list[str]:
    """Say in which stages a kind of cases stays otherwise than the others do, those first in which it matters most."""
    cases, told = found.cases, []
    for stage in range(len(cases.stages)):
        here = (cases.stage == stage) & (cases.following >= 0)
        stay, weight = cases.stay[here], like[cases.case[here]]
        if min(weight.sum(), (1.0 - weight).sum()) < _FEWEST_STAYS:
            continue
        usual, other = _median(stay, weight), _median(stay, 1.0 - weight)
        if max(usual, other) >= _OTHERWISE * min(usual, other):
            name = short(cases.stages[stage], _LONGEST)
            told.append((weight.sum() * abs(usual - other), f"in {name} {duration(usual)}, others {duration(other)}"))
    told.sort(key=lambda one: -one[0])
    return [said for _, said in told[:_STAGES_TOLD]]


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value up to which half of the weight lies.

    Examples
    --------
    >>> _median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0]))
    1.0
    """
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(sums, sums[-1] / 2)]])
