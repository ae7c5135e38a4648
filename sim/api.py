"""What Python users import from `sim`: a comparison whose result draws itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.experiments import compare as comparison
from sim.experiments.result import Result
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ComparisonResult", "Plot", "compare"]


@dataclass(frozen=True, slots=True, repr=False)
class ComparisonResult(Result):
    """A finished comparison that draws itself: ``result.plot.journey_map()``."""

    @property
    def plot(self) -> Plot:
        """Figures, drawn when asked for."""
        return Plot(self)


@dataclass(frozen=True, slots=True)
class Plot:
    """The figures of a result by name; each returns a matplotlib figure."""

    result: Result

    def __getattr__(self, name: str) -> Callable[..., Figure | None]:
        """Find the figure in :mod:`sim.reports.plots`."""
        if name.startswith("_"):
            raise AttributeError(name)
        # Both draw with matplotlib: imported when the first picture is asked for.
        from sim.reports import plots
        from sim.reports.style import png_bytes

        draw = getattr(plots, name, None)
        if draw is None:
            known = ", ".join(sorted(getattr(plots, "__all__", ())))
            raise AttributeError(f"there is no figure {name!r}; there are {known}")

        def drawn(*arguments: Any, **options: Any) -> Figure | None:
            figure: Figure | None = draw(self.result, *arguments, **options)
            if figure is not None:
                # A notebook shows what tells how; matplotlib's figures do so only after `%matplotlib inline`.
                vars(figure)["_repr_png_"] = partial(png_bytes, figure)
            return figure

        return drawn


def compare(scenario: Scenario, **options: Any) -> ComparisonResult:
    """Run the arms of a scenario on common random numbers.

    The arms are run now. The summary and the verdict, with the further arms that doubt and break-even take (several
    times as long in a small comparison), come when the result is first asked for them, or is copied or pickled.

    Parameters
    ----------
    scenario : Scenario
        What is run.
    **options
        As for :func:`sim.experiments.compare.compare`: ``replicates``, ``seed``, ``engine``, ``threads`` ... Nothing
        is left for later with ``at_once=True``, nor by default where an ``executor``, ``on_progress`` or ``on_arms``
        is given, which may be gone then.

    Returns
    -------
    ComparisonResult
        Tables as data frames, the summary, the verdict, and ``plot``.

    Raises
    ------
    sim.scenario.errors.ConfigError
        If an option cannot be used.

    Examples
    --------
    >>> scenario = Scenario.load("treadmill", population=60, horizon=4, burn_in=2)
    >>> compare(scenario, replicates=2, seed=1, threads=1).replicates
    2
    """
    lasting = all(options.get(name) is None for name in ("executor", "on_progress", "on_arms"))
    result = comparison.compare(scenario, **{"at_once": not lasting, **options})
    return ComparisonResult(**{field.name: getattr(result, field.name) for field in fields(result) if field.init})
