"""Points: the runs behind a response about levers, as a tidy table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.experiments.factor_response import FactorResponse

__all__ = ["points_table"]


def points_table(
    response: FactorResponse,
    shares: NDArray[np.float64],
    values: NDArray[np.float64],
    more: Mapping[str, Sequence[Any]] | None = None,
) -> Any:
    """Return a row for each point and replicate: further columns, `replicate`, a column per lever, `difference`.

    Parameters
    ----------
    response : FactorResponse
        Its levers name columns.
    shares : float64 (n, k)
        Points of the unit cube; the table has the levers' numbers.
    values : float64 (n, R)
        Differences.
    more : mapping of str to sequence, optional
        Further columns, a value for each point.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    points, replicates = values.shape
    settings = response.settings(shares)

    def each(column: Any) -> Any:
        return np.repeat(np.asarray(column), replicates)

    columns: dict[str, Any] = {"point": each(np.arange(points, dtype=np.int64))}
    columns |= {name: each(column) for name, column in (more or {}).items()}
    columns["replicate"] = np.tile(np.arange(replicates, dtype=np.int64), points)
    columns |= {factor.name: each(settings[:, lever]) for lever, factor in enumerate(response.factors)}
    columns["difference"] = values.ravel()
    return pa.table(columns)
