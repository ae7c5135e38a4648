"""Reference type: how Numba takes the tuples of columns that are passed by reference, as one address.

By value, a world and what belongs to it are some three hundred arguments of every function, each of which has to be
typed, lowered and optimized: most of the time of a cold start went there.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import (
    NativeValue,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from agents.by_reference import tell_each

__all__ = ["is_by_reference", "reference_of"]


class _Reference(types.Type):
    """Where the columns of a NamedTuple stand; they stay where they are for as long as the compiled call lasts."""

    def __init__(self, name: str, columns: dict[str, Any]) -> None:
        self.columns = columns
        self.struct = types.Tuple(tuple(columns.values()))
        # Types are told apart by their names; in full, that of a world would be longer than many a function.
        digest = hashlib.sha256(str(self.struct).encode()).hexdigest()[:12]
        super().__init__(f"{name}#{digest}")


register_model(_Reference)(models.OpaqueModel)


def is_by_reference(value: Any) -> bool:
    """Whether compiled code takes a value by reference."""
    return isinstance(value, tuple) and isinstance(numba.typeof(value), _Reference)


def reference_of(value: Any) -> Any:
    """Return Numba's type of a tuple of columns."""
    return numba.typeof(value)


@infer_getattr
class _Attribute(AttributeTemplate):
    key = _Reference

    def generic_resolve(self, reference: _Reference, name: str) -> Any:
        return reference.columns.get(name)


def _load(builder: Any, address: Any) -> Any:
    """Load a column word by word, each marked as one that never changes: so the optimizer reads it once."""
    kind = address.type.pointee
    if isinstance(kind, ir.LiteralStructType | ir.ArrayType):
        value = ir.Constant(kind, ir.Undefined)
        for number in range(len(kind)):
            word = _load(builder, cgutils.gep_inbounds(builder, address, 0, number))
            value = builder.insert_value(value, word, number)
        return value
    value = builder.load(address)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@lower_getattr_generic(_Reference)
def _get_column(context: Any, builder: Any, reference: _Reference, value: Any, name: str) -> Any:
    struct = builder.bitcast(value, context.get_value_type(reference.struct).as_pointer())
    return _load(builder, cgutils.gep_inbounds(builder, struct, 0, list(reference.columns).index(name)))


@unbox(_Reference)
def _unbox(reference: _Reference, value: Any, c: Any) -> Any:
    # The memory of the caller's frame outlives the call, and numba never inlines the callee into the frame.
    native = c.unbox(reference.struct, value)
    address = cgutils.alloca_once_value(c.builder, native.value)
    pointer = c.builder.bitcast(address, c.context.get_value_type(reference))
    return NativeValue(pointer, is_error=native.is_error, cleanup=native.cleanup)


def _register(columns: Any) -> None:
    @typeof_impl.register(columns)
    def _typeof(value: Any, context: Any) -> _Reference:
        found = {name: typeof_impl(item, context) for name, item in zip(columns._fields, value, strict=True)}
        return _Reference(columns.__name__, found)


tell_each(_register)
