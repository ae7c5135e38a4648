"""Manifest: which code, configuration and machine made a result, and how fast."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

import sim

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = ["config_hash", "provenance", "resolved_config"]

_PACKAGES = ("numpy", "numba", "mesa", "pandas", "pyarrow", "scipy", "matplotlib", "hydra-core")
_GIT_SECONDS = 5.0
#: Keys of a configuration that cannot change the data.
_INDIFFERENT = ("engine", "threads", "output_dir", "progress", "quiet", "executor")


def resolved_config(result: Result) -> dict[str, Any]:
    """Return everything the run depended on, and engine and threads, on which the data do not depend."""
    return {**_decisive(result), "engine": result.engine, "threads": result.threads}


def config_hash(result: Result) -> str:
    """Return the SHA-256 of what decides the data: scenario, seed, replicates. Not engine, threads or paths."""
    return _hash(_decisive(result))


def provenance(config: Mapping[str, Any], *, started: str, wall_seconds: float, **more: Any) -> dict[str, Any]:
    """Return the content of `manifest.json` for a run of any verb.

    Parameters
    ----------
    config : mapping
        The whole resolved configuration; keys that cannot change the data are left out of its hash.
    started : str
        When the run began, ISO 8601.
    wall_seconds : float
        How long it took.
    **more
        Further entries: the verb, the name of what was run, counts.
    """
    decisive = {key: value for key, value in config.items() if key not in _INDIFFERENT}
    return {
        "version": sim.__version__,
        "git_commit": _git_commit(),
        "config_hash": _hash(decisive),
        **{key: config[key] for key in ("seed", "replicates", "engine", "threads") if key in config},
        "packages": {"python": python_version(), **_versions()},
        "started": started,
        "wall_seconds": round(wall_seconds, 3),
        **more,
    }


def _hash(decisive: Mapping[str, Any]) -> str:
    canonical = json.dumps(decisive, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(canonical.encode()).hexdigest()


def _decisive(result: Result) -> dict[str, Any]:
    said = {**result.scenario.to_dict(), "seed": result.seed, "replicates": result.replicates}
    if result.ensemble is not None:
        from sim.calibration.ensemble import LUCKS

        said |= {"replicates": result.replicates // LUCKS, "ensemble": result.ensemble.plain()}
    return said


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git_commit() -> str | None:
    """Return the commit of the checkout that the code lies in; None where there is no git or no checkout."""
    home = Path(__file__).resolve().parents[2]
    if not (home / ".git").exists():
        return None  # installed somewhere: a repository further up is another one
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=home, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
