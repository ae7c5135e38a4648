"""The machine that measures: what it is, and what runs on it besides. No host names, no paths."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.execution.executors import usable_threads

__all__ = ["machine"]


def machine() -> dict[str, Any]:
    """Describe processor, memory, Python and the packages that speed depends on."""
    return {
        "processor": _processor(),
        "cores": usable_threads(None),
        "caches": _caches(),
        "memory_gib": round(_memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("numba", "numpy", "mesa")},
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


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
