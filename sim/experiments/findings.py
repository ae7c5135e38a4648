"""Findings: what is told of a comparison's arms, looked for once, and only when somebody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.analysis.summary import DoubtRuns

__all__ = ["FindOnce", "Findings"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What is told of the arms of a comparison.

    Attributes
    ----------
    summary : dict
        Content of `summary.json`.
    doubts : mapping
        By arm, its runs with other effectiveness, where a strategy states the doubt about it.
    """

    summary: dict[str, Any]
    doubts: Mapping[str, DoubtRuns] = field(default_factory=dict)


class FindOnce:
    """Findings that are looked for when they are first asked for, and kept from then on.

    Several threads may ask: one looks, the others wait. Where looking is interrupted or fails, the next who asks looks
    again. A copy or a pickle holds what was found: another process, or another version of the model, looks for nothing.

    Parameters
    ----------
    find : callable
        Looks for them. What it uses is let go when they are found.

    Examples
    --------
    >>> later = FindOnce(lambda: Findings({"verdict": "It pays."}))
    >>> later.seconds, later().summary
    (0.0, {'verdict': 'It pays.'})
    >>> later() is later()
    True
    """

    __slots__ = ("_find", "_found", "_lock", "_seconds")

    def __init__(self, find: Callable[[], Findings]) -> None:
        self._find: Callable[[], Findings] | None = find
        self._found: Findings | None = None
        self._lock = threading.Lock()
        self._seconds = 0.0

    @classmethod
    def known(cls, findings: Findings, seconds: float = 0.0) -> FindOnce:
        """Return findings that need not be looked for.

        Parameters
        ----------
        findings : Findings
        seconds : float
            How long it took to find them.

        Returns
        -------
        FindOnce
        """
        once = cls(lambda: findings)
        once._found, once._find, once._seconds = findings, None, seconds
        return once

    @property
    def seconds(self) -> float:
        """How long it took to find them; 0 before that."""
        return self._seconds

    def __call__(self) -> Findings:
        """Return them; look for them if nobody asked before."""
        with self._lock:
            if self._found is None:
                assert self._find is not None
                began = perf_counter()
                self._found = self._find()
                self._seconds = perf_counter() - began
                self._find = None
            return self._found

    def __reduce__(self) -> tuple[Callable[..., FindOnce], tuple[Findings, float]]:
        """Pickle and copy what was found."""
        return FindOnce.known, (self(), self._seconds)
