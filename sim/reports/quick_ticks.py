"""Quick ticks: an axis makes its first tick, and copies it for the others.

A tick is two lines, a grid line and two labels. Matplotlib makes each of them anew and then gives it what the first
tick has, which takes an eighth of drawing; and it makes a minor tick for every axis, though hardly any shows one. What
is drawn is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

__all__ = ["quicken_ticks"]

#: What a tick is made of.
_PARTS = ("gridline", "tick1line", "tick2line", "label1", "label2")
#: What is replaced of an axis; another release of matplotlib that has not all of it does as it does by itself.
_REPLACED = ("_get_tick", "_copy_tick_props", "minorTicks")


def quicken_ticks() -> None:
    """Have the matplotlib that is loaded make ticks quickly."""
    from matplotlib.axis import Axis, XTick, YTick
    from matplotlib.ticker import NullLocator

    if not all(name in vars(Axis) for name in _REPLACED):
        return
    plain = (XTick, YTick)  # those of polar axes turn, each by itself
    get, give = (vars(Axis)[name] for name in ("_get_tick", "_copy_tick_props"))
    setattr(Axis, "_get_tick", _copying(get, plain))  # noqa: B010 -- no attributes for mypy
    setattr(Axis, "_copy_tick_props", _giving(give, plain))  # noqa: B010
    setattr(Axis, "minorTicks", _MinorTicks(vars(Axis)["minorTicks"], NullLocator))  # noqa: B010


def _giving(give: Callable[[Any, Any, Any], None], plain: tuple[type, ...]) -> Callable[[Any, Any, Any], None]:
    """Give a tick what another has; a copy has it."""
    return lambda axis, source, new: None if type(new) in plain else give(axis, source, new)


def _copying(make: Callable[[Any, bool], Any], plain: tuple[type, ...]) -> Callable[[Any, bool], Any]:
    """Copy the first tick of an axis, where it has one."""

    def tick(axis: Any, major: bool) -> Any:
        ticks = vars(axis).get("majorTicks" if major else "minorTicks")
        if ticks and type(ticks[0]) in plain:
            return _copy(ticks[0])
        made = make(axis, major)
        for part in (made, made.gridline):  # an axis tells this to the ticks that it has, and may have had none
            part.set_clip_box(axis.get_clip_box())
            part.set_clip_path(axis.get_clip_path())
        return made

    return tick


def _copy(tick: Any) -> Any:
    new = copy(tick)
    for part in _PARTS:
        setattr(new, part, copy(getattr(tick, part)))
    for label in (new.label1, new.label2):
        label.set_fontproperties(label.get_fontproperties().copy())  # a label may be bold where others are not
    return new


class _MinorTicks:
    """The minor ticks of an axis: none are made where none are asked for."""

    def __init__(self, made: Any, none: type) -> None:
        self._made, self._none = made, none

    def __get__(self, axis: Any, owner: type) -> Any:
        if axis is not None and isinstance(axis.minor.locator, self._none):
            return []
        return self._made.__get__(axis, owner)
