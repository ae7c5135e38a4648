"""The one decorator of compiled code: same bits with and without JIT, cached safely across processes.

Numba's own cache watches only the file of the function it compiles: after an edit of a rule in another file the old
number would come back. So the cache lies in a folder named by a hash of every source that compiled code is made of.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from llvmlite import binding
from numba import njit
from numba.core import event
from numba.core.caching import FunctionCache

import agents.reference_type  # noqa: F401 (compiled code takes tuples of columns by it)
from agents.cache_home import cache_home

__all__ = ["Int", "cache_folder", "loop", "inlined", "rule", "source_hash"]

#: A whole number as compiled code knows it: a plain int would be compiled anew for every constant.
Int: TypeAlias = int | np.integer[Any]

Function = TypeVar("Function", bound=Callable[..., Any])

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
        numba.config.CPU_FEATURES = f"{features.flatten()},-prefer-256-bit"


_use_whole_vectors()


def _sources() -> list[Path]:
    """List every file that compiled code can come from: modules that use this one, and all that these import."""
    root = Path(__file__).resolve().parent.parent
    files = [*(root / "agents").rglob("*.py"), *(root / "sim").rglob("*.py")]
    texts = {".".join(path.relative_to(root).with_suffix("").parts): path for path in files}
    wanted: set[str] = set()
    frontier = [name for name, path in texts.items() if b"agents.compiled import" in path.read_bytes()]
    while frontier:
        name = frontier.pop()
        if name in texts and name not in wanted:
            wanted.add(name)
            frontier += re.findall(r"^from ((?:agents|sim)[\w.]*) import", texts[name].read_text("utf-8"), re.M)
    return sorted(texts[name] for name in wanted)


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Return a hash of every source file that compiled code can come from."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def cache_folder() -> str | None:
    """Return the folder of this version's compiled code, or None where none can be written."""
    folder = os.path.join(cache_home(), source_hash())
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


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


def _inlined_compiler(*arguments: Any) -> Any:
    """Make numba's compiler of one inlined function; what it takes is imported only where something is compiled."""
    from agents.inlined_library import InlinedCompiler

    return InlinedCompiler(*arguments)


def _compile(function: Function, *, kept: bool = True, **options: Any) -> Function:
    folder = cache_folder() if kept else None
    # Threads that import different modules at once would set and restore one another's folder.
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
            if folder is not None and not numba.config.DISABLE_JIT:
                compiled._cache = _LoadedAlone(function)
        finally:
            numba.config.CACHE_DIR = before
    return cast(Function, compiled)


def rule(function: Function) -> Function:
    """Compile a scalar rule; LLVM inlines it into its caller, so that loops over rules are vectorized.

    No fastmath: the interpreted function must give the same bits.
    """
    return _compile(function, forceinline=True, no_cfunc_wrapper=True)


def loop(function: Function) -> Function:
    """Compile a loop over customers, brands or weeks; it is not inlined.

    The GIL is released, so that threads can each simulate a partition of the customers.
    """
    return _compile(function, no_cfunc_wrapper=True)


class _Inner:
    """A function that has no way in for Python, which runs it as it is written: the bits are the same."""

    def __init__(self, function: Callable[..., Any], compiled: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        # The type alone would not keep it alive.
        self.compiled, self._numba_type_ = compiled, numba.typeof(compiled)

    def __call__(self, *arguments: Any) -> Any:
        return self.__wrapped__(*arguments)  # type: ignore[attr-defined]


def inlined(function: Function) -> Function:
    """Compile a part of a loop that is a function only for readability; LLVM inlines it into its callers.

    Ways in for Python would take longer to compile than most of these functions.
    """
    options = dict(forceinline=True, no_cfunc_wrapper=True, no_cpython_wrapper=True)
    compiled = _compile(function, kept=False, pipeline_class=_inlined_compiler, **options)
    return function if numba.config.DISABLE_JIT else cast(Function, _Inner(function, compiled))


def expression(function: Function) -> Function:
    """Compile a function that only names an expression, a view most of all: numba inlines it before compiling.

    Numba returns a record by value; inlined, a view of one stays a view.
    """
    return _compile(function, kept=False, inline="always")


def compile_part(function: Function) -> Function:
    """Compile a loop that only compiled code calls: :mod:`agents.kernel`."""
    return _compile(function, no_cfunc_wrapper=True, no_cpython_wrapper=True)
