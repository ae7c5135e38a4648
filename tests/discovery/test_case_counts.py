"""Case counts: what SciPy's sparse matrices say of them, compiled or not, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sim.discovery import case_counts
from sim.discovery.case_counts import counted

_CASES, _WIDTH = 300, 17


def _drawn():
    luck = np.random.default_rng(_CASES)
    case, column = luck.integers(0, _CASES, 4_000), luck.integers(0, _WIDTH, 4_000)
    # The last case has none.
    case[case == _CASES - 1] = 0
    return case, column, luck.integers(0, 3, 4_000) / 2, luck.random((3, _WIDTH)), luck.random((3, _CASES))


@pytest.mark.parametrize("most_cells", [0, 1_000_000])
@pytest.mark.parametrize("many", [0, 1_000_000])
def test_counts_are_those_of_a_sparse_matrix(monkeypatch, most_cells, many):
    monkeypatch.setattr(case_counts, "_MOST_CELLS", most_cells)
    monkeypatch.setattr(case_counts, "_MANY", many)
    case, column, number, by_column, by_case = _drawn()
    found = counted(case, column, number, (_CASES, _WIDTH))
    known = csr_matrix((number, (case, column)), shape=(_CASES, _WIDTH))
    known.eliminate_zeros()
    assert np.array_equal(found.first, known.indptr) and np.array_equal(found.column, known.indices)
    assert np.array_equal(found.table(), known.toarray()) and np.array_equal(found.number, known.data)
    assert np.array_equal(found.total(), np.asarray(known.sum(axis=0)).ravel())
    assert np.array_equal(found.by_case(by_column), (known @ by_column.T).T)
    assert np.array_equal(found.by_column(by_case), by_case @ known)
    some = np.array([5, 0, 299, 5])
    assert np.array_equal(found.of(some).table(), known[some].toarray())


def test_what_adds_up_to_nothing_is_not_counted():
    found = counted(np.array([0, 1]), np.array([1, 0]), np.array([0.0, 2.0]), (2, 2))
    assert found.column.tolist() == [0] and found.first.tolist() == [0, 0, 1]
