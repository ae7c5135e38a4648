"""What the engine asks of the machine, for compiled code; :mod:`sim.engine.intrinsics` has it for the interpreter."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, overload

from sim.engine.intrinsics import VECTOR_WIDTH, acquire, compress_all, prefetch_l1, prefetch_l2, release

__all__: list[str] = []

#: Neighbours whose marks :func:`compress_all` makes one mask of without AVX-512.
_MASKED = 64
#: Bytes of a cache line.
_CACHE_LINE = 64
#: Looks at what another thread is to release before this one yields the core.
_SPINS = 20_000


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    item = context.make_array(kind)(context, builder, array)
    return cgutils.get_item_pointer(context, builder, kind, item, [index])


def _known(builder: Any, name: str, returns: Any, takes: Sequence[Any]) -> Any:
    """Return a function of the machine or the operating system by its name."""
    shape = ir.FunctionType(returns, takes)
    return builder.module.globals.get(name) or ir.Function(builder.module, shape, name)


def _prefetch(nearness: int) -> Any:
    """To read, into the outer cache (2) or the inner (3)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole, byte = ir.IntType(32), ir.IntType(8)
        address = _address(context, builder, signature.args[0], *arguments)
        size = context.get_abi_sizeof(address.type.pointee)
        first = builder.bitcast(address, byte.as_pointer())
        ask = _known(builder, "llvm.prefetch.p0", ir.VoidType(), [first.type, whole, whole, whole])
        # A record that does not fill whole lines may begin in one and end in the next.
        for offset in [0] if _CACHE_LINE % size == 0 else [0, size - 1]:
            there = builder.gep(first, [ir.IntType(64)(offset)])
            builder.call(ask, [there, whole(0), whole(nearness), whole(1)])
        return context.get_dummy_value()

    return generate


@intrinsic
def _into_outer(context: Any, records: Any, index: Any) -> Any:
    return types.void(records, index), _prefetch(2)


@intrinsic
def _into_inner(context: Any, records: Any, index: Any) -> Any:
    return types.void(records, index), _prefetch(3)


