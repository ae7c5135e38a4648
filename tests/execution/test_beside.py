"""Beside: a task in a process of its own gives what it gives here, also where that process fails, is lost or not there."""

from __future__ import annotations

import os
import signal
import time

import pytest

from sim.execution import beside as module
from sim.execution.beside import beside


@pytest.fixture
def forks(monkeypatch):
    """Fork although a test runner has threads."""
    monkeypatch.setattr(module, "_is_safe", lambda: True)


def test_the_result_of_another_process_is_returned(forks):
    with beside(os.getpid) as result:
        assert result() != os.getpid()
    with beside(os.getpid, apart=False) as result:
        assert result() == os.getpid()


def test_what_fails_there_fails_here(forks):
    with pytest.raises(ZeroDivisionError), beside(lambda: 1 // 0) as result:
        result()


def test_a_lost_process_is_done_without(forks):
    here = os.getpid()

    def task():
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    with beside(task) as result:
        assert result() == "done"


def test_who_needs_no_result_waits_for_none(forks, monkeypatch):
    began, made, fork = time.monotonic(), [], os.fork
    monkeypatch.setattr(os, "fork", lambda: made.append(fork()) or made[-1])
    with pytest.raises(KeyboardInterrupt), beside(lambda: time.sleep(600)):
        raise KeyboardInterrupt
    assert time.monotonic() - began < 300
    with pytest.raises(ChildProcessError):
        os.waitpid(made[0], os.WNOHANG)


def test_who_goes_at_once_waits_for_none_either(forks):
    """The process may be so young that it has the caller's handlers of signals still."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(50):
            with beside(lambda: time.sleep(600)):
                pass
    finally:
        signal.signal(signal.SIGTERM, before)
