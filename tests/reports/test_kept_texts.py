"""Kept texts: drawn as if laid out anew, whatever lies in the cache."""

import json
import os
import subprocess
import sys

import pytest

from agents.kept_files import write_kept
from sim.reports import kept_texts
from sim.reports.kept_texts import FontTexts, TextLayout

A = TextLayout(640, 1280, 16, [36, 37], [0, 336])


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_texts, "cache_home", lambda: str(tmp_path / "cache"))
    return tmp_path / "cache" / kept_texts.TEXTS


def _texts(font: bytes = b"font") -> FontTexts:
    return FontTexts(font, "drawn with 1.0")


def test_a_text_is_found_as_it_was_laid_out_by_whoever_draws_with_the_same_font(cache):
    texts = _texts()
    texts.add("AB", A)
    texts.keep()
    found = _texts().find("AB")
    assert found == A
    assert _texts(b"another").find("AB") is None and FontTexts(b"font", "drawn with 2.0").find("AB") is None


def test_texts_of_a_font_whose_file_nobody_knows_are_not_kept(cache):
    texts = FontTexts(None, "drawn with 1.0")
    texts.add("AB", A)
    texts.keep()
    assert texts.find("AB") == A and not cache.exists() and FontTexts(None, "drawn with 1.0").find("AB") is None


def test_what_is_damaged_or_of_another_shape_is_not_believed(cache):
    texts = _texts()
    texts.add("AB", A)
    texts.keep()
    [place] = cache.iterdir()
    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + b"?")
    assert _texts().find("AB") is None
    for other in ([], {"AB": [1.0]}, {"AB": 3}):
        write_kept(place, json.dumps(other).encode(), 5)
        assert _texts().find("AB") is None


def test_of_many_those_that_were_used_last_are_kept(cache, monkeypatch):
    monkeypatch.setattr(kept_texts, "MOST_TEXTS", 2)
    texts = _texts()
    for text in "abc":
        texts.add(text, A)
    assert texts.find("a") is not None
    texts.keep()
    assert [text for text in "abc" if _texts().find(text)] == ["a", "c"]


_DRAWS = """
import hashlib
from sim.reports.quick_matplotlib import load_matplotlib
load_matplotlib()
from matplotlib.textpath import TextToPath
from sim.reports.quick_text import find_texts, keep_texts
from sim.reports.style import canvas, style, svg_text
with style():
    find_texts()
    figure, (axes,) = canvas(2.0)
    axes.set(title="What customers do", xlabel="weeks, \\u4e2d, \\u0e01", ylabel="fi AV")
    axes.set_title("\\u0301 a", loc="right")
print(hashlib.sha256(svg_text(figure).encode()).hexdigest())
keep_texts()
"""


def test_what_is_drawn_with_kept_texts_is_the_same(tmp_path):
    quick = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    slow = _DRAWS.replace("load_matplotlib()\n", "").replace("find_texts()", "pass")
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=quick).stdout
        for code in (_DRAWS, _DRAWS, slow)
    ]
    assert len(set(said)) == 1 and len(list((tmp_path / kept_texts.TEXTS).iterdir())) == 2
