"""Style: the one place for how pictures look and that their bytes stay the same."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO, StringIO
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from sim.number_format import compact, short_money, spaced

__all__ = [
    "FEWER",
    "INK",
    "MORE",
    "MUTED",
    "PALE",
    "WIDTH",
    "Look",
    "canvas",
    "finish",
    "footnote",
    "look",
    "money_axis",
    "percent_axis",
    "png_bytes",
    "room_for_money",
    "style",
    "svg_text",
    "value_axis",
    "whole_axis",
]

#: Width of a figure in inches: narrow, so that on a phone its 9-point text is still about 9 pixels high.
WIDTH = 5.0
#: Width of a capital letter of a tick's label in inches.
_LETTER = 0.078
INK = "#1a1a1a"
MUTED = "#5f5f5f"
PALE = "#d9d9d9"
#: Diverging pair of the differences (Okabe & Ito's blue and vermilion); a sign and a line style say it again.
MORE = "#0072B2"
FEWER = "#D55E00"


@dataclass(frozen=True, slots=True)
class Look:
    """How one arm is drawn: told apart by colour, by luminance, by line style, by marker and by hatch."""

    colour: str
    line: str | tuple[float, tuple[float, ...]]
    marker: str
    hatch: str


#: Baseline first. Okabe-Ito colours, ordered so that neighbours differ in luminance too.
_LOOKS: tuple[Look, ...] = (
    Look("#4d4d4d", (0.0, (4.0, 1.6)), "s", ""),
    Look("#0072B2", "-", "o", "///"),
    Look("#D55E00", (0.0, (1.0, 1.2)), "^", "..."),
    Look("#009E73", (0.0, (6.0, 1.5, 1.0, 1.5)), "D", "xxx"),
    Look("#CC79A7", (0.0, (2.5, 1.0)), "v", "\\\\\\"),
    Look("#E69F00", (0.0, (8.0, 2.0)), "P", "++"),
    Look("#56B4E9", (0.0, (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)), "X", "oo"),
)

#: Shipped with matplotlib, so that every machine draws the same glyphs.
FONT = "DejaVu Sans"
#: For signs that it has not, the first of these that is installed and has them: names may be in any script.
_OTHER_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans CJK TC", "Source Han Sans SC", "PingFang SC",
    "Hiragino Sans GB", "Hiragino Sans", "Heiti SC", "Apple SD Gothic Neo", "Microsoft YaHei", "SimHei", "Yu Gothic",
    "Meiryo", "MS Gothic", "Malgun Gothic", "NanumGothic", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "IPAGothic",
    "TakaoGothic", "Noto Sans Thai", "Loma", "Garuda", "Thonburi", "Tahoma", "Noto Sans Devanagari", "Lohit Devanagari",
    "Kohinoor Devanagari", "Nirmala UI", "Noto Sans Bengali", "Noto Sans Tamil", "Arial Unicode MS", "Unifont",
    "Droid Sans Fallback",
)  # fmt: skip
# A sign that none has is drawn as a box; matplotlib would say so once for each figure and sign.
warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font", UserWarning, r"sim\.reports\.")

_SETTINGS: dict[str, object] = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8c8c8c",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "text.usetex": False,
    "text.hinting": "no_hinting",  # fitting glyphs to pixels takes a quarter of the time of a PNG
    "hatch.linewidth": 0.6,
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # a phone has not our font, and other widths would break the layout
    "svg.hashsalt": "journey",
    "svg.image_inline": True,
}


_FINDING_FONTS = logging.getLogger("matplotlib.font_manager")
#: Compressed less hard: no larger, in half the time.
_PNG = {"compress_level": 3}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the simulator's style, whatever the user's own matplotlib settings are, and leave those as they were."""
    settings, now = _checked_settings(), _raw_settings()
    before = {name: dict.__getitem__(now, name) for name in settings}
    level = _FINDING_FONTS.level
    try:
        # They were checked once: matplotlib would check three hundred each time.
        dict.update(now, settings)
        # A font for other signs may have no bold face: that is no news.
        _FINDING_FONTS.setLevel(logging.ERROR)
        yield
    finally:
        _FINDING_FONTS.setLevel(level)
        dict.update(now, before)


def _raw_settings() -> dict[str, Any]:
    """Return matplotlib's settings, which the methods of ``dict`` itself read and write unchecked."""
    return cast(dict[str, Any], matplotlib.rcParams)


@lru_cache(maxsize=1)
def _checked_settings() -> dict[str, Any]:
    """Return all settings of matplotlib in the simulator's style, but for the backend, which is nobody's style."""
    installed = set(fontManager.get_font_names())
    fonts = [FONT, *(name for name in _OTHER_FONTS if name in installed)]
    own = matplotlib.RcParams(_SETTINGS | {"font.family": fonts})
    return {
        name: value
        for settings in (matplotlib.rcParamsDefault, own)
        for name, value in dict.items(cast(dict[str, Any], settings))
        if name != "backend"
    }


def look(position: int) -> Look:
    """Return how the arm at a position is drawn; 0 is the baseline."""
    return _LOOKS[position] if position < len(_LOOKS) else _LOOKS[1 + (position - 1) % (len(_LOOKS) - 1)]


