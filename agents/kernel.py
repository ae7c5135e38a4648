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
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import llvmlite.binding
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils, typing
from numba.core.imputils import lower_builtin, lower_constant
from numba.extending import models, register_model, typeof_impl

from agents.compiled import cache_folder, compile_part, loop
from agents.reference_type import is_by_reference

__all__ = ["calls", "help_compiling", "kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])

_SCALARS = {
    "Int": types.int64,
    "bool": types.boolean,
    "float": types.float64,
    "None": types.none,
    "tuple[Int, Int]": types.UniTuple(types.int64, 2),
}
_LOCK = threading.Lock()
#: What a second process runs at a cold start.
_HELP = "from agents.kernel import help_compiling; help_compiling()"


class _Kernel:
    """A loop that other compiled code calls through its address."""

    def __init__(self, function: Callable[..., Any], arrays: dict[str, Any]) -> None:
        self.function, self.arrays = function, arrays
        self.__doc__, self.__name__, self.__module__ = function.__doc__, function.__name__, function.__module__
        self.__wrapped__ = function
        self.parameters = inspect.signature(function).parameters
        self.returns = _SCALARS[inspect.signature(function).return_annotation]
        self.part: Any = compile_part(function)
        self.slots: dict[tuple[Any, ...], Any] = {}
        lower_builtin(self, types.VarArg(types.Any))(self._call)

    def __call__(self, *arguments: Any) -> Any:
        """Run it as it is written, which gives the same bits; what Python calls often is made by :func:`calls`."""
        return self.function(*arguments)

    def _call(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """Generate a call through the address in the slot."""
        # An array within a record is passed like any other one.
        takes = self.types_for(lambda place, _: signature.args[place])
        shape = context.call_conv.get_function_type(self.returns, takes)
        name = self.slot_of(takes)
        slot = builder.module.globals.get(name) or ir.GlobalVariable(builder.module, shape.as_pointer(), name)
        status, result = context.call_conv.call_function(builder, builder.load(slot), self.returns, takes, arguments)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    def types_for(self, given: Callable[[int, str], Any]) -> tuple[Any, ...]:
        """Types of its arguments; ``given`` has that of a parameter that is no number, by its place and annotation."""
        return tuple(
            self.arrays.get(name) or _SCALARS.get(item.annotation) or given(place, item.annotation)
            for place, (name, item) in enumerate(self.parameters.items())
        )

    def slot_of(self, takes: tuple[Any, ...]) -> str:
        """Name of the word in memory that will hold its address, for arguments of these types."""
        digest = hashlib.sha256(str(takes).encode()).hexdigest()[:12]
        name = f"{self.__module__}.{self.__name__}.{digest}"
        if takes not in self.slots:
            self.slots[takes] = ctypes.c_void_p(None)
            llvmlite.binding.add_symbol(name, ctypes.addressof(self.slots[takes]))
        return name

    def load(self, takes: tuple[Any, ...]) -> None:
        """Compile it, unless it lies in the cache, and set its address."""
        self.slot_of(takes)
        if self.slots[takes].value is None:
            self.part.compile(takes)
            compiled = self.part.overloads[takes]
            self.slots[takes].value = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


def kernel(**arrays: Any) -> Callable[[Function], Function]:
    """Make a loop a kernel. Its numbers are annotated ``Int``, ``bool`` or ``float``; it raises nothing.

    Parameters
    ----------
    arrays : numba types
        Of parameters that are arrays; NamedTuples that are taken by reference are known by their annotation.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Function) -> Function:
        return function if numba.config.DISABLE_JIT else cast(Function, _Kernel(function, arrays))

    return decorate


class _KernelType(types.Callable):
    """The type of one kernel: knows the types of its arguments and where its address stands."""

    def __init__(self, wanted: _Kernel) -> None:
        self.wanted = wanted
        super().__init__(f"kernel({wanted.__module__}.{wanted.__name__})")

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        takes = self.wanted.types_for(lambda place, _: args[place])
        takes = tuple(args[place] if isinstance(kind, types.Array) else kind for place, kind in enumerate(takes))
        return typing.signature(self.wanted.returns, *takes)

    def get_call_signatures(self) -> Any:
        return [], False

    def get_impl_key(self, signature: Any) -> Any:
        return self.wanted


register_model(_KernelType)(models.OpaqueModel)


@typeof_impl.register(_Kernel)
def _typeof(value: Any, context: Any) -> _KernelType:
    return _KernelType(value)


@lower_constant(_KernelType)
def _constant(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.get_dummy_value()


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
        compiled: Any = loop(function)
        if not numba.config.DISABLE_JIT:
            compile_for, publish = compiled._compile_for_args, compiled.add_overload
            done: list[Any] = []
            # Numba lets every thread call what it has compiled at once; its kernels have no addresses yet.
            compiled.add_overload = done.append

            def prepare(*arguments: Any, **named: Any) -> Any:
                """Numba asks for this once for each combination of types, and in each thread that comes meanwhile."""
                with _LOCK:
                    entry = _load(kernels, arguments, lambda: compile_for(*arguments, **named))
                    while done:
                        publish(done.pop())
                return entry

            compiled._compile_for_args = prepare
        return cast(Function, compiled)

    return decorate


def _load(kernels: Sequence[Any], arguments: Sequence[Any], compile_loop: Callable[[], Any]) -> Any:
    """Compile a loop and its kernels, or take them from the cache, for the columns among the loop's arguments."""
    references = {type(item).__name__: numba.typeof(item) for item in arguments if is_by_reference(item)}
    wanted = [(item, item.types_for(lambda _, name: references[name])) for item in kernels]
    # Compiled code is put into place only where every address that it needs has one.
    names = [item.slot_of(takes) for item, takes in wanted]
    folder, digest = cache_folder(), hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
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
