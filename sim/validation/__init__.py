"""Validation: the patterns that the model is held to, one module each, named by a noun (`journey validate`)."""

from __future__ import annotations

from sim.validation.pattern import Pattern

__all__ = ["PATTERNS"]

#: In the order of `docs/model.md`.
PATTERNS: tuple[Pattern, ...] = ()
