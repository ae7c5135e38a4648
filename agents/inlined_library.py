"""Inlined library: compiled code that only ever becomes a part of other compiled code.

Numba makes machine code of everything it compiles. Of a function that every caller takes in whole nobody ever runs it:
leaving that out saves a tenth of the time of a cold start.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import NativeLowering

__all__ = ["InlinedCompiler"]


class _CodeWithoutEnvironments:
    """The code generator, but that it sets no environment: there is no code that could read it."""

    def __init__(self, codegen: Any) -> None:
        self.codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self.codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Set nothing."""


class _InlinedLibrary(JITCodeLibrary):
    """A library that is optimized and linked into others, and never made machine code of."""

    @property
    def codegen(self) -> Any:
        return _CodeWithoutEnvironments(self._codegen)

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: no function has an address."""
        self._ensure_finalized()
        return 0


@register_pass(mutates_CFG=False, analysis_only=False)
class _UseInlinedLibrary(LoweringPass):
    _name = "use_inlined_library"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        state.library = _InlinedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return True


class InlinedCompiler(CompilerBase):
    """Numba's passes, with a library for functions that are inlined by all their callers."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_UseInlinedLibrary, _before_lowering(passes))
        passes.finalize()
        return [passes]


def _before_lowering(passes: Any) -> Any:
    """Return the pass after which functions are lowered."""
    steps = [step for step, _ in passes.passes]
    return steps[steps.index(NativeLowering) - 1]
