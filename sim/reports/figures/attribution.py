"""Attribution: who earns what in an arm's difference, alone, together, in every combination, and for every persona."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.reports.figures.gap import Gap, is_sure
from sim.reports.names import short
from sim.reports.style import FEWER, INK, MORE, MUTED, PALE, WIDTH, canvas, finish, footnote, style, value_axis

__all__ = ["draw_combinations", "draw_persona_shares", "draw_shares", "draw_together"]

#: Writes one value with its sign.
Write = Callable[[float], str]

_ROW = 0.36
_INTERVAL = "Whisker: 95 % interval, common random numbers."


def draw_shares(
    parts: Sequence[tuple[str, Gap]], whole: tuple[str, Gap], *, write: Write, title: str, label: str, note: str = ""
) -> Figure:
    """Draw a waterfall from zero to the whole effect, a bar for each part, with intervals.

    Parameters
    ----------
    parts : sequence of (name, effect)
        From top to bottom; they add up to the whole.
    whole : (name, effect)
    write : callable
        Writes a value with its sign.
    title, label : str
        Title of the figure, and what the axis shows.
    note : str
        A line below the drawing.

    Returns
    -------
    Figure
        The drawing.
    """
    with style():
        height = _ROW * (len(parts) + 1) + 1.2
        figure, (axes,) = canvas(height)
        figure.subplots_adjust(left=1.65 / WIDTH, right=0.95, bottom=0.74 / height, top=1.0 - 0.36 / height)
        level = 0.0
        ends, rows = [0.0], []
        for name, gap in parts:
            rows.append((name, gap, level))
            level += gap.mean or 0.0
        rows.append((*whole, 0.0))
        for _, gap, start in rows:
            ends += [start + end for end in gap if end is not None]
        room = (max(ends) - min(ends)) or 1.0
        for row, (_, gap, start) in enumerate(rows):
            last = row == len(rows) - 1
            _bar(axes, row, gap, start, INK if last else None)
            if not last:
                after = start + (gap.mean or 0.0)
                axes.plot([after, after], [row - 0.31, row + 1.31], color=INK, linewidth=0.6)
            right = max(start + end for end in (*gap, 0.0) if end is not None)
            words = "undefined" if gap.mean is None else write(gap.mean)
            bold = "bold" if last else "normal"
            colour = INK if is_sure(gap) else MUTED
            axes.text(right + 0.015 * room, row, words, va="center", fontsize=8.5, fontweight=bold, color=colour)
        axes.set_xlim(min(ends) - 0.06 * room, max(ends) + 0.26 * room)
        _name_rows(axes, [name for name, _, _ in rows])
        value_axis(axes.xaxis, write)
        finish(axes, title, x=label, y="", flush=True)
        lines = [f"{_INTERVAL} Pale: it covers 0.", *filter(None, [note])]
        footnote(figure, "\n".join(lines))
    return figure


def _bar(axes: Axes, row: float, gap: Gap, start: float, colour: str | None, *, tall: float = 0.62) -> None:
    """Draw one effect from where the last one ended."""
    if gap.mean is None:
        return
    sure = is_sure(gap)
    axes.barh(
        row,
        gap.mean,
        left=start,
        height=tall,
        color=colour or (MORE if gap.mean >= 0.0 else FEWER),
        alpha=1.0 if sure else 0.35,
        hatch="" if gap.mean >= 0.0 or colour else "////",
        edgecolor="white",
        linewidth=0.0,
    )
    if gap.low is not None and gap.high is not None:
        for width, ink in ((2.6, "white"), (1.1, INK)):
            axes.plot(
                [start + gap.low, start + gap.high], [row, row], color=ink, linewidth=width, solid_capstyle="butt"
            )


def _name_rows(axes: Axes, names: Sequence[str], *, width: int = 23) -> None:
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(names)), [short(name, width) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, prune="upper"))


def draw_together(
    players: Sequence[str],
    alone: Sequence[Gap],
    pairs: Mapping[tuple[int, int], Gap],
    *,
    write: Write,
    title: str,
) -> Figure:
    """Draw what each player earns alone and what each pair earns beyond that, as a triangle of fields.

    Parameters
    ----------
    players : sequence of str
    alone : sequence of Gap
        The diagonal.
    pairs : mapping
        (row, column) with row > column -> what the two earn together beyond the sum of both.
    write : callable
    title : str

    Returns
    -------
    Figure
        The drawing.
    """
    n = len(players)
    fields = {(player, player): gap for player, gap in enumerate(alone)} | dict(pairs)
    biggest = max((abs(gap.mean) for gap in fields.values() if gap.mean is not None), default=0.0) or 1.0
    side = 0.62
    with style():
        height = side * n + 1.22
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((1.3 / WIDTH, 0.86 / height, (WIDTH - 1.4) / WIDTH, side * n / height))
        for (row, column), gap in fields.items():
            _field(axes, row, column, gap, biggest, write)
        axes.set_xlim(0, n)
        axes.set_ylim(n, 0)
        axes.grid(visible=False)
        axes.set_yticks(np.arange(n) + 0.5, [fill(short(name, 24), 15) for name in players])
        axes.set_xticks(
            np.arange(n) + 0.5,
            [fill(short(name, 24), 15 if n < 5 else 12, break_long_words=False) for name in players],
            fontsize=7 if n < 5 else 6,
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        finish(axes, title, x="", y="", flush=True)
        lines = (
            "Framed: what each earns alone. Others: what two earn together beyond that",
            "(a minus, hatched: they get in each other's way). All fields add up to the",
            "capabilities' whole effect. In brackets: the 95 % interval covers 0.",
        )
        footnote(figure, "\n".join(lines))
    return figure


def _field(axes: Axes, row: int, column: int, gap: Gap, biggest: float, write: Write) -> None:
    """Draw one field: framed on the diagonal, hatched where two get in each other's way, in brackets where unsure."""
    colour, dark = _shade(0.0 if gap.mean is None else gap.mean / biggest)
    negative = gap.mean is not None and gap.mean < 0.0
    axes.add_patch(
        Rectangle(
            (column, row),
            1.0,
            1.0,
            facecolor=colour,
            edgecolor="white",
            linewidth=1.5,
            hatch="///" if negative and is_sure(gap) else "",
        )
    )
    if row == column:
        axes.add_patch(Rectangle((column + 0.03, row + 0.05), 0.94, 0.9, fill=False, edgecolor=INK, linewidth=1.1))
    ink = "white" if dark else INK if is_sure(gap) else MUTED
    words = "–" if gap.mean is None else write(gap.mean)
    ground = {"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": "none"}
    if not is_sure(gap):
        words = f"({words})"
    bold = "bold" if row == column else "normal"
    axes.text(
        column + 0.5,
        row + 0.5,
        words,
        ha="center",
        va="center",
        fontsize=8,
        fontweight=bold,
        color=ink,
        bbox=ground,
    )


