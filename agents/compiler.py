"""The compiler: how Numba compiles and keeps what :mod:`agents.compiled` marks; imported only where it has to be.

Numba's own cache watches only the file of the function it compiles: after an edit of a rule in another file the old
number would come back. So the cache lies in a folder named by a hash of every source that compiled code is made of.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numba
from llvmlite import binding
from numba import njit
from numba.core import event
from numba.core.caching import FunctionCache

from agents.compiled_sources import wanted_modules, writable_cache_folder
from agents.kept_code import WHOLE_VECTORS, ObjectCode, settings_hold

__all__ = ["dispatcher", "entry_for", "inner_dispatcher", "part_for", "parts_of", "type_of"]

_DECORATING = threading.RLock()
#: Processors that slow down while they calculate with 512 bits.
_SLOWED_BY_512_BITS = ("skylake-avx512", "cascadelake", "cooperlake")


def _use_whole_vectors() -> None:
    """Let loops use all 512 bits of a vector register; no result depends on it.

    LLVM holds loops to 256 bits on every Intel processor, for the sake of those that slow down. It is too late, and
    nothing changes, where Numba has compiled something in this process before.
    """
    asked = numba.config.CPU_NAME is not None or numba.config.CPU_FEATURES is not None
    if asked or not numba.config.ENABLE_AVX or binding.get_host_cpu_name() in _SLOWED_BY_512_BITS:
        return
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        numba.config.CPU_FEATURES = f"{features.flatten()}{WHOLE_VECTORS}"


_use_whole_vectors()


class _NoCollection(event.Listener):
    """Disable garbage collection while numba compiles: its millions of objects all stay alive until it is done.

    Otherwise a fifth of the time of a cold start goes into collections that free nothing.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.was_enabled = False

    def on_start(self, event: Any) -> None:
        """Disable collection at the start of the outermost compilation."""
        if self.depth == 0:
            self.was_enabled = gc.isenabled()
            gc.disable()
        self.depth += 1

    def on_end(self, event: Any) -> None:
        """Restore collection at the end of the outermost compilation, whether it succeeded or not."""
        self.depth -= 1
        if self.depth == 0 and self.was_enabled:
            gc.enable()


event.register("numba:compile", _NoCollection())


class _LoadedAlone(FunctionCache):
    """Numba's cache of one function, which loads compiled code without the two hundred modules that compile code.

    Numba's own imports them first, SciPy's linear algebra among them, which takes longer than all else. Where
    nothing is found, compiling imports them by itself.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function of a signature, or None where it is to be compiled."""
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def dispatcher(function: Callable[..., Any], *, kept: bool = True, **options: Any) -> Any:
    """Make Numba's dispatcher of a function.

    Parameters
    ----------
    function : callable
    kept : bool
        Whether what is compiled is kept in the cache.
    **options
        Of :func:`numba.njit`.
    """
    folder = writable_cache_folder() if kept and settings_hold() else None
    for module in wanted_modules():
        import_module(module)
    # Threads that compile at once would set and restore one another's folder.
    with _DECORATING:
        before = numba.config.CACHE_DIR
        try:
            # Numba reads this while it decorates; other packages keep their cache.
            numba.config.CACHE_DIR = folder or ""
            compiled = njit(
                nogil=True,
                error_model="numpy",
                cache=folder is not None,
                # No rule allocates: without numba's reference counting a week runs several times as fast.
                _nrt=False,
                **options,
            )(function)
            if folder is not None:
                compiled._cache = _LoadedAlone(function)
        finally:
            numba.config.CACHE_DIR = before
    return compiled


def inner_dispatcher(function: Callable[..., Any], **options: Any) -> Any:
    """Make Numba's dispatcher of a function that only compiled code calls."""
    if options.get("forceinline"):
        from agents.inlined_library import InlinedCompiler

        options["pipeline_class"] = InlinedCompiler
    return dispatcher(function, kept=False, **options)


def type_of(value: Any) -> Any:
    """Return Numba's type of a value."""
    return numba.typeof(value)


def _types_of(compiled: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(compiled.typeof_pyval(item) for item in arguments)


def entry_for(compiled: Any, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Compile a function for such arguments, or take it from Numba's cache, and return Python's way into it."""
    takes = _types_of(compiled, arguments)
    compiled.compile(takes)
    return compiled.overloads[takes].entry_point


def parts_of(compiled: Any, arguments: tuple[Any, ...]) -> list[ObjectCode]:
    """Return the machine code of a function that was compiled for such arguments; nothing where it cannot be kept."""
    return part_for(compiled, _types_of(compiled, arguments))


def part_for(compiled: Any, takes: tuple[Any, ...], slot: str = "") -> list[ObjectCode]:
    """Return the machine code of a function that was compiled for such types; nothing where it cannot be kept.

    Parameters
    ----------
    compiled : Numba's dispatcher
    takes : tuple of Numba's types
    slot : str
        Of a kernel, the name of the word that holds its address.

    Returns
    -------
    list of ObjectCode
    """
    found, cache = compiled.overloads[takes], compiled._cache
    codegen = found.library.codegen
    if not isinstance(cache, _LoadedAlone) or codegen.magic_tuple()[2] != codegen._get_host_cpu_features():
        # Not kept, or made by a code generator that was set up before the settings were as they are.
        return []
    payload = cache._cache_file.load(cache._index_key(takes, codegen))
    if payload is None or payload[0][1] != "object" or payload[7] or found.environment.consts:
        return []
    description = found.fndesc
    symbol = description.llvm_func_name if slot else description.llvm_cpython_wrapper_name
    return [ObjectCode(slot, symbol, description.env_name, payload[0][2][0])]
