"""Matplotlib without its documentation of properties draws the same bytes, and is documented for who derives from it."""

import subprocess
import sys

_DRAWS = """
import hashlib, sys
if {quickly}:
    from sim.reports.quick_matplotlib import load_matplotlib
    load_matplotlib()
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from sim import Scenario
from sim.reports.journey_map import map_figure
from sim.reports.style import canvas, png_bytes, style, svg_text
figure = map_figure(Scenario.load("treadmill").journeys["proactive"], None, None, None, None, (None, "week"))
print(hashlib.sha256(svg_text(figure).encode()).hexdigest())
with style():
    figure, (axes,) = canvas(2.0)
    axes.set(title="set", xlim=(0, 2))
    axes.add_patch(Rectangle((0, 0), 1, 1)).set(fc="#123456", lw=2)
    axes.plot([0, 1], [1, 0])[0].set(lw=3, c="#654321")
print(hashlib.sha256(png_bytes(figure)).hexdigest())
class Own(Line2D):
    def set_own(self, value):
        "Set what is own."
print("own" in Own.set.__doc__, "own" in str(Own.set.__signature__))
print("linewidth" in (Line2D.set.__doc__ or ""))
"""


def test_what_is_drawn_is_the_same():
    said = [
        subprocess.run(
            [sys.executable, "-c", _DRAWS.format(quickly=quickly)], capture_output=True, text=True, check=True
        ).stdout.split("\n")
        for quickly in (True, False)
    ]
    assert said[0][:3] == said[1][:3] and said[0][2] == "True True"
    assert (said[0][3], said[1][3]) == ("False", "True")


def test_a_matplotlib_that_writes_its_tables_otherwise_loads_as_by_itself():
    other = (
        "import sys; from matplotlib import artist; del artist.kwdoc, sys.modules['matplotlib.artist'];"
        "from sim.reports.quick_matplotlib import load_matplotlib; load_matplotlib();"
        "from matplotlib.lines import Line2D; print('linewidth' in Line2D.set.__doc__)"
    )
    said = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True).stdout
    assert said == "True\n"
