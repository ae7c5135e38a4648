"""Log selection: a sample of the cases of a log, or its cases split into sessions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.data.event_log import EventLog

__all__ = ["sample_of", "sessions_of"]

_MINUTE = 60 * 10**6


def sessions_of(log: EventLog, minutes: float) -> EventLog:
    """Split every case where nothing happens for longer than so many minutes; a gap of exactly as many does not split.

    Parameters
    ----------
    log : EventLog
    minutes : float
        30 is what web analytics uses.

    Returns
    -------
    EventLog
        Its cases are sessions, `CASE/1`, `CASE/2` and so on; cases without events stay as they are.
    """
    new_case = np.r_[True, np.diff(log.case) != 0]
    split = np.r_[False, np.diff(log.time) > minutes * _MINUTE]
    session = np.cumsum(new_case | split) - 1
    begins = np.flatnonzero(new_case | split)
    whose = log.case[begins]
    first = np.flatnonzero(np.r_[True, np.diff(whose) != 0])
    number = np.arange(whose.size) - np.repeat(first, np.diff(np.r_[first, whose.size])) + 1
    names = [f"{log.case_names[case]}/{at}" for case, at in zip(whose.tolist(), number.tolist(), strict=True)]
    silent = np.setdiff1d(np.arange(log.cases), whose)
    names += [log.case_names[case] for case in silent.tolist()]
    return replace(log, case=session, case_names=tuple(names), tied_share=_tied(session, log.time))


def sample_of(log: EventLog, size: int, seed: int) -> EventLog:
    """Return exactly so many of the cases, drawn by the seed alike on every machine; all where there are no more.

    Parameters
    ----------
    log : EventLog
    size : int
        Cases, those without events too.
    seed : int

    Returns
    -------
    EventLog
        Events of other cases count as left out.
    """
    if size >= log.cases:
        return log
    chosen = np.sort(np.random.default_rng([seed, 23]).permutation(log.cases)[:size])
    number = np.full(log.cases, -1)
    number[chosen] = np.arange(size)
    kept = number[log.case] >= 0
    case, time = number[log.case[kept]], log.time[kept]
    left_out = dict(log.left_out)
    if (others := int((~kept).sum())) > 0:
        left_out["of cases that are not in the sample"] = others
    return replace(
        log,
        case=case,
        activity=log.activity[kept],
        time=time,
        begun=log.begun[kept],
        case_names=tuple(log.case_names[at] for at in chosen.tolist()),
        extra={name: (codes[kept], values) for name, (codes, values) in log.extra.items()},
        amount=None if log.amount is None else log.amount[kept],
        left_out=left_out,
        tied_share=_tied(case, time),
    )


def _tied(case: np.ndarray, time: np.ndarray) -> float:
    tied = (np.diff(case) == 0) & (np.diff(time) == 0)
    return float(tied.sum() / case.size) if case.size else 0.0
