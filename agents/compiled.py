"""The decorators of compiled code: same bits with and without JIT, kept safely across processes.

Nothing is compiled, and Numba is not loaded, before it has to be: the machine code of what Python called before lies in
the cache (:mod:`agents.kept_code`), and takes a hundredth of the time to load.
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np

from agents.compiled_sources import before_compiling, is_source

__all__ = ["Int", "before_compiling", "expression", "inlined", "loop", "rule", "typed_rule"]

#: A whole number as compiled code knows it: a plain int would be compiled anew for every constant.
Int: TypeAlias = int | np.integer[Any]

Function = TypeVar("Function", bound=Callable[..., Any])

#: Found or compiled by one thread at a time: kernels have their addresses before anything calls them.
_FINDING = threading.RLock()
#: Of what NumPy says of an array's memory: in rows, and all but whether the array owns it, or is in columns as well.
_IN_ROWS, _OF_ANY, _OF_ROWS = 1, ~4, ~6
#: What an array says of itself, asked of NumPy at once: an array of records looks for a field of the name first.
_FLAGS, _DTYPE, _NDIM = (getattr(np.ndarray, name).__get__ for name in ("flags", "dtype", "ndim"))
#: From here on a whole number is compiled for as one of 64 bits without a sign.
_UNSIGNED = 2**63
#: What a typed rule's parameters may be annotated with, and what it is compiled for.
_NUMBERS: dict[Any, type] = {float: float, "float": float, Int: int, "Int": int}


def is_interpreted() -> bool:
    """Whether nothing is compiled, which a user asks Numba for."""
    asked = os.environ.get("NUMBA_DISABLE_JIT")
    if not asked and "numba" not in sys.modules and not os.path.exists(".numba_config.yaml"):
        return False
    import numba

    return bool(numba.config.DISABLE_JIT)


class Compiled:
    """A function that is compiled when it is first called with arguments of some types, or found as it was then.

    Parameters
    ----------
    function : callable
        As it is written.
    options : mapping
        How Numba compiles it.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        update_wrapper(self, function)
        self.py_func, self.options = function, options
        self._entries: dict[tuple[Any, ...], Callable[..., Any]] = {}

    @cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher."""
        from agents.compiler import dispatcher

        return dispatcher(self.py_func, **self.options)

    @property
    def _numba_type_(self) -> Any:
        from agents.compiler import type_of

        return type_of(self.compiled)

    def __reduce__(self) -> str:
        return self.py_func.__qualname__

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not named:
            # What tells numbers apart is their type, but that a whole number may be too large.
            entry = self._entries.get(tuple(map(type, arguments)))
            if entry is not None:
                try:
                    return entry(*arguments)
                except OverflowError:
                    pass
        else:
            bound = inspect.signature(self.py_func).bind(*arguments, **named)
            bound.apply_defaults()
            arguments = bound.args
        kinds = tuple(map(_kind, arguments))
        return (self._entries.get(kinds) or self._find(kinds, arguments))(*arguments)

    def _find(self, kinds: tuple[Any, ...], arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """Find what was compiled for such arguments in this process or an earlier one, or compile it."""
        from agents import kept_code

        with _FINDING:
            if kinds not in self._entries:
                name = f"{self.__module__}.{self.py_func.__qualname__}"
                # The name of the cache's folder says nothing of what others write.
                can_be_kept = is_source(self.py_func.__code__.co_filename)
                found = kept_code.find(name, kinds) if can_be_kept else None
                if found is None:
                    found = self.compile_for(arguments)
                    if can_be_kept:
                        kept_code.keep(name, kinds, self.parts_for(arguments))
                self._entries[kinds] = found
        return self._entries[kinds]

    def compile_for(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """Compile it for such arguments, or take it from Numba's cache."""
        from agents.compiler import entry_for

        return entry_for(self.compiled, arguments)

    def parts_for(self, arguments: tuple[Any, ...]) -> Any:
        """Return the machine code that it is made of, after it was compiled for such arguments."""
        from agents.compiler import parts_of

        return parts_of(self.compiled, arguments)


