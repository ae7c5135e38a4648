"""Kept templates: the same page as compiled anew, whatever lies in the cache."""

from pathlib import Path

import pytest

from sim.reports import kept_templates

SLOTS = {"title": "A <b>", "facts": "", "lead": ("One & two.",)}


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_templates, "cache_home", lambda: str(tmp_path / "cache"))
    return tmp_path / "cache" / kept_templates.TEMPLATES


def _page() -> str:
    from sim.reports.document import _environment

    return _environment(html=True).get_template("base.html.jinja").render(
        figures=[], glyphs="", verb="compare", version="1", git_commit="", config_hash="", **SLOTS
    )  # fmt: skip


def test_a_kept_template_fills_the_same_page_and_is_not_compiled_again(cache, monkeypatch):
    first = _page()
    assert len(list(cache.iterdir())) >= 1 and "A &lt;b&gt;" in first
    monkeypatch.setattr("jinja2.Environment.compile", lambda *_: pytest.fail("compiled again"))
    assert _page() == first


def test_what_is_damaged_is_compiled_anew(cache):
    first = _page()
    for place in cache.iterdir():
        place.write_bytes(place.read_bytes()[:-1] + b"?")
    assert _page() == first
    for place in cache.iterdir():
        place.write_bytes(b"")
    assert _page() == first


def test_pages_and_plain_text_and_other_sources_are_kept_apart(cache, monkeypatch):
    bucket = type("Bucket", (), {"key": "a", "checksum": "b"})
    one = kept_templates.KeptTemplates("html")._place(bucket)
    assert one != kept_templates.KeptTemplates("text")._place(bucket)
    monkeypatch.setattr(kept_templates, "_made_by", lambda: "another version")
    assert one != kept_templates.KeptTemplates("html")._place(bucket)


def test_a_cache_that_cannot_be_written_is_no_failure(monkeypatch, tmp_path):
    Path(tmp_path / "file").write_text("")
    monkeypatch.setattr(kept_templates, "cache_home", lambda: str(tmp_path / "file"))
    assert "A &lt;b&gt;" in _page()


def test_only_so_many_are_kept(cache, monkeypatch):
    monkeypatch.setattr(kept_templates, "MOST_KEPT", 1)
    _page()
    assert len(list(cache.iterdir())) == 1
