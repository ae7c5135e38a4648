"""Validation: the patterns that the model is held to, one module each, named by a noun (`journey validate`)."""

from __future__ import annotations

from sim.validation.absorption import ABSORPTION
from sim.validation.diffusion import DIFFUSION
from sim.validation.double_jeopardy import DOUBLE_JEOPARDY
from sim.validation.field_experiments import FIELD_EXPERIMENTS
from sim.validation.logit import LOGIT
from sim.validation.losing_region import LOSING_REGION
from sim.validation.null_effect import NULL_EFFECT
from sim.validation.origins import ORIGINS
from sim.validation.pattern import Pattern
from sim.validation.pressure import PRESSURE
from sim.validation.repeat_buying import REPEAT_BUYING
from sim.validation.retention import RETENTION
from sim.validation.sub_forms import SUB_FORMS

__all__ = ["PATTERNS"]

#: In the order of `docs/model.md`.
PATTERNS: tuple[Pattern, ...] = (
    ORIGINS,
    DOUBLE_JEOPARDY,
    SUB_FORMS,
    DIFFUSION,
    REPEAT_BUYING,
    RETENTION,
    ABSORPTION,
    LOGIT,
    NULL_EFFECT,
    PRESSURE,
    LOSING_REGION,
    FIELD_EXPERIMENTS,
)
