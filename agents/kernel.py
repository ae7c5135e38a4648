"""Kernels: loops that are compiled and kept each by itself, and call one another through an address.

Numba links what a compiled function calls into it, and optimizes it there once more. So a loop at the end of a chain of
calls is compiled as often as the chain is long, and nothing can be compiled before what it calls. A kernel is compiled
once, in any order, and by several processes at the same time.
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from agents.compiled import Compiled, is_interpreted
from agents.compiled_sources import writable_cache_folder

__all__ = ["Kernel", "calls", "help_compiling", "kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])

#: What a second process runs at a cold start.
_HELP = "from agents.kernel import help_compiling; help_compiling()"


class Kernel:
    """A loop that other compiled code calls through its address."""

    def __init__(self, function: Callable[..., Any], arrays: dict[str, tuple[str, int]]) -> None:
        self.function, self.arrays = function, arrays
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__
        self.__wrapped__ = function
        self.slots: dict[tuple[Any, ...], Any] = {}

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Its parameters, by name."""
        return inspect.signature(self.function).parameters

    @cached_property
    def returns(self) -> Any:
        """Numba's type of what it returns."""
        return _kernel_type().scalar_type(inspect.signature(self.function).return_annotation)

    @cached_property
    def part(self) -> Any:
        """Numba's dispatcher of its code, which has no way in for Python."""
        from agents.compiler import dispatcher

        return dispatcher(self.function, no_cfunc_wrapper=True, no_cpython_wrapper=True)

    @cached_property
    def _numba_type_(self) -> Any:
        return _kernel_type().KernelType(self)

    def __reduce__(self) -> str:
        return self.function.__qualname__

    def __call__(self, *arguments: Any) -> Any:
        """Run it as it is written, which gives the same bits; what Python calls often is made by :func:`calls`."""
        return self.function(*arguments)

    def types_for(self, given: Callable[[int, str], Any]) -> tuple[Any, ...]:
        """Types of its arguments; ``given`` has that of a parameter that is no number, by its place and annotation."""
        known = _kernel_type()
        return tuple(
            (known.array_type(self.arrays[name]) if name in self.arrays else None)
            or known.scalar_type(item.annotation)
            or given(place, item.annotation)
            for place, (name, item) in enumerate(self.parameters.items())
        )

    def slot_of(self, takes: tuple[Any, ...]) -> str:
        """Name of the word in memory that will hold its address, for arguments of these types."""
        from agents.kept_code import register_word

        digest = hashlib.sha256(str(takes).encode()).hexdigest()[:12]
        name = f"{self.__module__}.{self.__name__}.{digest}"
        if takes not in self.slots:
            self.slots[takes] = ctypes.c_void_p(None)
        # Each time: code that was linked in between has words of its own.
        register_word(name, self.slots[takes])
        return name

    def load(self, takes: tuple[Any, ...]) -> None:
        """Compile it, unless it lies in the cache, and set its address."""
        self.slot_of(takes)
        if self.slots[takes].value is None:
            self.slots[takes].value = _kernel_type().address_of(self.part, takes)


def _kernel_type() -> Any:
    """What Numba is told of kernels, loaded only where something is compiled."""
    return import_module("agents.kernel_type")


def kernel(**arrays: tuple[str, int]) -> Callable[[Function], Function]:
    """Make a loop a kernel. Its numbers are annotated ``Int``, ``bool`` or ``float``; it raises nothing.

    Parameters
    ----------
    arrays : tuple of str and int
        Of parameters that are arrays, what they are of and their number of dimensions; NamedTuples that are taken by
        reference are known by their annotation.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Function) -> Function:
        return function if is_interpreted() else cast(Function, Kernel(function, arrays))

    return decorate


def calls(*kernels: Any) -> Callable[[Function], Function]:
    """Compile a loop that Python calls and that calls kernels; these are compiled, or found, before it first runs.

    Parameters
    ----------
    kernels : kernels
        All that it may come to call, the one that takes longest to compile first.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Function) -> Function:
        options = dict(no_cfunc_wrapper=True)
        return function if is_interpreted() else cast(Function, _Caller(function, options, kernels))

    return decorate


class _Caller(Compiled):
    """A loop that Python calls and that calls kernels, which have their addresses before it is called."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], kernels: Sequence[Any]) -> None:
        super().__init__(function, options)
        self.kernels = kernels

    def compile_for(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """Compile it and its kernels for such arguments, or take them from Numba's cache."""
        compile_loop = super().compile_for
        return cast(Callable[..., Any], _load(self.kernels, arguments, lambda: compile_loop(arguments)))

    def parts_for(self, arguments: tuple[Any, ...]) -> Any:
        """Return the machine code of its kernels and its own, after they were compiled for such arguments."""
        from agents.compiler import part_for

        kernels = [part_for(item.part, takes, item.slot_of(takes)) for item, takes in _wanted(self.kernels, arguments)]
        own = super().parts_for(arguments)
        return [part for parts in (*kernels, own) for part in parts] if all(kernels) and own else []


def _wanted(kernels: Sequence[Any], arguments: Sequence[Any]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return kernels with the types of their arguments, for the columns among a loop's arguments."""
    from agents.reference_type import is_by_reference, reference_of

    references = {type(item).__name__: reference_of(item) for item in arguments if is_by_reference(item)}
    return [(item, item.types_for(lambda _, name: references[name])) for item in kernels]


def _load(kernels: Sequence[Any], arguments: Sequence[Any], compile_loop: Callable[[], Any]) -> Any:
    """Compile a loop and its kernels, or take them from the cache, for the columns among the loop's arguments."""
    wanted = _wanted(kernels, arguments)
    # Compiled code is put into place only where every address that it needs has one.
    names = [item.slot_of(takes) for item, takes in wanted]
    folder, digest = writable_cache_folder(), hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    done = None if folder is None else Path(folder) / f"kernels.{digest}"
    if done is None or done.exists() or len(wanted) == 1 or (os.cpu_count() or 1) == 1:
        compiled = compile_loop()
    else:
        compiled = _compile_together(wanted, compile_loop)
    for item, takes in wanted:
        item.load(takes)
    if done is not None:
        done.touch()
    return compiled


def _compile_together(wanted: Sequence[tuple[Any, tuple[Any, ...]]], compile_loop: Callable[[], Any]) -> Any:
    """Compile a loop here, and its kernels here and in a second process, each the next one that is left."""
    left = deque(range(len(wanted)))
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", _HELP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths},
    ) as helper:
        task, answer = cast(IO[bytes], helper.stdin), cast(IO[bytes], helper.stdout)

        def hand_out() -> None:
            # What the second process leaves undone, because it ends, is compiled here later.
            with suppress(IndexError, OSError):
                task.write(pickle.dumps([(item.__module__, item.__name__, takes) for item, takes in wanted]))
                while True:
                    task.write(b"%d\n" % left.popleft())
                    task.flush()
                    if not answer.readline():
                        break
            with suppress(OSError):
                task.close()

        thread = threading.Thread(target=hand_out, daemon=True)
        thread.start()
        try:
            compiled = compile_loop()
            with suppress(IndexError):
                while True:
                    item, takes = wanted[left.popleft()]
                    item.load(takes)
        finally:
            left.clear()
            thread.join()
    return compiled


def help_compiling() -> None:
    """Compile the kernels whose numbers come from the process that started this one, into the cache they share."""
    wanted = pickle.load(sys.stdin.buffer)
    for line in sys.stdin.buffer:
        module, name, takes = wanted[int(line)]
        getattr(import_module(module), name).load(takes)
        sys.stdout.buffer.write(b"done\n")
        sys.stdout.buffer.flush()
