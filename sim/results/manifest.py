"""Manifest: which code, configuration and machine made a result, how fast, and where the checksums are."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

import sim
from sim.execution.checked_file import DamagedFile, read_ordinary
from sim.installed_version import installed_version
from sim.results.checksums import CHECKSUMS, read_checksums
from sim.scenario.errors import ConfigError
from sim.scenario.schema import show

if TYPE_CHECKING:
    from sim.experiments.result import Result

__all__ = [
    "MANIFEST",
    "config_hash",
    "provenance",
    "read_json",
    "read_manifest",
    "resolved_config",
]

MANIFEST = "manifest.json"

_PACKAGES = ("numpy", "numba", "mesa", "pandas", "pyarrow", "scipy", "matplotlib", "hydra-core")
_GIT_SECONDS = 5.0
_LARGEST_JSON = 256 << 20
_TEXTS = ("version", "git_commit", "config_hash", "engine", "started", "scenario", "verb", "order")
_COUNTS = ("seed", "replicates", "threads")
_LARGEST_COUNT = 2**63 - 1
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
        Further entries: the verb, the name of what was run, counts. Of `customer_weeks` those that were simulated;
        left out, they were not counted.

    Returns
    -------
    dict
    """
    decisive = {key: value for key, value in config.items() if key not in _INDIFFERENT}
    weeks = more.pop("customer_weeks", None)
    return {
        "version": sim.__version__,
        "git_commit": _git_commit(),
        "config_hash": _hash(decisive),
        **{key: config[key] for key in ("seed", "replicates", "engine", "threads") if key in config},
        "packages": {"python": python_version(), **_versions()},
        "started": started,
        "wall_seconds": round(wall_seconds, 3),
        "customer_weeks": weeks,
        "customer_weeks_per_second": None if weeks is None else round(weeks / max(wall_seconds, 1e-9)),
        **more,
        "checksums": CHECKSUMS,
    }


def _hash(decisive: Mapping[str, Any]) -> str:
    canonical = json.dumps(decisive, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(canonical.encode()).hexdigest()


def _decisive(result: Result) -> dict[str, Any]:
    said = {**result.scenario.to_dict(), "seed": result.seed, "replicates": result.replicates}
    if result.ensemble is not None:
        from sim.calibration.ensemble import SEEDS

        said |= {"replicates": result.replicates // SEEDS, "ensemble": result.ensemble.plain()}
    return said


def _versions() -> dict[str, str]:
    found = {package: installed_version(package) for package in _PACKAGES}
    return {package: version for package, version in found.items() if version is not None}


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


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the `manifest.json` of a result folder.

    Raises
    ------
    ConfigError
        If it cannot be read, or an entry that is used is no text or number.
    """
    listed = read_checksums(folder)
    manifest = read_json(folder / MANIFEST, listed.get(MANIFEST))
    if "checksums" in manifest and MANIFEST not in listed:
        raise ConfigError(f"{folder / CHECKSUMS}: is not there, or does not list {MANIFEST}; write the run again")
    for key in _TEXTS:
        if not isinstance(manifest.get(key), str | None):
            raise _odd(folder, key, manifest[key], "a text")
    for key in _COUNTS:
        value = manifest.get(key)
        if value is not None and (type(value) is not int or abs(value) > _LARGEST_COUNT):
            raise _odd(folder, key, value, "a whole number of 64 bits")
    seconds = manifest.get("wall_seconds")
    if seconds is not None and (type(seconds) not in (int, float) or not math.isfinite(seconds)):
        raise _odd(folder, "wall_seconds", seconds, "a number")
    return manifest


def _odd(folder: Path, key: str, value: object, accepted: str) -> ConfigError:
    return ConfigError(f"{folder / MANIFEST}: {key} is {show(value)[:80]}; a manifest has {accepted} there")


def read_json(path: Path, checksum: str | None = None) -> dict[str, Any]:
    """Read a mapping from a JSON file.

    Parameters
    ----------
    path : Path
    checksum : str, optional
        SHA-256 that it is held to.

    Raises
    ------
    ConfigError
        If it is no ordinary file, was changed, or holds no mapping.
    """
    try:
        content = json.loads(read_ordinary(path, _LARGEST_JSON, checksum))
    except DamagedFile as error:
        raise ConfigError(f"{path}: {error}; write the run again") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON ({error}); write the run again") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds {type(content).__name__}, not a mapping; write the run again")
    return content