class _Typed(Compiled):
    """A rule that is compiled for the numbers of its annotations alone, and called by position.

    Each has a class of its own, whose call becomes the way into the compiled code: no Python runs in between.
    """

    def __call__(self, *arguments: Any) -> Any:
        kinds = _numbers_taken(self.py_func)
        found = self._find(kinds, tuple(kind() for kind in kinds))
        type(self).__call__ = found  # type: ignore[method-assign]
        return found(*arguments)


def _numbers_taken(function: Callable[..., Any]) -> tuple[Any, ...]:
    """What the parameters are annotated with, ``float`` or ``int``; None for one that is no number."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return tuple(_NUMBERS.get(function.__annotations__.get(name)) for name in names)


def _kind(value: Any) -> Any:
    """Return what tells values apart that are compiled for differently."""
    if isinstance(value, np.ndarray):
        layout = _FLAGS(value).num
        return (type(value), _DTYPE(value), _NDIM(value), layout & (_OF_ROWS if layout & _IN_ROWS else _OF_ANY))
    if isinstance(value, tuple):
        return (type(value), *map(_kind, value))
    if isinstance(value, np.void):
        return (type(value), value.dtype)
    if type(value) is int and value >= _UNSIGNED:
        return np.uint64
    return type(value)


class _Inner:
    """A function that has no way in for Python, which runs it as it is written: the bits are the same."""

    def __init__(self, function: Callable[..., Any], make: Callable[[], Any]) -> None:
        update_wrapper(self, function)
        self._make = make

    @cached_property
    def _compiled(self) -> Any:
        # The type alone would not keep it alive.
        return self._make()

    @property
    def _numba_type_(self) -> Any:
        from agents.compiler import type_of

        return type_of(self._compiled)

    def __reduce__(self) -> str:
        return self.__wrapped__.__qualname__  # type: ignore[attr-defined]

    def __call__(self, *arguments: Any) -> Any:
        return self.__wrapped__(*arguments)  # type: ignore[attr-defined]


class _Expression(_Inner):
    """A function that numba looks at before it asks for its type, and inlines."""

    @property
    def py_func(self) -> Any:
        """The function as it is written."""
        return self.__wrapped__  # type: ignore[attr-defined]

    @property
    def targetoptions(self) -> Any:
        """Numba's options, which say that it is to be inlined."""
        return self._compiled.targetoptions


def _compile(function: Function, kind: type[Compiled] = Compiled, **options: Any) -> Function:
    return function if is_interpreted() else cast(Function, kind(function, options))


def _leave_to_callers(kind: type[_Inner], function: Function, **options: Any) -> Function:
    def make() -> Any:
        from agents import compiler

        return compiler.inner_dispatcher(function, **options)

    return function if is_interpreted() else cast(Function, kind(function, make))


def rule(function: Function) -> Function:
    """Compile a scalar rule; LLVM inlines it into its caller, so that loops over rules are vectorized.

    No fastmath: the interpreted function must give the same bits. A rule of parameters that are all ``float`` is a
    :func:`typed_rule`; others are compiled for each combination of types that they are called with.
    """
    if not is_interpreted() and set(_numbers_taken(function)) == {float}:
        return typed_rule(function)
    return _compile(function, forceinline=True, no_cfunc_wrapper=True)


def typed_rule(function: Function) -> Function:
    """Compile a scalar rule for the numbers that its parameters are annotated with, ``float`` or ``Int``, alone.

    Python calls it by position, a fifth as slow as others, and its arguments are turned into such numbers: a fraction
    becomes a whole number where one is wanted, without a word.
    """
    kind = type(function.__name__, (_Typed,), {})
    return _compile(function, kind, forceinline=True, no_cfunc_wrapper=True)


def loop(function: Function) -> Function:
    """Compile a loop over customers, brands or weeks; it is not inlined.

    The GIL is released, so that threads can each simulate a partition of the customers.
    """
    return _compile(function, no_cfunc_wrapper=True)


def inlined(function: Function) -> Function:
    """Compile a part of a loop that is a function only for readability; LLVM inlines it into its callers.

    Ways in for Python would take longer to compile than most of these functions.
    """
    return _leave_to_callers(_Inner, function, forceinline=True, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def expression(function: Function) -> Function:
    """Compile a function that only names an expression, a view most of all: numba inlines it before compiling.

    Numba returns a record by value; inlined, a view of one stays a view.
    """
    return _leave_to_callers(_Expression, function, inline="always")
