"""Inside view: where a journey as it was drawn and the journey as it was lived differ."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.discovery.lived_map import LivedEdge, LivedStage
from sim.scenario.journey import Journey

__all__ = ["UNDRAWN", "UNLIVED", "InsideView", "ViewGap", "called_as_found", "inside_view", "view_gaps"]

#: What a difference is: nobody drew it, nobody lived it, or it is taken in another share.
UNDRAWN, UNLIVED, _ALTERED = "lived, not drawn", "drawn, not lived", "another share"
#: Letters that are written as two where there are none on the keys.
_AS_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class ViewGap:
    """One difference: a stage or an edge, what was drawn and what was lived.

    ``drawn`` is the share of those who leave the stage where the journey gives constant probabilities, else None.
    """

    what: str
    source: str
    target: str
    drawn: float | None
    lived: float | None
    cases: int
    kind: str


@dataclass(frozen=True, slots=True)
class InsideView:
    """A journey as it was drawn, its stages called as the found one calls them, and where it differs from the lived."""

    journey: Journey
    gaps: tuple[ViewGap, ...]


def inside_view(
    journey: Journey,
    slugs: Sequence[str],
    names: Sequence[str],
    stages: Sequence[LivedStage],
    edges: Sequence[LivedEdge],
) -> InsideView:
    """Hold a drawn journey against what was lived.

    Parameters
    ----------
    journey : Journey
        As drawn.
    slugs, names : sequence of str
        Of the lived stages: in the found journey, and in the log.
    stages, edges : sequence of LivedStage, LivedEdge

    Returns
    -------
    InsideView
    """
    drawn = called_as_found(journey, slugs, names)
    visits = {slugs[stage.stage]: stage.visits for stage in stages}
    return InsideView(drawn, view_gaps(drawn, slugs, edges, visits))


def called_as_found(journey: Journey, slugs: Sequence[str], names: Sequence[str]) -> Journey:
    """Return a drawn journey whose stages are called as the found one calls them.

    Whoever draws a journey writes `check_ticket` or `Check-Ticket`, and long names in full; so a stage of it is that of
    the log whose name has the same letters and digits, without accents or with umlauts as two letters, if there is one
    alone.

    Parameters
    ----------
    journey : Journey
        As drawn.
    slugs, names : sequence of str
        Of the lived stages: in the found journey, and in the log.

    Returns
    -------
    Journey
        Stages of which the log has none keep their names.

    Examples
    --------
    >>> from sim.scenario.journey import Edge, Stage
    >>> drawn = Journey(
    ...     name="drawn", start={"Pay-now": 1.0}, stages={"Pay-now": Stage(), "gift": Stage()}, edges=()
    ... )
    >>> list(called_as_found(drawn, ["pay_no", "ask"], ["pay now", "ask"]).stages)
    ['pay_no', 'gift']
    >>> german = Journey(name="drawn", start={"Zahlung_pruefen": 1.0}, stages={"Zahlung_pruefen": Stage()}, edges=())
    >>> list(called_as_found(german, ["zahlung_prufen"], ["Zahlung prüfen"]).stages)
    ['zahlung_prufen']
    """
    called = {stage: stage for stage in journey.stages}
    for spelled in (_letters, _two_letters):
        plain = [spelled(name) for name in names]
        often = Counter(plain)
        known = {letters: slug for letters, slug in zip(plain, slugs, strict=True) if often[letters] == 1}
        for stage in journey.stages:
            found = known.get(spelled(stage))
            if called[stage] not in slugs and found is not None and found not in called.values():
                called[stage] = found
    return replace(
        journey,
        start={called[stage]: share for stage, share in journey.start.items()},
        stages={called[name]: stage for name, stage in journey.stages.items()},
        edges=tuple(replace(edge, source=called[edge.source], target=called[edge.target]) for edge in journey.edges),
    )


def _letters(name: str) -> str:
    """Return the letters and digits of a name, without accents and capitals."""
    return "".join(char for char in unicodedata.normalize("NFKD", name).casefold() if char.isalnum())


def _two_letters(name: str) -> str:
    """Return the same with German umlauts as two letters, and the letters of the north as Germans write them."""
    return _letters(unicodedata.normalize("NFC", name).casefold().translate(_AS_TWO))


def view_gaps(
    journey: Journey, slugs: Sequence[str], edges: Sequence[LivedEdge], visits: Mapping[str, int]
) -> tuple[ViewGap, ...]:
    """Compare a drawn journey with the edges of real cases.

    Parameters
    ----------
    journey : Journey
        As drawn.
    slugs : sequence of str
        Names of the lived stages.
    edges : sequence of LivedEdge
    visits : mapping of str to int
        Of the lived stages.

    Returns
    -------
    tuple of ViewGap
        Stages first, then edges; most taken first.
    """
    lived = {(slugs[edge.source], slugs[edge.target]): edge for edge in edges}
    drawn = {(edge.source, edge.target) for edge in journey.edges}
    shares = _drawn_shares(journey)
    gaps = [
        ViewGap("stage", name, "", None, None, visits[name], UNDRAWN) for name in slugs if name not in journey.stages
    ]
    gaps += [ViewGap("stage", name, "", None, None, 0, UNLIVED) for name in journey.stages if name not in slugs]
    rest = []
    for pair in dict.fromkeys([*lived, *sorted(drawn)]):
        found = lived.get(pair)
        kind = UNDRAWN if pair not in drawn else UNLIVED if found is None else _ALTERED
        planned = shares.get(pair)
        if kind == _ALTERED:
            assert found is not None
            if planned is None or found.ci_low <= planned <= found.ci_high:
                continue
        rest.append(
            ViewGap("edge", *pair, planned, None if found is None else found.share, found.count if found else 0, kind)
        )
    return (*gaps, *sorted(rest, key=lambda gap: -gap.cases))


def _drawn_shares(journey: Journey) -> dict[tuple[str, str], float]:
    """Shares of those who leave a stage, where all its edges have constant probabilities."""
    shares: dict[tuple[str, str], float] = {}
    for stage in journey.stages:
        mine = [edge for edge in journey.edges if edge.source == stage]
        constant = [
            edge.probability for edge in mine if edge.probability is not None and set(edge.probability) == {"base"}
        ]
        if not mine or len(constant) != len(mine):
            continue
        total = sum(hazard["base"] for hazard in constant)
        for edge, hazard in zip(mine, constant, strict=True):
            if total > 0:
                pair = (edge.source, edge.target)
                shares[pair] = shares.get(pair, 0.0) + hazard["base"] / total
    return shares
