"""Text is drawn from fonts in memory; a list of all fonts still has the names of their files."""

import mmap
import subprocess
import sys

_SAYS = """
from sim.reports.quick_matplotlib import load_matplotlib
load_matplotlib()
from matplotlib import font_manager, text
fonts = font_manager.fontManager
for weight in ("normal", "bold"):
    found = fonts._find_fonts_by_props(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
    again = fonts._find_fonts_by_props(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
    font = font_manager.get_font(found)
    line = text.get_font(found)
    print(found is again, type(font.fname).__module__, font.postscript_name, line.postscript_name,
          line.get_sfnt_table("OS/2") == font.get_sfnt_table("OS/2"), line.get_sfnt_table("hhea")["ascent"])
fonts.addfont(found[0] if isinstance(found[0], str) else found[0].path)
print(fonts.ttflist[-1].fname.endswith("DejaVuSans-Bold.ttf"))
"""


def _said(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")


def test_fonts_that_are_drawn_with_are_mapped_and_those_listed_are_not():
    lines = _said(_SAYS)
    assert lines[0].split() == ["True", mmap.__name__, "DejaVuSans", "DejaVuSans", "True", "1901"]
    assert lines[1].split() == ["True", mmap.__name__, "DejaVuSans-Bold", "DejaVuSans-Bold", "True", "1901"]
    assert lines[2] == "True"


def test_a_matplotlib_without_these_names_draws_as_by_itself():
    other = (
        "from matplotlib import font_manager, text; del font_manager.ft2font, text.get_font;"
        "del font_manager.FontManager._find_fonts_by_props;"
        "from sim.reports.quick_text import quicken_text; quicken_text();"
        "print(hasattr(font_manager, 'ft2font'), hasattr(text, 'get_font'),"
        " hasattr(font_manager.FontManager, '_find_fonts_by_props'))"
    )
    assert _said(other)[0] == "False False False"
