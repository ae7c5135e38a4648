"""Drawing processes: other processes draw the same figures, and whatever happens to them, every figure is there."""

import os
import signal
import subprocess
import sys

import pytest

from sim import Scenario, compare
from sim.reports import drawing_process, kept_figures
from sim.reports import pictures as report
from sim.reports.svg import svg_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drawing processes are forked on Linux alone")


@pytest.fixture(scope="module")
def results():
    """A comparison when its arms were run, and when it was whole."""
    found = []
    scenario = Scenario.load("treadmill", population=40, horizon=8, burn_in=2)
    whole = compare(scenario, replicates=2, on_arms=found.append)
    assert not found[0].doubts and whole.doubts and whole.summary_json["effectiveness"]
    return (*found, whole)


@pytest.fixture(scope="module")
def result(results):
    return results[1]


def _figures(drawn):
    overview, rest = drawn
    return overview, {picture.name: svg_of(picture) for picture in rest}


def _start(monkeypatch):
    """Fork drawing processes although this process has loaded everything: as a test may, which draws nothing meanwhile."""
    monkeypatch.setattr(drawing_process, "_is_safe", lambda: True)
    drawing_process.start()
    assert drawing_process.are_running()
    return drawing_process._running[-1]


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Keep figures in a folder of the test."""
    monkeypatch.setattr(kept_figures, "cache_home", lambda: str(tmp_path / "cache"))
    return tmp_path / "cache" / kept_figures.FIGURES


@pytest.fixture(scope="module")
def alone(result):
    """What one process draws."""
    assert not drawing_process.are_running()
    return _figures(drawing_process.draw_all(result))


@pytest.fixture
def few(result, alone, monkeypatch):
    """Leave the overview and three figures in the report, one of them with the doubt; return what one process draws."""
    every = report.draw_functions
    draws, names = every(result), list(alone[1])
    assert len(draws) == len(names)
    chosen = [0, 1, next(number for number, draw in enumerate(draws) if report.shows_doubt(draw))]
    monkeypatch.setattr(report, "draw_functions", lambda result: [every(result)[number] for number in chosen])
    return alone[0], {names[number]: alone[1][names[number]] for number in chosen}


def test_two_processes_draw_what_one_process_draws(result, alone, monkeypatch):
    assert list(alone[1]) == [picture.name for picture in report.pictures(result)]
    processes = _start(monkeypatch)
    assert _figures(drawing_process.draw_all(result)) == alone
    assert not drawing_process.are_running()
    with pytest.raises(ChildProcessError):
        os.waitpid(processes.process, 0)


def test_what_doubt_cannot_change_is_drawn_before_it_is_known(results, alone, monkeypatch):
    processes = _start(monkeypatch)
    drawing_process.begin(results[0])
    drawing_process.order(results[1])
    drawn = processes.drawn()
    assert drawn.pop(drawing_process._COUNT) == len(drawn) == len(alone[1]) + 1  # nothing is left to this process
    monkeypatch.setattr(processes, "drawn", lambda: {**drawn, drawing_process._COUNT: len(drawn)})
    assert _figures(drawing_process.draw_all(results[1])) == alone


def test_the_same_result_is_not_drawn_again_and_a_damaged_figure_is(results, few, cache, monkeypatch):
    def drawn():
        _start(monkeypatch)
        drawing_process.begin(results[0])
        return _figures(drawing_process.draw_all(results[1]))

    assert drawn() == few and len(list(cache.iterdir())) == 2
    sent = []
    send = drawing_process._DrawingProcesses._send
    monkeypatch.setattr(
        drawing_process._DrawingProcesses, "_send", lambda self, content: (sent.append(content), send(self, content))
    )
    assert drawn() == few and not sent
    largest = max(cache.iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])
    assert drawn() == few and len(sent) == 1
    sent.clear()
    monkeypatch.setattr(kept_figures, "_made_by", lambda: "another version")
    assert drawn() == few and len(sent) == 2


def test_what_draws_is_not_loaded_for_a_question_whose_figures_are_kept(results, few, cache, monkeypatch):
    sent = []
    send = drawing_process._DrawingProcesses._send
    monkeypatch.setattr(
        drawing_process._DrawingProcesses, "_send", lambda self, content: (sent.append(content), send(self, content))
    )

    def asked(question):
        sent.clear()
        _start(monkeypatch)
        drawing_process.expect(question)
        drawing_process.begin(results[0])
        assert _figures(drawing_process.draw_all(results[1])) == few
        loaded = drawing_process._packed(drawing_process._LOAD) in sent
        return loaded, len(sent) > loaded

    assert asked("one") == (True, True)
    assert asked("one") == (False, False)
    assert asked("two") == (True, False)  # the same figures, which nobody could know
    max(cache.iterdir(), key=lambda path: path.stat().st_size).unlink()
    assert asked("one") == (False, True)  # drawn by who loads late
    # Of a result that is too large nothing is kept: it is loaded for at once, each time.
    monkeypatch.setattr(drawing_process, "_MOST_LOOKED_FOR", 0)
    assert asked("three") == asked("three") == (True, True)


def test_what_was_begun_of_another_result_is_not_shown(results, few, monkeypatch):
    scenario = results[1].scenario
    other = compare(scenario, replicates=2, seed=2, effectiveness=False)
    _start(monkeypatch)
    drawing_process.begin(other)
    assert _figures(drawing_process.draw_all(results[1])) == few
    assert not drawing_process.are_running()


def test_a_process_that_is_lost_halfway_leaves_no_figure_out(results, few, monkeypatch):
    processes = _start(monkeypatch)
    drawing_process.begin(results[0])
    os.killpg(processes.process, signal.SIGKILL)
    assert _figures(drawing_process.draw_all(results[1])) == few


def test_processes_that_draw_for_nothing_end(results, monkeypatch):
    processes = _start(monkeypatch)
    drawing_process.begin(results[0])
    drawing_process.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(processes.process, 0)


def test_a_process_that_is_lost_leaves_no_figure_out(result, few, monkeypatch):
    processes = _start(monkeypatch)
    os.kill(processes.process, signal.SIGKILL)
    assert _figures(drawing_process.draw_all(result)) == few


def test_processes_that_are_not_needed_end(monkeypatch):
    processes = _start(monkeypatch)
    drawing_process.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(processes.process, 0)


def test_nothing_is_forked_beside_threads_or_loaded_libraries():
    import matplotlib  # noqa: F401

    drawing_process.start()
    assert not drawing_process.are_running()


def test_only_a_command_that_offers_them_forks_them_once_and_they_load_once(monkeypatch):
    monkeypatch.setattr(drawing_process, "_is_safe", lambda: True)
    sent = []
    monkeypatch.setattr(drawing_process._DrawingProcesses, "_send", lambda self, content: sent.append(content))
    drawing_process.expect("question")
    assert not drawing_process.are_running()
    with drawing_process.offered():
        assert not drawing_process.are_running()
        drawing_process.expect("question")
        (processes,) = drawing_process._running
        drawing_process.expect("another of the same command")
        assert drawing_process._running == [processes] and sent == [drawing_process._packed(drawing_process._LOAD)]
    assert not drawing_process.are_running()
    with pytest.raises(ChildProcessError):
        os.waitpid(processes.process, 0)


def test_a_command_forks_once_it_has_what_a_scenario_is_made_of():
    program = (
        "import sys; from sim.cli import main; from sim.reports import drawing_process\n"
        "def expect(question):\n"
        "    drawing_process.start()\n"
        "    print(drawing_process.are_running(), 'numpy' in sys.modules, 'sim.scenario.scenario' in sys.modules)\n"
        "    raise SystemExit\n"
        "drawing_process.expect = expect\n"
        "main(['compare'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(os.sched_getaffinity(0)) > 1), "True", "True"]


def test_a_command_starts_them_and_does_without_matplotlib_itself(tmp_path):
    program = (
        "import sys; from sim.cli import main\n"
        "words = 'compare population=20 horizon=3 burn_in=0 replicates=1 quiet=true'.split()\n"
        f"main([*words, 'output_dir={tmp_path}'])\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    expected = len(os.sched_getaffinity(0)) < 2
    assert done.stdout.split()[-1] == str(expected)
    (folder,) = (tmp_path / "compare").iterdir()
    assert (folder / "figures" / "overview.png").is_file() and len(list((folder / "figures").glob("*.svg"))) > 5
