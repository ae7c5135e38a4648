"""World: one arm of a scenario compiled to read-only numbers.

A brand's plan is a timeline of segments (the baseline's, then the arm's own from its start week on);
:class:`sim.world.market.MarketState` says which segment is in force. S segments, P personas, B brands.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.by_reference import by_reference
from agents.population import MAX_STAGES
from agents.strategies import CAPABILITIES

__all__ = ["BRAND", "CONSTANTS", "LEVEL", "NO_WEEK", "OFFER", "PERSONA", "REAL", "SEGMENT", "World"]

#: A week after the end of every run.
NO_WEEK = 1 << 40

WHOLE = (
    "seed", "replicate", "customers", "brands", "focal", "journey", "stages", "groups", "first_trait",
    "near_weeks", "forming_weeks", "cycle_weeks", "minor_units",
    "cyclical", "from_need", "log_gamma", "forms", "has_needs",
)  # fmt: skip
REAL = (
    # docs/model.md 7.1 need
    "mean_gap", "carry_over",
    # docs/model.md 7.3 contacts
    "contact_fatigue", "mistimed", "optout", "optout_relief", "optout_fatigue", "optout_intrusion",
    "resistance", "rejection", "help",
    # docs/model.md 7.4 consideration and choice
    "recall_incumbent", "search_rate", "salience_effect", "taste_sd", "form_sd", "error_scale", "habit_weight",
    "price_weight",
    "reputation_weight", "relevance_weight", "satisfaction_weight", "novelty_weight",
    # docs/model.md 7.5 experience
    *(f"experience_{name}" for name in ("ease", "relevance", "delight", "effort", "intrusion", "noise_sd")),
    "expectation_rate", "satisfaction_rate", "loss_aversion", "initial_trust", "trust_gain", "trust_loss",
    "trust_intrusion", "human_touch", "habit_gain", "bond_gain", "knowledge_rate",
    # docs/model.md 7.6 word of mouth
    "leak", "talk_rate", "complaint_rate", "reputation_decay", "reputation_gain", "negativity",
    # docs/model.md 7.7 innovation
    "success", "uplift", "stock_left", "ancillary", "ancillary_margin",
)  # fmt: skip

#: Single numbers of an arm; named as in :mod:`sim.scenario.market`. Money is in whole minor units here and in all
#: columns below, ``minor_units`` of which make up one unit of money.
CONSTANTS = np.dtype([(name, np.int64) for name in WHOLE] + [(name, np.float64) for name in REAL])

PERSONA = np.dtype([("spend", np.float64), ("adapt_digital", np.float64), ("adapt_privacy", np.float64)])
OFFER = np.dtype([("revenue", np.int64), ("margin", np.int64)])  # minor units a purchase
BRAND = np.dtype(
    [
        ("quality", np.float64),
        ("advantage", np.float64),  # quality above the market's mean
        ("relative_price", np.float64),
        ("salience", np.float64),
        ("enters", np.int64),  # first week in which it can come to mind
        ("form", np.int64),  # id of the sub-form, NOBODY without one
    ]
)
SEGMENT = np.dtype(
    [
        ("start", np.int64),  # first week, from the first of the burn-in
        ("journey", np.int64),
        ("covert", np.float64),  # factor of intrusion
        ("contact_cost", np.int64),  # minor units each
        ("build_cost", np.int64),  # minor units, in the week the segment starts
        ("experiments", np.float64),  # planned per cycle
        ("experiment_cost", np.int64),  # minor units each
        ("makes_contact", np.int64),  # 1 if any persona is contacted
        ("answered", np.float64),  # chance that a contact at a moment is heeded
        ("heeded", np.float64),  # chance that a mistimed contact is heeded, as far as contacts work at all
        ("stages", np.uint64, (-(-MAX_STAGES // 64),)),  # bit s % 64 of s // 64: contacts are made in stage s
        ("promise", np.float64),  # utility promised above what customers get
        ("uplift_effect", np.float64),  # effectiveness of innovation: multiplies the uplift of a success
    ]
)
LEVEL = np.dtype(
    [
        *((name, np.float64) for name in CAPABILITIES),
        ("customers", np.int64),  # contacts per 65,536 weeks
        ("prospects", np.int64),  # contacts per 65,536 weeks
        ("prospect_knowledge", np.float64),
        ("recommendation", np.float64),  # 1 where contacts recommend to look for a better plan
        ("help", np.float64),  # 1 where contacts help with what was bought
        ("open_gates", np.uint64),  # bit g: sim.scenario.journey.GATES[g] is above 0
    ]
)


@by_reference
class World(NamedTuple):
    """Everything about one arm that stays as it is: P personas, B brands, S segments, J journeys, K stages.

    Flat, so that compiled code that needs one column touches one; every column is read-only. Records are recarrays of
    the types above. What changes from week to week is in :class:`sim.world.market.MarketState`.
    """

    constants: Any  # (1,) CONSTANTS
    personas: Any  # (P,) PERSONA
    brands: Any  # (B,) BRAND
    offers: Any  # (P, B) OFFER
    segments: Any  # (B, S) SEGMENT
    levels: Any  # (B, S, P) LEVEL
    run_costs: NDArray[np.int64]  # (B, S, Y) minor units for running since a segment began; Y: a year or a shorter run
    gap_quantiles: NDArray[np.float64]  # of a gap with mean 1, even in -log2(1 - u)
    taste_quantiles: NDArray[np.float64]  # (B, 2, nodes) of a log-Gamma taste, even in -log2(u) and in -log2(1 - u)
    fatigue_left: NDArray[np.float64]  # share left after so many weeks
    habit_left: NDArray[np.float64]  # share left after so many weeks
    discount: NDArray[np.float64]  # (horizon,)
    node_of: NDArray[np.uint16]  # the journeys: see sim.world.graph.Graph
    nodes: Any
    edges: Any
    terms: Any
    by_step: NDArray[np.float64]
    step_bins: NDArray[np.uint16]
    by_visit: NDArray[np.float64]
    bounds: NDArray[np.float64]
    used: NDArray[np.int64]
    mix: NDArray[np.float64]
    channels: Any
