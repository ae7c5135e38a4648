"""Case age: clocks that run from the beginning of a case, and states parted by the age at which they are entered."""

from __future__ import annotations

import numpy as np
import pytest

from sim.data.log_file import read_event_log
from sim.discovery.at_once import told_apart
from sim.discovery.case_age import with_ages
from sim.discovery.cases import cases_of
from sim.discovery.context import MOST_STATES, find_contexts
from sim.discovery.discover import discover
from sim.discovery.hazards import ended_weights, fit_hazards

_HOUR = 3600
#: Wanted of simulated cases' distances over those of resampled real ones.
_RATIO = 1.15


def _log(path, work, close):
    """Cases open, are solved after some hours of work, and are closed at some age."""
    begin = np.random.default_rng(9).uniform(0, 200 * 24 * _HOUR, work.size)
    rows = ["case,activity,time"]
    for case, (start, solved, closed) in enumerate(zip(begin, work * _HOUR, close * _HOUR, strict=True)):
        rows += [
            f"{case},{name},{np.datetime64('2024-01-01') + np.timedelta64(round(start + age), 's')}"
            for name, age in (("open", 0.0), ("solve", solved), ("close", closed))
        ]
    path.write_text("\n".join(rows) + "\n")
    return read_event_log(path)


def _tickets(luck):
    """All are closed 40 hours after they were opened, or 6 after they were solved, whichever is later."""
    work = luck.exponential(25.0, 600)
    return work, np.maximum(luck.uniform(38.0, 42.0, 600), work + 6.0)


def test_cases_that_are_closed_at_an_age_are_as_near_as_real_ones(tmp_path):
    log = _log(tmp_path / "tickets.csv", *_tickets(np.random.default_rng(1)))
    found = discover(log, "tickets", "", goal="close", seed=1, threads=1)
    solve = cases_of(log).stages.index("solve")
    mine = [at for at in range(len(found.contexts.keys)) if found.contexts.stage_at(at) == solve]
    first, *late = sorted(mine, key=lambda at: found.contexts.ages[at])
    assert found.contexts.forward[first] and found.contexts.ages[first] == 0 and found.phases.count == 1
    assert late and 24 <= found.contexts.ages[late[-1]] * found.seconds / _HOUR <= 42
    near = found.distances
    assert near.length <= _RATIO * near.length_floor and near.goal <= _RATIO * near.goal_floor
    journey = found.files["journey"]["tickets"]
    assert any(edge.get("clock") == "forward" for edge in journey["edges"])
    assert [edge["during"] for edge in journey["edges"] if "__from_" in edge["to"]]


@pytest.mark.parametrize("by_age", [True, False])
def test_a_stage_that_takes_no_time_has_shares_by_age_where_this_tells_where_cases_go(tmp_path, by_age):
    """After some hours of work cases are checked and, a second later, granted, or refused if older than 40 hours."""
    luck = np.random.default_rng(4)
    work = luck.exponential(30.0, 800)
    refused = work >= 40.0 if by_age else luck.random(800) < 0.3
    rows = ["case,activity,time"]
    for case, (age, no) in enumerate(zip(work.tolist(), refused.tolist(), strict=True)):
        begin = np.datetime64("2024-01-01") + np.timedelta64(round(luck.uniform(0, 200 * 24) * _HOUR), "s")
        check = begin + np.timedelta64(round(age * _HOUR), "s")
        decided, closed = (
            check + np.timedelta64(1, "s"),
            check + np.timedelta64(round(luck.gamma(4.0, 5.0) * _HOUR), "s"),
        )
        for name, time in (
            ("open", begin),
            ("check", check),
            ("refuse" if no else "grant", decided),
            ("close", closed),
        ):
            rows.append(f"{case},{name},{time}")
    (tmp_path / "decisions.csv").write_text("\n".join(rows) + "\n")
    cases, at_once = told_apart(cases_of(read_event_log(tmp_path / "decisions.csv")), _HOUR, MOST_STATES)
    check = cases.stages.index("check")
    assert at_once.instant[check]
    over = ended_weights(cases, cases.stage)
    found = with_ages(cases, find_contexts(cases, 1, MOST_STATES, at_once), over, _HOUR, 1, MOST_STATES)
    assert found.forward[found.keys.index((check,))] or not by_age
    refuse = cases.stages.index("refuse")
    (way,) = (
        edge
        for edge in fit_hazards(cases, found, _HOUR).edges
        if edge.source == found.keys.index((check,)) and found.stage_at(edge.target) == refuse
    )
    shares = dict(way.by_step)
    assert way.forward == by_age and (by_age or len(shares) == 1)
    if by_age:
        assert max(share for age, share in shares.items() if age < 30) < 0.05
        assert min(share for age, share in shares.items() if age > 42) > 0.95


@pytest.mark.parametrize("shape", [1.0, 4.0])
def test_where_age_tells_nothing_no_state_is_parted_and_no_clock_runs_on(tmp_path, shape):
    luck = np.random.default_rng(2)
    work = luck.gamma(shape, 20.0, 600)
    log = _log(tmp_path / "free.csv", work, work + luck.gamma(shape, 20.0, 600))
    cases, at_once = told_apart(cases_of(log), _HOUR, MOST_STATES)
    over = ended_weights(cases, cases.stage)
    found = with_ages(cases, find_contexts(cases, 1, MOST_STATES, at_once), over, _HOUR, 1, MOST_STATES)
    assert not any(found.ages)
    solve = cases.stages.index("solve")
    assert not [key for key, clock in zip(found.keys, found.forward, strict=True) if clock and key[0] == solve]


@pytest.mark.slow
def test_age_is_said_to_tell_nothing_in_40_logs_in_which_it_does_not(tmp_path):
    """None of the 40 was parted and no clock ran on when this was written; one may."""
    told = 0
    for seed in range(40):
        luck, shape = np.random.default_rng(100 + seed), (1.0, 4.0)[seed % 2]
        work = luck.gamma(shape, 20.0, 600)
        log = _log(tmp_path / "free.csv", work, work + luck.gamma(shape, 20.0, 600))
        cases, at_once = told_apart(cases_of(log), _HOUR, MOST_STATES)
        over = ended_weights(cases, cases.stage)
        found = with_ages(cases, find_contexts(cases, 1, MOST_STATES, at_once), over, _HOUR, 1, MOST_STATES)
        told += any(found.ages) or any(found.forward)
    assert told <= 1
