"""Journey map: one journey, or the difference between two, drawn into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.reports.figures.journey_map import draw_change, draw_difference, draw_flows, draw_journey
from sim.reports.flows import Flows, flows_of
from sim.reports.likely_moves import likely_moves
from sim.reports.names import short
from sim.reports.stage_view import MOST_WHOLE, between_stages, stage_view
from sim.reports.style import png_bytes, svg_text
from sim.scenario.errors import ConfigError
from sim.scenario.journey import goal_stages

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.scenario.journey import Journey

__all__ = ["ENDINGS", "draw_map", "flows_of", "map_figure"]

#: File endings a map can be written with.
ENDINGS: tuple[str, ...] = (".svg", ".png")


def draw_map(
    journey: Journey,
    *,
    path: Path | str,
    flows: Flows | None = None,
    other: Journey | None = None,
    other_flows: Flows | None = None,
    customers: float | None = None,
    weeks: int | None = None,
    step: str = "week",
    title: str = "",
) -> Path:
    """Draw a journey, or what a second one changes, and write the picture.

    Parameters
    ----------
    journey : Journey
        The journey; of two, the one that is compared against.
    path : path
        File to write; its ending, svg or png, decides the format.
    flows : mapping, optional
        Flows of a run on ``journey``: (from, to) -> customers by replicate; see :func:`flows_of`.
    other : Journey, optional
        A second journey: the map then shows what it adds, takes away and alters, or with the flows of both, by how much
        more or less each edge is travelled.
    other_flows : mapping, optional
        Flows on ``other``.
    customers : float, optional
        Population of the run, needed for the difference of flows.
    weeks : int, optional
        Horizon of the run.
    step : {'week', 'day', 'month'}
        What one step is.
    title : str
        Left out, the journeys' names.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ConfigError
        If the ending is neither svg nor png, or the file cannot be written.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise ConfigError(
            f"map {str(place)!r}: cannot draw {place.suffix or 'a file without ending'}; use .svg or .png"
        )
    figure = map_figure(journey, flows, other, other_flows, customers, (weeks, step), title)
    content = svg_text(figure).encode("utf-8") if place.suffix.lower() == ".svg" else png_bytes(figure)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"map {str(place)!r}: cannot be written ({reason}); name a file you may write") from error
    return place


def map_figure(
    journey: Journey,
    flows: Flows | None,
    other: Journey | None,
    other_flows: Flows | None,
    customers: float | None,
    horizon: tuple[int | None, str],
    title: str = "",
) -> Figure:
    """Return the figure of a map; parameters as for :func:`draw_map`.

    Parameters
    ----------
    journey, flows, other, other_flows, customers, title
        As for :func:`draw_map`.
    horizon : (int or None, str)
        Steps of the run, and what one step is.

    Returns
    -------
    Figure
    """
    name = short(journey.title or journey.name, 48)
    both = [journey] if other is None else [journey, other]
    runs = [found for found in (flows, other_flows) if found is not None]
    goals = goal_stages({item.name: item for item in both})
    moves = runs or [likely_moves(item) for item in both if len(item.edges) > MOST_WHOLE]
    view = stage_view(both, moves, goals, counted=bool(runs))
    shown, note = None, ""
    if view is not None:
        shown, note = view.pairs, view.note
        flows, other_flows = (None if found is None else between_stages(found) for found in (flows, other_flows))
        both = view.change(journey, other) if other is not None and len(runs) < 2 else view.journeys(both)
    if other is None:
        if flows is None:
            return draw_journey(both[0], step=horizon[1], note=note)
        return draw_flows(
            both, flows, title=title or name, customers=customers, weeks=horizon[0], step=horizon[1],
            shown=shown, note=note,
        )  # fmt: skip
    if flows is None or other_flows is None:
        return draw_change(both[0], both[1], note=note)
    if customers is None:
        raise ConfigError("map: the difference of two flows is drawn per 100 customers; give the number of customers")
    words = title or f"{short(other.title or other.name, 48)}\nminus {name}"
    return draw_difference(
        both, other_flows, flows, title=words, customers=customers, weeks=horizon[0], step=horizon[1],
        shown=shown, note=note,
    )  # fmt: skip