def canvas(height: float, rows: int = 1, *, width: float = WIDTH, shared: bool = True) -> tuple[Figure, list[Axes]]:
    """Make a figure with panels stacked in one column, without any global state of pyplot.

    Parameters
    ----------
    height : float
        Height in inches.
    rows : int
        Number of panels.
    width : float
        Width in inches.
    shared : bool
        Whether the panels have one axis from left to right, written under the last of them.

    Returns
    -------
    Figure, list of Axes
        The figure and its panels from top to bottom.
    """
    figure = Figure(figsize=(width, height))
    # Fixed margins in inches: layout engines measure every text twice and double the time.
    figure.subplots_adjust(
        left=0.86 / width, right=1.0 - 0.95 / width, top=1.0 - 0.34 / height, bottom=0.5 / height, hspace=0.42
    )
    grid = figure.subplots(rows, 1, squeeze=False, sharex=shared and rows > 1)
    return figure, [axes for row in grid for axes in row]


def finish(axes: Axes, title: str, *, x: str, y: str, flush: bool = False) -> None:
    """Put title and labels on a panel.

    Parameters
    ----------
    axes : Axes
    title : str
        What the panel shows or finds.
    x, y : str
        Axis labels, with units.
    flush : bool
        Begin the title at the figure's left edge, not at the panel's: there is more room.
    """
    place = axes.get_position()
    # y is given because matplotlib would otherwise measure every tick to find out whether the title is in the way.
    axes.set_title(title, pad=7, x=(0.02 - place.x0) / place.width if flush else 0.0, y=1.0)
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def percent_axis(axes: Axes) -> None:
    """Write the y axis as percentages."""
    value_axis(axes.yaxis, lambda value: f"{compact(value * 100)} %")


def money_axis(axes: Axes, currency: str, *, axis: str = "y") -> None:
    """Write an axis as money.

    Parameters
    ----------
    axes : Axes
        The panel.
    currency : str
        A sign or a code.
    axis : {'y', 'x'}
        Which axis.
    """
    (axes.yaxis if axis == "y" else axes.xaxis).set_major_formatter(_MoneyTicks(currency))
    figure, wider = axes.get_figure(root=True), len(spaced(currency)) - 1
    if axis == "x" and wider and figure is not None:
        # Amounts beside each other would touch.
        inches = float(axes.get_position().width * figure.get_size_inches()[0])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=max(2, int(inches / (0.6 + _LETTER * wider)))))


class _MoneyTicks(Formatter):
    """Ticks of money in three digits, or in as many as tell them apart."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def __call__(self, value: float, pos: int | None = None) -> str:
        return short_money(float(f"{value:.6g}"), self.currency)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis."""
        written = [self(value) for value in values]
        for digits in range(4, 10):
            if len(set(written)) == len(written):
                break
            written = [short_money(float(f"{value:.12g}"), self.currency, digits=digits) for value in values]
        return written


def room_for_money(figure: Figure, currency: str, *, axis: str = "y") -> None:
    """Move a margin of a figure in, by as much as a currency's code is wider than a sign.

    The margins of a figure are fixed, for amounts such as −$150 k: −EUR 150 k would push the axis label off its edge.

    Parameters
    ----------
    figure : Figure
        Its panels have an axis of money.
    currency : str
        A sign or a code.
    axis : {'y', 'x'}
        Which axis: at the left the amounts end, below the panel the last one stands with half of it beyond.
    """
    further = _LETTER * (len(spaced(currency)) - 1) / figure.get_size_inches()[0]
    left, right = figure.subplotpars.left, figure.subplotpars.right
    if axis == "y":
        figure.subplots_adjust(left=min(left + further, 0.5 * right))
    else:
        figure.subplots_adjust(right=max(right - further / 2, left + 0.3))


def value_axis(axis: Axis, write: Callable[[float], str]) -> None:
    """Write the ticks of an axis with a function, without the noise of their last digits."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(float(f"{value:.6g}"))))


def whole_axis(axis: Axis) -> None:
    """Put ticks at whole numbers alone, as of an axis of weeks: there is no week 2.5."""
    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))


def footnote(figure: Figure, words: str, *, above: float = 0.05) -> None:
    """Write small lines at the foot of a figure.

    Parameters
    ----------
    figure : Figure
        The figure, of its final size.
    words : str
        Lines, separated by line breaks.
    above : float
        Distance from the lower edge in inches.
    """
    y = above / figure.get_size_inches()[1]
    figure.text(0.02, y, words, fontsize=7.5, color=MUTED, va="bottom", linespacing=1.3)


def svg_text(figure: Figure) -> str:
    """Write a figure as SVG: the same bytes each time, without date, comments or addresses."""
    buffer = StringIO()
    with style():
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
    text = buffer.getvalue()
    # Comments repeat every text as typed, user's names among them; the document type is an address on the net.
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"<!DOCTYPE.*?>\n?", "", text, count=1, flags=re.DOTALL)
    before, _, rest = text.partition("<metadata>")
    text = before.rstrip() + rest.partition("</metadata>")[2]
    return "\n".join(filter(None, map(str.lstrip, text.split("\n")))) + "\n"


def png_bytes(figure: Figure, dots_per_inch: float = 150.0) -> bytes:
    """Write a figure as PNG: the same bytes each time."""
    buffer = BytesIO()
    with style():
        figure.set_dpi(dots_per_inch)
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None}, pil_kwargs=_PNG)  # type: ignore[no-untyped-call]
    return buffer.getvalue()