def _shade(strength: float) -> tuple[tuple[float, float, float], bool]:
    """Return the colour of a value in [-1, 1], white at zero, and whether white text is needed on it."""
    red, green, blue = to_rgb(MORE if strength >= 0.0 else FEWER)
    weight = min(abs(strength), 1.0) ** 0.8
    colour = (1.0 - weight * (1.0 - red), 1.0 - weight * (1.0 - green), 1.0 - weight * (1.0 - blue))
    return colour, 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] < 0.52


def draw_combinations(
    players: Sequence[str], combinations: Sequence[tuple[Sequence[str], Gap]], *, write: Write, title: str, label: str
) -> Figure:
    """Draw the difference from the baseline of every combination, the best first, a filled dot for what is on.

    Parameters
    ----------
    players : sequence of str
    combinations : sequence of (players that are on, difference)
    write : callable
    title, label : str

    Returns
    -------
    Figure
        The drawing.
    """
    order = sorted(combinations, key=lambda item: -(item[1].mean or 0.0))
    n, width = len(players), 0.2
    letters = _letters(players)
    with style():
        height = 0.2 * len(order) + 1.06
        left = 0.2 + width * n
        figure = Figure(figsize=(WIDTH, height))
        bottom, tall = 0.7 / height, 0.2 * len(order) / height
        dots = figure.add_axes((0.12 / WIDTH, bottom, width * n / WIDTH, tall))
        axes = figure.add_axes((left / WIDTH, bottom, (WIDTH - left - 0.34) / WIDTH, tall))
        reach = [0.0]
        for row, (on, gap) in enumerate(order):
            for column, player in enumerate(players):
                filled = player in on
                dots.plot([column], [row], marker="o", markersize=7.5, color=INK if filled else PALE, linestyle="none")
                if filled:
                    dots.text(
                        column, row, letters[column], color="white", fontsize=5.5, ha="center", va="center_baseline"
                    )
            if gap.mean is None:
                continue
            _bar(axes, row, gap, 0.0, None, tall=0.7)
            reach += [end for end in gap if end is not None]
        room = (max(reach) - min(reach)) or 1.0
        for row, (_, gap) in enumerate(order):
            if gap.mean is not None:
                right = max(end for end in (*gap, 0.0) if end is not None)
                axes.text(right + 0.015 * room, row, write(gap.mean), va="center", fontsize=7.5)
        axes.set_xlim(min(reach) - 0.05 * room, max(reach) + 0.24 * room)
        for panel in (dots, axes):
            panel.set_ylim(len(order) - 0.4, -0.6)
        dots.set_xlim(-0.5, n - 0.5)
        dots.axis("off")
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, prune="upper"))
        value_axis(axes.xaxis, write)
        finish(axes, title, x=label, y="", flush=True)
        words = f"Dark: on. {', '.join(f'{letter} {name}' for letter, name in zip(letters, players, strict=True))}."
        footnote(figure, words)
    return figure


