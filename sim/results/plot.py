"""Plot: one column of a finished sweep over another, as a picture of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.results.folder import publish
from sim.results.selection import select
from sim.results.table import read_table
from sim.scenario.errors import ConfigError

__all__ = ["plot_sweep"]


def plot_sweep(folder: Path, output_dir: str | Path, *, x: str, y: str, where: str = "") -> Path:
    """Draw every run's difference from the baseline over one of its values; return the picture's path.

    Parameters
    ----------
    folder : Path
        Result folder of a sweep.
    output_dir : path
        Folder of all results.
    x : str
        A column or a lever, its whole path or the end of it; empty: the first lever.
    y : str
        A figure.
    where : str
        Conditions; see :func:`sim.results.selection.select`.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the folder is none of a sweep, or a column does not exist or holds no numbers.
    """
    import pyarrow as pa

    from sim.number_format import compact
    from sim.reports.figures.sweep import draw_scatter, short_path
    from sim.reports.style import svg_text

    if not (folder / "differences.parquet").is_file():
        raise ConfigError(f"run is {folder.name!r}, which is no sweep; name a result folder of journey sweep")
    table = select(read_table(folder, "differences"), where=",".join(filter(None, ["persona=all", where])))
    if not x:
        x = table.column_names[3]
    chosen = select(table, columns=[x, y, "arm"])
    name_x, name_y = chosen.column_names[:2]
    for name in (name_x, name_y):
        if not (pa.types.is_floating(chosen[name].type) or pa.types.is_integer(chosen[name].type)):
            raise ConfigError(f"{name} holds words; a plot needs numbers on both axes")
    arms = chosen["arm"].to_pylist()
    across, up = (np.asarray(chosen[name].to_numpy(), np.float64) for name in (name_x, name_y))
    series = {
        arm: (across[[word == arm for word in arms]], up[[word == arm for word in arms]]) for arm in dict.fromkeys(arms)
    }
    figure = draw_scatter(series, x=name_x, y=f"{name_y}, difference from the baseline", write=compact)

    def fill(place: Path) -> None:
        (place / "plot.svg").write_text(svg_text(figure), encoding="utf-8")

    return publish(output_dir, "results", f"{name_y}_over_{short_path(name_x)}", fill) / "plot.svg"
