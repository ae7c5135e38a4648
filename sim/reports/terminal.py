"""Terminal: the verdict and a short table of differences, for eyes that are in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.number_format import NOTHING, counted, quantity
from sim.reports.comparison import other_arms, runs_in_words
from sim.reports.difference_table import Row, difference_rows
from sim.reports.document import text_lines
from sim.reports.labels import words_of
from sim.reports.moves import MOST_SHOWN, MoveRow, move_rows
from sim.reports.names import short
from sim.reports.scope import scope_of
from sim.reports.time_to_goal import time_rows
from sim.terminal import clean, is_ascii

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["print_result"]

_WIDEST = 100
_NARROWEST = 60
#: A word that is longer is broken as well.
_LONGEST_WORD = 20
#: Heads the table of when the goal is reached.
_HOW_SOON = "how soon the goal is reached"
#: Blanks between two columns of a table.
_GAP = 2
#: The columns that no table of a comparison goes without.
_COMPARED = ("difference", "95 % interval")
#: What a first look needs; the report has all of them.
_METRICS = (
    "contribution",
    "npv",
    "market_share",
    "loop_share",
    "purchases",
    "weeks_to_purchase",
    "retention",
    "clv",
    "satisfaction",
    "contacts_per_customer",
    "opt_out_rate",
    "payback_week",
    "cash_low_point",
    "return_rate",
)


def print_result(result: Result, stream: TextIO) -> None:
    """Write the verdict and the table of differences; plain text where the stream is no terminal.

    Parameters
    ----------
    result : Result
    stream : text stream
        Standard output, as a rule.
    """
    console, ascii_only = _console(stream)
    # Rich ends the process where a pipe is closed; what it drew is written here, so that the command line decides.
    with console.capture() as drawn:
        _draw(result, console, ascii_only)
    stream.write(drawn.get())
    stream.flush()


def _draw(result: Result, console: Console, ascii_only: bool) -> None:
    scenario, summary = result.scenario, result.summary_json
    currency = scenario.market.economics.currency
    console.print(Text(clean(scenario.title or scenario.name, ascii_only=ascii_only), style="bold"))
    facts, star = text_lines("compare", scope=scope_of(scenario), runs=runs_in_words(result), seed=result.seed)
    star = star if len(scenario.arms) > 1 and result.replicates > 1 else ""
    console.print(Text(facts), style="dim")
    console.print()
    for paragraph in str(summary["verdict"]).split("\n"):
        console.print(Text(clean(paragraph, ascii_only=ascii_only)))
    others, starred = [arm for arm in scenario.arms if arm != scenario.baseline], False
    if not scenario.has_market:
        _draw_moves(result, console, ascii_only, star)
        return
    for arm in others:
        rows = difference_rows(summary, arm, currency, only=_METRICS)
        console.print()
        console.print(_differences(result, arm, rows, console.width, ascii_only))
        starred = starred or any(row.sure for row in rows)
    if times := time_rows(summary):
        starred = _draw_rows(result, console, ascii_only, _HOW_SOON, times) or starred
    if star and starred:
        console.print(Text(star), style="dim")
    if not others:
        console.print()
        console.print(_alone(result, currency, console.width, ascii_only))


def _draw_moves(result: Result, console: Console, ascii_only: bool, star: str) -> None:
    """Print how often each step was taken, a table for each arm that is compared, or one of an arm alone."""
    rows = move_rows(result)
    if not rows:
        console.print()
        console.print(Text(_unmoved(result.scenario.burn_in, result.scenario.step)), style="dim")
        return
    starred = _draw_rows(result, console, ascii_only, "moves per 1,000 customers", rows[:MOST_SHOWN])
    if (more := len(rows) - MOST_SHOWN) > 0:
        which = "1 further step, taken less often, is" if more == 1 else f"{more} further steps, taken less often, are"
        console.print(Text(f"{which} in the report"), style="dim")
    if times := time_rows(result.summary_json):
        starred = _draw_rows(result, console, ascii_only, _HOW_SOON, times) or starred
    if star and starred:
        console.print(Text(star), style="dim")


def _draw_rows(result: Result, console: Console, ascii_only: bool, heading: str, rows: Sequence[MoveRow]) -> bool:
    """Print a table for each arm that is compared, or one of an arm alone; return whether any line has a star."""
    baseline, others, starred = result.scenario.baseline, other_arms(result), False
    for arm in others or [baseline]:
        lines = []
        for row in rows:
            cells = [row.name, row.arms[baseline]]
            if others:
                change, between, sure = row.gaps[arm]
                starred = starred or sure
                cells += [row.arms[arm], f"{change} *" if sure else change, between]
            lines.append(cells)
        headings = [heading, *([baseline, arm, *_COMPARED] if others else [arm])]
        console.print()
        console.print(_table(headings, lines, console.width, ascii_only))
    return starred


def _unmoved(burn_in: int, step: str) -> str:
    """Say that nobody moved, and what may have led everybody to where there is no way on."""
    before = f"; before it customers lived {counted(burn_in, step)} of burn-in (burn_in=0 leaves them out)"
    return f"nobody took a step in the horizon{before if burn_in else ''}"


def _table(headings: Sequence[str], lines: Sequence[Sequence[str]], width: int, ascii_only: bool) -> Table:
    """Lay out names and their numbers, no number ever cut.

    Where a line is too narrow names are broken, then intervals between their ends; then the arms' numbers are left out.
    """
    rows = [[short(heading, 14) if at else heading for at, heading in enumerate(headings)], *lines]
    rows = [[clean(cell, ascii_only=ascii_only) for cell in row] for row in rows]
    if headings[-1] in _COMPARED:
        if _least(rows) > width:
            room = max(cell_len(end) for row in rows for end in row[-1].split(" to "))
            ends = [row[-1] if cell_len(row[-1]) <= room else row[-1].replace(" to ", " to\n") for row in rows]
            rows = [[*row[:-1], end] for row, end in zip(rows, ends, strict=True)]
        if _least(rows) > width:
            rows = [[row[0], *row[-len(_COMPARED) :]] for row in rows]
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    table.add_column(rows[0][0])
    for heading in rows[0][1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    return table


def _least(rows: Sequence[Sequence[str]]) -> int:
    """Return the columns of a terminal that a table takes with its names broken between words."""
    names, *numbers = ([line for cell in column for line in cell.split("\n")] for column in zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) + _GAP for column in numbers]
    return min(max(cell_len(word) for name in names for word in name.split() or [""]), _LONGEST_WORD) + sum(widths)


def _console(stream: TextIO) -> tuple[Console, bool]:
    """Return the console on a stream, and whether the stream can show no more than ASCII."""
    at_terminal = stream.isatty()
    console = Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=None if at_terminal else True,
        force_terminal=at_terminal,
    )
    # A pipe has no width of its own: eighty columns suit a mail and a log.
    console.width = min(max(console.width, _NARROWEST), _WIDEST) if at_terminal else 80
    return console, is_ascii(stream)


def _differences(result: Result, arm: str, found: Sequence[Row], width: int, ascii_only: bool) -> Table:
    rows = [
        [
            row.name,
            row.baseline,
            row.arm,
            f"{row.brief} *" if row.sure else row.brief,
            row.interval.removesuffix(" points"),
        ]
        for row in found
    ]
    return _table(["", result.scenario.baseline, arm, *_COMPARED], rows, width, ascii_only)


def _alone(result: Result, currency: str, width: int, ascii_only: bool) -> Table:
    arms, rows = list(result.scenario.arms), []
    known = result.summary_json["arms"][arms[0]]
    for metric in (metric for metric in _METRICS if metric in known):
        words = words_of(metric, result.summary_json)
        cells = [quantity(result.summary_json["arms"][arm][metric]["mean"], words.kind, currency) for arm in arms]
        if any(cell != NOTHING for cell in cells):
            rows.append([words.name, *cells])
    return _table(["", *arms], rows, width, ascii_only)