def _letters(names: Sequence[str]) -> list[str]:
    """Return a letter for each name, the first of it that no other has."""
    taken: list[str] = []
    for name in names:
        free = (letter for letter in name.upper() if letter.isalpha() and letter not in taken)
        taken.append(next(free, str(len(taken) + 1)))
    return taken


def draw_persona_shares(
    personas: Sequence[tuple[str, Sequence[Gap], Gap]], parts: Sequence[str], *, write: Write, title: str, label: str
) -> Figure:
    """Draw the parts for every persona, small pictures on one scale, one below the other.

    Parameters
    ----------
    personas : sequence of (persona, effects by part, whole effect)
    parts : sequence of str
    write : callable
    title, label : str

    Returns
    -------
    Figure
        The drawing.
    """
    count = len(personas)
    with style():
        each = 0.17 * (len(parts) + 1) + 0.32
        height = each * count + 0.95
        figure = Figure(figsize=(WIDTH, height))
        reach = [0.0, *(end for _, gaps, whole in personas for gap in (*gaps, whole) for end in gap if end is not None)]
        room = (max(reach) - min(reach)) or 1.0
        for persona, (name, gaps, whole) in enumerate(personas):
            bottom = height - 0.32 - each * (persona + 1) + 0.06
            axes = figure.add_axes((1.5 / WIDTH, bottom / height, (WIDTH - 1.62) / WIDTH, (each - 0.3) / height))
            for row, gap in enumerate((*gaps, whole)):
                last = row == len(gaps)
                _bar(axes, row, gap, 0.0, INK if last else None, tall=0.74)
                if gap.mean is not None:
                    right = max(end for end in (*gap, 0.0) if end is not None)
                    axes.text(
                        right + 0.015 * room,
                        row,
                        write(gap.mean),
                        va="center",
                        fontsize=7,
                        fontweight="bold" if last else "normal",
                        color=INK if is_sure(gap) else MUTED,
                    )
            _name_rows(axes, [*parts, "whole effect"])
            axes.tick_params(axis="y", labelsize=7.5, length=0)
            axes.set_xlim(min(reach) - 0.05 * room, max(reach) + 0.22 * room)
            value_axis(axes.xaxis, write)
            if persona < count - 1:
                axes.set_xticklabels([])
            else:
                axes.set_xlabel(label)
            axes.text(
                -1.38 / (WIDTH - 1.62), 1.0, short(name, 40), transform=axes.transAxes, fontsize=8.5, fontweight="bold",
                va="bottom",
            )  # fmt: skip
        figure.text(0.02, 1.0 - 0.06 / height, title, va="top", fontsize=10, fontweight="bold")
        footnote(figure, f"{_INTERVAL} Pale: it covers 0.")
    return figure
