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
from typing import Any, NamedTuple, cast

import numpy as np

from agents.compiled_sources import cache_folder, settings_asked
from agents.kept_files import hash_of_files, installed_file, read_kept, write_kept

__all__ = ["WHOLE_VECTORS", "ObjectCode", "can_link", "find", "keep", "register_word", "settings_hold"]

#: So many files are kept of one version's code.
_MOST_KEPT = 2000
#: Files of packages that say which version compiled.
_VERSIONS = (("numba", "_version.py"), ("llvmlite", "_version.py"), ("numpy", "version.py"))
#: The feature of a processor that lets loops use all 512 bits of a vector register, as :mod:`agents.compiler` asks.
WHOLE_VECTORS = ",-prefer-256-bit"
#: What Numba's settings are where the user asks for nothing.
_SETTINGS = {"OPT": 3, "CPU_NAME": None, "CPU_FEATURES": None, "BOUNDSCHECK": None}


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
        self.words: dict[str, ctypes.c_void_p] = {}
        self.is_broken = False
        self.alive: list[Any] = []

    def link(self, name: str, parts: Sequence[ObjectCode]) -> Callable[..., Any] | None:
        """Link parts and return Python's way in, or None where something that they call is not there."""
        new = [part for part in parts if part.slot not in self.words]
        wanted = {wanted for part in new for wanted in _wanted_names(part.code)} - {part.slot for part in parts}
        # LLVM ends the process where a name has no address.
        if self.is_broken or not all(_is_there(name) for name in wanted):
            return None
        words = {part.slot: self.words.get(part.slot) or ctypes.c_void_p(None) for part in parts if part.slot}
        before = {slot: _registered[slot] for slot in words if slot in _registered}
        self.is_broken = True
        try:
            for slot, word in words.items():
                register_word(slot, word)
            for part in new:
                self.engine.add_object_file(self.llvm.ObjectFileRef.from_data(part.code))
            self.engine.finalize_object()
            for part in new:
                if part.slot:
                    words[part.slot].value = _found(self.engine.get_function_address(part.symbol))
            way_in = self._way_in(name, parts[-1])
            self.words.update(words)
            self.is_broken = False
        finally:
            if self.is_broken:
                for slot, word in before.items():
                    register_word(slot, word)
        return way_in

    def _way_in(self, name: str, entry: ObjectCode) -> Callable[..., Any]:
        environment = self.functions.Environment({})
        address = _found(self.engine.get_global_value_address(entry.environment))
        ctypes.c_void_p.from_address(address).value = id(environment)
        module, _, function = name.rpartition(".")
        way_in = _found(self.engine.get_function_address(entry.symbol))
        made = self.functions.make_function(_ModuleName(module), function, "", way_in, environment, (self,))
        self.alive += [environment, made]
        return cast(Callable[..., Any], made)


#: The words that hold kernels' addresses, by the names that LLVM knows them by now; and every word that it ever knew.
_registered: dict[str, ctypes.c_void_p] = {}
_words: dict[int, ctypes.c_void_p] = {}


def register_word(name: str, word: ctypes.c_void_p) -> None:
    """Let what is linked from now on find a kernel's address in a word, which is never freed.

    Parameters
    ----------
    name : str
        What the kernel's callers know it by.
    word : c_void_p
    """
    import llvmlite.binding as llvm

    _registered[name] = _words[ctypes.addressof(word)] = word
    llvm.add_symbol(name, ctypes.addressof(word))


def _is_there(name: str) -> bool:
    """Whether a name has an address, and if it is that of a kernel's word, the word has one too."""
    import llvmlite.binding as llvm

    word = _registered.get(name)
    return bool(llvm.address_of_symbol(name) if word is None else word.value)


def _found(address: int) -> int:
    if not address:
        raise RuntimeError("linked code has no address")
    return address


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
    if folder is None or said is None or _made_for(settings_asked()) is None or not settings_hold():
        return None
    digest = hashlib.sha256(f"{_made_for(settings_asked())} {said}".encode()).hexdigest()[:32]
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


@lru_cache
def _made_for(settings: str) -> str | None:
    """Return what else decides machine code, or None where this machine's is not known to be linked so."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or os.path.exists(".numba_config.yaml"):
        return None
    try:
        import llvmlite.binding as llvm

        versions = hash_of_files(sys.version, [installed_file(*file) for file in _VERSIONS])
        machine = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
        return None if versions is None else json.dumps([versions, *machine, settings])
    except (ImportError, OSError, RuntimeError):
        return None


def can_link() -> bool:
    """Whether machine code is linked here, and kept where it can be: Linux on x86-64, and a folder for it."""
    return cache_folder() is not None and _made_for(settings_asked()) is not None


def settings_hold() -> bool:
    """Whether Numba, where it is loaded, is set as the environment says: no program has set it otherwise."""
    config = getattr(sys.modules.get("numba"), "config", None)
    return config is None or all(_is_set(config, name, default) for name, default in _SETTINGS.items())


def _is_set(config: Any, name: str, default: Any) -> bool:
    import llvmlite.binding as llvm

    value, asked = getattr(config, name), os.environ.get(f"NUMBA_{name}")
    if asked is not None:
        return asked == (str(int(value)) if isinstance(value, int) else value)
    ours = f"{llvm.get_host_cpu_features().flatten()}{WHOLE_VECTORS}"
    return value == default or (name == "CPU_FEATURES" and value == ours)


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
