"""Installed version: what the standard library says of every installed distribution."""

import sys
from importlib.metadata import distributions, version

import sim
from sim.installed_version import installed_version
from sim.results.manifest import _PACKAGES, _versions


def test_it_is_what_the_standard_library_says():
    names = {found.metadata["Name"] for found in distributions()}
    assert {name: installed_version(name) for name in names} == {name: version(name) for name in names}
    assert _versions() == {name: version(name) for name in _PACKAGES}


def test_case_hyphens_and_points_do_not_tell_names_apart():
    assert installed_version("Hydra_Core") == installed_version("hydra.core") == version("hydra-core")


def test_an_older_form_of_installation_is_found(tmp_path, monkeypatch):
    information = tmp_path / "old_package.egg-info"
    information.mkdir()
    (information / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: old-package\nVersion: 3.2\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert installed_version("old-package") == "3.2"
    assert installed_version("no-such-package") is None


def test_the_simulator_has_a_version():
    assert sim.__version__ == (installed_version("journey-simulator") or "0+unknown")
