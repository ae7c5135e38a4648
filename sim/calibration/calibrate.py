"""Calibrate: fit parameters of a scenario to figures of a real market, by simulation on common luck.

1. A pilot at the start tells how many customers make chance small against the targets' own errors.
2. A scan of the prior (a Latin hypercube) finds places to start from; the same scan serves every fit of a scenario.
3. From the best of them, damped Gauss-Newton steps within the bounds (Levenberg 1944; Marquardt 1963). On common luck
   the objective is deterministic, so finite differences work, and all points of a Jacobian run at once; every step
   then puts the slopes right (Broyden 1965).
4. An emulator of all points so far draws the near-best parameters; some of them are simulated, and the emulator is
   fitted anew, until it predicts what is simulated.
5. The best point is moved by what a larger population with luck of its own shows, and checked on a third luck.
6. Targets that are missed are named: out of reach by themselves, or at odds with which others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from sim.calibration.identifiability import check_best, find_misses, profile_misfit
from sim.calibration.near_best import (
    bias_near,
    draw_near_best,
    explore,
    fit_near_best,
    polish,
    simulate_members,
)
from sim.calibration.parameters import Parameter
from sim.calibration.result import Calibration, Effort
from sim.calibration.search import Search
from sim.calibration.targets import Target
from sim.execution.executors import Executor
from sim.execution.store import Store
from sim.execution.trials import Finished
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario

__all__ = ["calibrate"]


def calibrate(
    scenario: Scenario,
    targets: Sequence[Target],
    parameters: Sequence[Parameter],
    *,
    seed: int = 1,
    effort: Effort | None = None,
    executor: Executor,
    store: Store | None = None,
    on_done: Callable[[Finished], None] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Fit parameters to targets.

    Parameters
    ----------
    scenario : Scenario
        Where it starts; arms that no target names are not run.
    targets, parameters : sequence
        At least one of each.
    seed : int
        Key of all luck.
    effort : Effort, optional
        How much work.
    executor, store, on_done
        See :func:`sim.execution.trials.run_trials`; with a store, what was simulated before is not simulated again.
    say : callable
        Told what is being done.

    Returns
    -------
    Calibration
        Best point, near-best members and misses.

    Raises
    ------
    ConfigError
        If no simulation of the scan came to a figure for every target.
    """
    if not targets or not parameters:
        raise ConfigError("a calibration needs at least one target and one parameter; give both")
    effort = effort or Effort()
    search = Search(scenario, tuple(targets), tuple(parameters), seed, effort, executor, store, on_done)
    # Matrices are small, and the last bit of a sum depends on the number of threads.
    with threadpool_limits(1, "blas"):
        return _fit(search, say)


def _fit(search: Search, say: Callable[[str], None]) -> Calibration:
    say("pilot")
    search.pilot()
    say("scan")
    search.scan()
    say("descent")
    search.descend_from_best()
    emulator = explore(search, say)
    say("polish")
    # The best point is where the figures are met; how sure the emulator is far from it widens only the draws.
    sharp = fit_near_best(search)
    shares, bias = polish(search, sharp)
    bias = bias_near(search, emulator, bias)
    draws = draw_near_best(search, emulator, bias)
    # Members are simulated and weighted by the outcome: drawn too widely, hardly one would be left.
    drawn = draw_near_best(search, sharp, bias, few=True)
    members = simulate_members(search, sharp, drawn, bias)
    say("check")
    figures, error = check_best(search, shares)
    say("misses")
    misses = find_misses(search, shares, figures)
    return Calibration(
        scenario=search.scenario,
        parameters=search.parameters,
        targets=search.targets,
        seed=search.seed,
        shares=shares,
        before=search.look(search.prior.centre)[0],
        figures=figures,
        error=error,
        draws=draws,
        members=members,
        misses=misses,
        profiles=profile_misfit(search, emulator, bias, draws) if search.effort.profiles else (),
        trail=np.array([search.misfit(value[None])[0] for value in search.values]),
        points=np.array(search.points),
        values=np.array(search.values),
        simulations=search.wanted,
        population=search.people,
        emulator_error=emulator.error,
        relaxed=search.prior.weight < 1.0,
    )
