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
    figure, panels = canvas(3.0, 2)
    panels[0].bar([0, 1, 2], [1, 30, 900], hatch="//", label="<a & b>", gid='"')
    panels[0].set(yscale="log", xlabel="")
    panels[0].tick_params(which="both", labelsize=7, colors="#123456")
    panels[0].grid(which="both")
    panels[0].get_yticklabels()[1].set_fontweight("bold")
    panels[0].legend()
    panels[1].set(xlim=(-3, 5), ylim=(0, 1e-7), xticks=[0, 1, 4], ylabel="no digits")
    panels[1].set_xscale("symlog")
    panels[1].minorticks_on()
    panels[1].grid(which="both", axis="x")
    panels[1].fill_between([0, 4], [0, 1e-8], [3e-8, 9e-8], alpha=0.5, label="b")
    figure.add_subplot(projection="polar").tick_params(pad=20)
print(hashlib.sha256(png_bytes(figure)).hexdigest())
print(hashlib.sha256(svg_text(figure).encode()).hexdigest())
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
    assert said[0][:5] == said[1][:5] and said[0][4] == "True True"
    assert (said[0][5], said[1][5]) == ("False", "True")


def test_a_matplotlib_that_writes_its_tables_otherwise_loads_as_by_itself():
    other = (
        "import sys; from matplotlib import artist; del artist.kwdoc, sys.modules['matplotlib.artist'];"
        "from sim.reports.quick_matplotlib import load_matplotlib; load_matplotlib();"
        "from matplotlib.lines import Line2D; print('linewidth' in Line2D.set.__doc__)"
    )
    said = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True).stdout
    assert said == "True\n"


def test_a_matplotlib_that_makes_ticks_and_writes_elements_otherwise_draws_as_by_itself():
    other = (
        "from matplotlib.axis import Axis; from matplotlib.backends import backend_svg;"
        "del Axis._copy_tick_props, backend_svg._escape_cdata; before = Axis._get_tick, backend_svg._XMLWriter;"
        "from sim.reports.quick_svg import quicken_svg; from sim.reports.quick_ticks import quicken_ticks;"
        "quicken_svg(); quicken_ticks(); print(before == (Axis._get_tick, backend_svg._XMLWriter))"
    )
    said = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True).stdout
    assert said == "True\n"
