"""Kernel type: how Numba takes a kernel, and calls it through its address."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, typing
from numba.core.imputils import lower_builtin, lower_constant
from numba.extending import models, register_model

__all__ = ["KernelType", "address_of", "array_type", "scalar_type"]

_SCALARS = {
    "Int": types.int64,
    "bool": types.boolean,
    "float": types.float64,
    "None": types.none,
    "tuple[Int, Int]": types.UniTuple(types.int64, 2),
}


def scalar_type(annotation: Any) -> Any:
    """Return Numba's type of an annotated number, or None where it is no number."""
    return _SCALARS.get(annotation)


def array_type(kind: tuple[str, int]) -> Any:
    """Return Numba's type of an array, by what it is of and its number of dimensions."""
    return types.Array(getattr(types, kind[0]), kind[1], "C")


def address_of(part: Any, takes: tuple[Any, ...]) -> int:
    """Compile the code of a kernel, unless it lies in the cache, and return its address."""
    part.compile(takes)
    compiled = part.overloads[takes]
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


def _caller_of(kernel: Any) -> Any:
    def call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """Generate a call through the address in the slot."""
        # An array within a record is passed like any other one.
        takes = kernel.types_for(lambda place, _: signature.args[place])
        shape = context.call_conv.get_function_type(kernel.returns, takes)
        name = kernel.slot_of(takes)
        slot = builder.module.globals.get(name) or ir.GlobalVariable(builder.module, shape.as_pointer(), name)
        status, result = context.call_conv.call_function(builder, builder.load(slot), kernel.returns, takes, arguments)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    return call


class KernelType(types.Callable):
    """The type of one kernel: knows the types of its arguments and where its address stands."""

    def __init__(self, wanted: Any) -> None:
        self.wanted = wanted
        lower_builtin(wanted, types.VarArg(types.Any))(_caller_of(wanted))
        super().__init__(f"kernel({wanted.__module__}.{wanted.__name__})")

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """Return the signature of a call with arguments of such types.

        Parameters
        ----------
        context, args, kws
            As Numba hands them over; a kernel is called without names.

        Returns
        -------
        Numba's signature
        """
        takes = self.wanted.types_for(lambda place, _: args[place])
        takes = tuple(args[place] if isinstance(kind, types.Array) else kind for place, kind in enumerate(takes))
        return typing.signature(self.wanted.returns, *takes)

    def get_call_signatures(self) -> Any:
        """Return none: each call is looked at."""
        return [], False

    def get_impl_key(self, signature: Any) -> Any:
        """Return what the call's code is found by."""
        return self.wanted


register_model(KernelType)(models.OpaqueModel)


@lower_constant(KernelType)
def _constant(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.get_dummy_value()