@intrinsic
def _compress(context: Any, kept: Any, count: Any, numbers: Any, chosen: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kept, count, numbers, chosen, index = arguments
        kinds = signature.args
        sixteen = ir.VectorType(ir.IntType(32), VECTOR_WIDTH)
        flags = ir.VectorType(ir.IntType(1), VECTOR_WIDTH)

        def side(kind: Any, array: Any, index: Any, items: Any) -> Any:
            return builder.bitcast(_address(context, builder, kind, array, index), items.as_pointer())

        from_where = side(kinds[2], numbers, index, sixteen)
        values = builder.load(from_where, align=4)
        marks = builder.load(side(kinds[3], chosen, index, ir.VectorType(ir.IntType(8), VECTOR_WIDTH)), align=1)
        wanted = builder.icmp_unsigned("!=", marks, ir.Constant(marks.type, None))
        squeeze = _known(builder, "llvm.experimental.vector.compress.v16i32", sixteen, [sixteen, flags, sixteen])
        close = builder.call(squeeze, [values, wanted, ir.Constant(sixteen, ir.Undefined)])
        builder.store(close, side(kinds[0], kept, count, sixteen), align=4)
        found = builder.ctpop(builder.bitcast(wanted, ir.IntType(VECTOR_WIDTH)))
        return builder.add(count, builder.zext(found, count.type))

    return types.int64(kept, types.int64, numbers, chosen, types.int64), generate


@intrinsic
def _mask(context: Any, chosen: Any, index: Any) -> Any:
    """Bits of 64 neighbours from an index on: whether each is chosen."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        marks = ir.VectorType(ir.IntType(8), _MASKED)
        there = builder.bitcast(_address(context, builder, signature.args[0], *arguments), marks.as_pointer())
        wanted = builder.icmp_unsigned("!=", builder.load(there, align=1), ir.Constant(marks, None))
        return builder.bitcast(wanted, ir.IntType(_MASKED))

    return types.uint64(chosen, types.int64), generate


def _places(module: Any) -> Any:
    """Return a table: for each mask of eight bits, the numbers of those that are set, a byte each."""
    table = module.globals.get("places_of_bits")
    if table is None:
        eights = [[bit for bit in range(8) if mask >> bit & 1] for mask in range(256)]
        rows = [int.from_bytes(bytes(eight), "little") for eight in eights]
        kind = ir.ArrayType(ir.IntType(64), 256)
        table = ir.GlobalVariable(module, kind, "places_of_bits")
        table.linkage, table.global_constant, table.initializer = "internal", True, ir.Constant(kind, rows)
    return table


@intrinsic
def _compress_eight(context: Any, kept: Any, count: Any, numbers: Any, index: Any, mask: Any) -> Any:
    """Write those of eight neighbours whose bits are set one behind the other; returns how many are there now."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kept, count, numbers, index, mask = arguments
        kinds = signature.args
        eight = ir.VectorType(ir.IntType(32), 8)
        values = builder.load(
            builder.bitcast(_address(context, builder, kinds[2], numbers, index), eight.as_pointer()), align=4
        )
        row = builder.load(builder.gep(_places(builder.module), [ir.IntType(64)(0), mask], inbounds=True))
        places = builder.zext(builder.bitcast(row, ir.VectorType(ir.IntType(8), 8)), eight)
        permute = _known(builder, "llvm.x86.avx2.permd", eight, [eight, eight])
        there = builder.bitcast(_address(context, builder, kinds[0], kept, count), eight.as_pointer())
        builder.store(builder.call(permute, [values, places]), there, align=4)
        return builder.add(count, builder.ctpop(mask))

    return types.int64(kept, types.int64, numbers, types.int64, types.uint64), generate


@intrinsic
def _lowest(context: Any, mask: Any) -> Any:
    """Number of the lowest bit that is set; one is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), generate


@intrinsic
def _store(context: Any, board: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        board, index, value = arguments
        builder.store_atomic(value, _address(context, builder, signature.args[0], board, index), "release", 8)
        return context.get_dummy_value()

    return types.void(board, types.int64, types.int64), generate


@intrinsic
def _load(context: Any, board: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_address(context, builder, signature.args[0], *arguments), "acquire", 8)

    return types.int64(board, types.int64), generate


@intrinsic
def _yield_core(context: Any) -> Any:
    """Let another thread have this core, where the operating system knows how."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if hasattr(os, "sched_yield"):
            builder.call(_known(builder, "sched_yield", ir.IntType(32), []), [])
        return context.get_dummy_value()

    return types.void(), generate


@overload(prefetch_l2)
def _prefetch_l2_compiled(records: Any, index: Any) -> Any:
    def compiled(records: Any, index: Any) -> None:
        _into_outer(records, index)

    return compiled


@overload(prefetch_l1)
def _prefetch_l1_compiled(records: Any, index: Any) -> Any:
    def compiled(records: Any, index: Any) -> None:
        _into_inner(records, index)

    return compiled


@overload(compress_all, jit_options={"forceinline": True})
def _compress_all_compiled(kept: Any, count: Any, numbers: Any, chosen: Any, size: Any) -> Any:
    def at_once(kept: Any, count: Any, numbers: Any, chosen: Any, size: Any) -> Any:
        for index in range(size, (size + VECTOR_WIDTH - 1) & -VECTOR_WIDTH):
            chosen[index] = 0
        for index in range(0, size, VECTOR_WIDTH):
            count = _compress(kept, count, numbers, chosen, index)
        return count

    def by_eights(kept: Any, count: Any, numbers: Any, chosen: Any, size: Any) -> Any:
        for index in range(0, size, _MASKED):
            left = _mask(chosen, index)
            if size - index < _MASKED:
                left &= (np.uint64(1) << np.uint64(size - index)) - np.uint64(1)
            for first in range(index, min(index + _MASKED, size), 8):
                count = _compress_eight(kept, count, numbers, first, left & np.uint64(0xFF))
                left >>= np.uint64(8)
        return count

    def one_by_one(kept: Any, count: Any, numbers: Any, chosen: Any, size: Any) -> Any:
        for index in range(0, size, _MASKED):
            left = _mask(chosen, index)
            if size - index < _MASKED:
                left &= (np.uint64(1) << np.uint64(size - index)) - np.uint64(1)
            while left != np.uint64(0):
                kept[np.uint64(count)] = numbers[np.uint64(index) + _lowest(left)]
                left &= left - np.uint64(1)
                count += 1
        return count

    # With AVX-512 it is one instruction for sixteen, with AVX2 a short sequence for eight; elsewhere a walk over the
    # bits that are set is shortest, but for its end, which no processor foresees.
    features = cpu_target.target_context.codegen().magic_tuple()[2]
    if "+avx512f" in features:
        return at_once
    return by_eights if "+avx2" in features else one_by_one


@overload(release)
def _release_compiled(board: Any, index: Any, value: Any) -> Any:
    def compiled(board: Any, index: Any, value: Any) -> None:
        _store(board, index, value)

    return compiled


@overload(acquire)
def _acquire_compiled(board: Any, index: Any, value: Any) -> Any:
    def compiled(board: Any, index: Any, value: Any) -> None:
        looks = 0
        while _load(board, index) < value:
            looks += 1
            if looks > _SPINS:
                _yield_core()

    return compiled
