"""Verbs: what each command of the command line does with its composed configuration.

A verb's module declares its own keys and what it does in a ``COMMAND``; :mod:`sim.verbs.frame` does what all verbs have
in common. `configs/VERB.yaml` documents its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

__all__ = ["VERBS", "Verb", "load_verb"]


@dataclass(frozen=True, slots=True)
class Verb:
    """What the list of verbs says about one."""

    about: str
    example: str
    #: Names of the keys that words without `=` stand for, in order: `results show NAME`.
    words: tuple[str, ...] = ()
    #: Names of the keys below which any path may be set, without the `+` that Hydra asks for: `levers.PATH=[0,1]`.
    open: tuple[str, ...] = ()
    #: Whether `key=a,b` without -m is one run over both values rather than a fault.
    spreads: bool = False
    #: Names of the keys whose value may be a list without brackets: `pattern=P2,P7`.
    lists: tuple[str, ...] = ()
    #: Name of the key that names a finished run, whose scenario then counts: no key of a scenario may stand beside it.
    run: str = ""
    #: Whether other processes load what draws, and draw, while this one simulates and writes.
    draws: bool = False


VERBS: Mapping[str, Verb] = {
    "compare": Verb(
        "run the arms of a scenario on the same luck and say what changed, for whom and at what cost",
        "journey compare scenario=treadmill population=20000",
        draws=True,
    ),
    "new": Verb(
        "make a folder of your own from a template; alone it shows which template fits which business",
        "journey new gym like=subscription",
        words=("name", "like"),
    ),
    "story": Verb(
        "tell one customer's life in every arm side by side, up to where the lives part and why",
        "journey story pick=winner",
        run="run",
    ),
    "map": Verb(
        "draw a journey, or how two differ, from configuration alone or with the flows of a run",
        "journey map journey=proactive",
        run="run",
    ),
    "calibrate": Verb(
        "fit a market to a few figures of a real one, and write it as configuration to be run by name",
        "journey calibrate targets=average",
    ),
    "discover": Verb(
        "find the journey, the personas and the moments of truth in an event log, as a scenario that compare runs",
        "journey discover log=configs/data/visits.csv",
        lists=("attributes",),
    ),
    "attribute": Verb(
        "say how much of an arm's effect each of its capabilities causes, alone and together",
        "journey attribute scenario=sungevity",
    ),
    "moments": Verb(
        "rank every stage and edge of a journey by what a small improvement there is worth",
        "journey moments scenario=treadmill",
    ),
    "sensitivity": Verb(
        "say which levers decide how an arm does against the baseline, and which of them act together",
        "journey sensitivity scenario=treadmill",
    ),
    "frontier": Verb(
        "find where the loyalty loop loses, state it as rules and draw break-even maps",
        "journey frontier levers=[capability_cost,product_quality,loyalty,contact_rate]",
    ),
    "optimize": Verb(
        "find the best spend over capabilities and contacts for a goal under a budget, confirmed on fresh luck",
        "journey optimize budget=100_000",
    ),
    "sweep": Verb(
        "run every point of a design: lists, grids, samples of levers; survives a crash, never runs a thing twice",
        "journey sweep arms.proactive.focal.strategy.automation=0,0.5,1",
        open=("levers", "grid"),
        spreads=True,
    ),
    "validate": Verb(
        "hold the model to known patterns, P1 to P11 and P2b: published and simulated figures side by side",
        "journey validate pattern=P2",
        words=("pattern",),
        lists=("pattern",),
    ),
    "app": Verb(
        "open the what-if explorer in the browser: move a lever and see the answer, on this machine alone",
        "journey app",
    ),
    "results": Verb(
        "list, ask, tabulate, plot, export and rerun everything that was run",
        "journey results export latest --format xes",
        words=("action", "run"),
    ),
}


def load_verb(name: str) -> ModuleType:
    """Import the module of a verb, and with it only what that verb needs."""
    return import_module(f"sim.verbs.{name}")
