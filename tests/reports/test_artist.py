"""Artists: other processes draw the same figures, and whatever happens to them, every figure is there."""

import os
import signal
import subprocess
import sys

import pytest

from sim import Scenario, compare
from sim.reports import artist
from sim.reports.pictures import pictures
from sim.reports.svg import svg_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="artists are forked on Linux alone")


@pytest.fixture(scope="module")
def result():
    return compare(Scenario.load("treadmill", population=40, horizon=8, burn_in=2), replicates=1, effectiveness=False)


def _figures(drawn):
    overview, rest = drawn
    return overview, {picture.name: svg_of(picture) for picture in rest}


def _engage(monkeypatch):
    """Fork artists although this process has loaded everything: as a test may, which draws nothing meanwhile."""
    monkeypatch.setattr(artist, "_is_safe", lambda: True)
    artist.engage()
    assert artist.are_engaged()
    return artist._engaged[-1]


@pytest.fixture
def alone(result):
    """What one process draws."""
    assert not artist.are_engaged()
    return _figures(artist.draw_all(result))


def test_two_artists_draw_what_one_process_draws(result, alone, monkeypatch):
    assert list(alone[1]) == [picture.name for picture in pictures(result)]
    artists = _engage(monkeypatch)
    assert _figures(artist.draw_all(result)) == alone
    assert not artist.are_engaged()
    with pytest.raises(ChildProcessError):
        os.waitpid(artists.process, 0)


def test_an_artist_that_is_lost_leaves_no_figure_out(result, alone, monkeypatch):
    artists = _engage(monkeypatch)
    os.kill(artists.process, signal.SIGKILL)
    assert _figures(artist.draw_all(result)) == alone


def test_artists_that_are_not_needed_end(monkeypatch):
    artists = _engage(monkeypatch)
    artist.dismiss()
    with pytest.raises(ChildProcessError):
        os.waitpid(artists.process, 0)


def test_nothing_is_forked_beside_threads_or_loaded_libraries():
    artist.engage()  # numpy is loaded here
    assert not artist.are_engaged()


def test_a_command_engages_artists_and_does_without_matplotlib_itself(tmp_path):
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
