"""The machine that measures: what it is, and what runs on it besides. No host names, no paths."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from llvmlite.binding import get_host_cpu_features

from sim.execution.executors import usable_threads

__all__ = ["INSTRUCTION_SETS", "instruction_set", "machine"]

#: Instruction sets for which targets are judged apart, and the widest feature that tells each.
INSTRUCTION_SETS: dict[str, str] = {"AVX2": "avx2", "AVX-512": "avx512f"}


def machine() -> dict[str, Any]:
    """Describe processor, memory, Python and the packages that speed depends on."""
    return {
        "processor": _processor(),
        "instructions": instruction_set(),
        "compiled_for": numba.config.CPU_NAME or "host",
        "cores": usable_threads(None),
        "caches": _caches(),
        "memory_gib": round(_memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("numba", "numpy", "mesa")},
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def instruction_set() -> str:
    """Return the widest vector instructions that Numba compiles for: those of the processor, or what it is told.

    `NUMBA_CPU_NAME=generic` and `NUMBA_CPU_FEATURES=+avx2,-avx512f,...` narrow them, so that one machine measures both.
    """
    if numba.config.CPU_FEATURES is not None:
        words = numba.config.CPU_FEATURES.split(",")
        features = {word[1:] for word in words if word.startswith("+")}
    elif numba.config.CPU_NAME not in (None, "host"):
        features = set()
    else:
        features = {name for name, there in get_host_cpu_features().items() if there}
    if not numba.config.ENABLE_AVX:
        features = set()
    widest = [name for name, feature in INSTRUCTION_SETS.items() if feature in features]
    return widest[-1] if widest else "neither AVX2 nor AVX-512"


def _processor() -> str:
    found: dict[str, str] = {}
    place = Path("/proc/cpuinfo")
    if place.exists():
        for line in place.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            found.setdefault(name.strip(), value.strip())
    name = found.get("model name") or platform.processor() or "unknown"
    numbers = [found[key] for key in ("cpu family", "model") if key in found]
    flags = found.get("flags", "").split()
    wide = next((word for word in ("avx512f", "avx2", "avx") if word in flags), "")
    details = [f"family {numbers[0]}, model {numbers[1]}" if len(numbers) == 2 else "", wide]
    told = ", ".join(part for part in details if part)
    return f"{name} ({told})" if told else name


def _caches() -> dict[str, str]:
    caches = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((index / part).read_text(encoding="utf-8").strip() for part in ("level", "type", "size"))
        if kind != "Instruction":
            caches[f"L{level}"] = size
    return caches


def _memory() -> int:
    if sys.platform == "win32":
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
