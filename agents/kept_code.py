"""Kept code: machine code that an earlier process compiled, linked and called without Numba.

Loading Numba, and what Numba keeps of a function, takes longer than a small comparison. So the machine code of what
Python calls, and of the kernels that it calls, lies in one more file for each function and combination of types, and
LLVM links it as Numba does: the same code is called through the same way in. The file's name says what was compiled and
for which machine, Python, Numba and settings; its checksum says that it is whole. Where anything is missing, or is not
as it is known to be, Numba is asked.
"""

from __future__ import annotations

import builtins
import ctypes
import hashlib
import json
import os
import platform
import struct
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.compiled_sources import cache_folder
from agents.kept_files import hash_of_files, installed_file, read_kept, write_kept

__all__ = ["ObjectCode", "find", "keep"]

#: So many files are kept of one version's code.
_MOST_KEPT = 2000
#: Files of packages that say which version compiled.
_VERSIONS = (("numba", "_version.py"), ("llvmlite", "_version.py"), ("numpy", "version.py"))
#: Settings that change no machine code.
_HARMLESS = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS")


class ObjectCode(NamedTuple):
    """Machine code of one function: an object file, and what of it is wanted."""

    slot: str  # of a kernel, the name of the word that holds its address; of Python's way in, nothing
    symbol: str
    environment: str
    code: bytes


class _Linker:
    """LLVM's linker, with the functions of Numba and Python that compiled code calls."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.functions = _extension("_dynfunc")
        for module in (_extension("_helperlib"), self.functions):
            for name, address in module.c_helpers.items():
                llvm.add_symbol(f"numba_{name}", address)
        llvm.add_symbol("_Py_NoneStruct", id(None))
        for name, value in vars(builtins).items():
            if isinstance(value, type) and issubclass(value, BaseException):
                llvm.add_symbol(f"PyExc_{name}", id(value))
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self.slots: dict[str, ctypes.c_void_p] = {}
        self.alive: list[Any] = []

    def link(self, name: str, parts: Sequence[ObjectCode]) -> Callable[..., Any] | None:
        """Link parts and return Python's way in, or None where something that they call is not there."""
        llvm, new = self.llvm, [part for part in parts if part.slot not in self.slots]
        for part in new:
            if part.slot:
                self.slots[part.slot] = ctypes.c_void_p(None)
                llvm.add_symbol(part.slot, ctypes.addressof(self.slots[part.slot]))
        # LLVM ends the process where a name has no address.
        if not all(llvm.address_of_symbol(wanted) for part in new for wanted in _wanted_names(part.code)):
            for part in new:
                self.slots.pop(part.slot, None)
            return None
        for part in new:
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(part.code))
        self.engine.finalize_object()
        for part in new:
            if part.slot:
                self.slots[part.slot].value = self.engine.get_function_address(part.symbol)
        entry = parts[-1]
        environment = self.functions.Environment({})
        address = self.engine.get_global_value_address(entry.environment)
        ctypes.c_void_p.from_address(address).value = id(environment)
        module, _, function = name.rpartition(".")
        way_in = self.engine.get_function_address(entry.symbol)
        made = self.functions.make_function(_ModuleName(module), function, "", way_in, environment, (self,))
        self.alive += [environment, made]
        return made


class _ModuleName:
    """What Numba takes a module's name from."""

    def __init__(self, name: str) -> None:
        self.__name__ = name


def find(name: str, kinds: Sequence[Any]) -> Callable[..., Any] | None:
    """Return a function that an earlier process compiled for such arguments, or None.

    Parameters
    ----------
    name : str
        Its full name.
    kinds : sequence
        What tells its arguments apart.
    """
    place = _place(name, kinds)
    kept = None if place is None else read_kept(place)
    if kept is None:
        return None
    try:
        size = int.from_bytes(kept[:8], "big")
        parts, start = [], 8 + size
        for slot, symbol, environment, length in json.loads(kept[8:start]):
            parts.append(ObjectCode(slot, symbol, environment, kept[start : start + length]))
            start += length
        return _linker().link(name, parts)
    except (ValueError, OSError, ImportError, AttributeError, RuntimeError):
        return None


def keep(name: str, kinds: Sequence[Any], parts: Sequence[ObjectCode]) -> None:
    """Keep what was compiled, for processes to come; where that cannot be, they ask Numba.

    Parameters
    ----------
    name : str
        Its full name.
    kinds : sequence
        What tells its arguments apart.
    parts : sequence of ObjectCode
        Machine code of the kernels that it calls, and at last its own; nothing where it cannot be kept.
    """
    place = _place(name, kinds) if parts and not parts[-1].slot else None
    if place is not None:
        head = json.dumps([[part.slot, part.symbol, part.environment, len(part.code)] for part in parts]).encode()
        content = len(head).to_bytes(8, "big") + head + b"".join(part.code for part in parts)
        write_kept(place, content, _MOST_KEPT)


def _place(name: str, kinds: Sequence[Any]) -> Path | None:
    folder, said = cache_folder(), _said(kinds)
    if folder is None or said is None or _made_for() is None:
        return None
    digest = hashlib.sha256(f"{_made_for()} {said}".encode()).hexdigest()[:32]
    return Path(folder) / "linked" / f"{name}.{digest}"


def _said(kind: Any) -> str | None:
    """Write out what tells arguments apart, or return None where it is not known how they are compiled."""
    if isinstance(kind, tuple):
        parts = [_said(item) for item in kind]
        return None if None in parts else f"({','.join(map(str, parts))})"
    if isinstance(kind, np.dtype):
        return f"{kind!r}{kind.itemsize}{kind.isalignedstruct}"
    if kind in (int, float, bool, type(None)):
        return str(kind.__name__)
    if isinstance(kind, int):
        return str(kind)
    if isinstance(kind, type) and issubclass(kind, np.number | np.bool_ | np.ndarray | np.void | tuple):
        return f"{kind.__module__}.{kind.__qualname__}"
    return None


@lru_cache(maxsize=1)
def _made_for() -> str | None:
    """Return what else decides machine code, or None where this machine's is not known to be linked so."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or os.path.exists(".numba_config.yaml"):
        return None
    try:
        import llvmlite.binding as llvm

        settings = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_")}
        versions = hash_of_files(sys.version, [installed_file(*file) for file in _VERSIONS])
        machine = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
        asked = sorted(item for item in settings.items() if item[0] not in _HARMLESS)
        return None if versions is None else json.dumps([versions, *machine, asked])
    except (ImportError, OSError, RuntimeError):
        return None


@lru_cache(maxsize=1)
def _linker() -> _Linker:
    return _Linker()


def _extension(name: str) -> Any:
    """Load one of Numba's extension modules without the rest of Numba."""
    loaded = sys.modules.get(f"numba.{name}")
    if loaded is not None:
        return loaded
    file = next(installed_file("numba").parent.glob(f"{name}.*.so"), None)
    spec = None if file is None else spec_from_file_location(f"numba.{name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"numba.{name} is not installed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _wanted_names(code: bytes) -> list[str]:
    """Return the names that an ELF object file leaves to be found elsewhere."""
    if code[:5] != b"\x7fELF\x02":
        raise ValueError("not an ELF object file of 64 bits")
    (table,) = struct.unpack_from("<Q", code, 40)
    size, count = struct.unpack_from("<HH", code, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, table + number * size) for number in range(count)]
    names = []
    for section in sections:
        if section[1] != 2:  # a table of symbols
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, _, _, where = struct.unpack_from("<IBBH", code, at)
            if name and not where:
                names.append(code[strings + name : code.index(b"\0", strings + name)].decode())
    return names
