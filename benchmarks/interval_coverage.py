"""Coverage: how often do the 95 % intervals of a comparison hold the true value, how wide are they, are they unbiased?

Small markets are compared with many seeds, as `journey compare` does, with 4, 8 and 16 replicates, with the company's
luck taken out (`precision_method=control_variates`) and left in (`plain`). The true value is that of all replicates of
all seeds together. The replicates are kept, so that a run that was stopped goes on, and so that intervals can be judged
again without simulating. Of 400 seeds coverage is known to a point; for the quantities of a verdict, 8 replicates are
also drawn from all of them, whatever their seed, which makes it known to half a point.

    python benchmarks/interval_coverage.py                       400 seeds of each market, an hour on one core
    python benchmarks/interval_coverage.py --seeds 20 --out -    a look
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.analysis.control_variate import ControlVariate
from sim.analysis.crossing import crossing
from sim.analysis.metrics import COUNTED, METRICS, SHAPES, Measures, low_point, measure, payback_week
from sim.analysis.paired import LEVEL, Estimate, estimate
from sim.analysis.sampling import INDEPENDENT, Sampling
from sim.analysis.shape import ANYTHING, LOW_POINT, Shape
from sim.execution.replicates import run_replicates
from sim.experiments.break_even import GRID, located
from sim.experiments.controls import controls_of
from sim.experiments.measured import scaled_arm
from sim.scenario.scenario import Scenario

Floats = NDArray[np.float64]
#: By method and number of replicates, how those of every interval were drawn.
Samplings = dict[tuple[str, int], list[Sampling]]

#: How many replicates an interval is made of; the first of those that are kept.
SIZES = (4, 8, 16)
METHODS = ("plain", "control_variates")
#: Replicates of which the break-even curve is kept.
CURVES = 8
HERE = Path(__file__).parent
#: Markets in which the arm pays back late, where a company has few experiments, where a contract is renewed, where
#: experiments decide next to nothing, and where purchases are frequent; last, a brand with a customer or two.
MARKETS: dict[str, dict[str, Any]] = {
    "treadmill": {"population": 500, "horizon": 156, "burn_in": 52},
    "recipe_app": {"population": 300, "horizon": 104, "burn_in": 26},
    "telecom": {"population": 500, "horizon": 156, "burn_in": 52},
    "sungevity": {"population": 8000, "horizon": 156, "burn_in": 52},
    "cosmetics": {"population": 500, "horizon": 104, "burn_in": 52},
    "sungevity_of_few": {"scenario": "sungevity", "population": 500, "horizon": 156, "burn_in": 52},
}
#: Where the break-even effectiveness is asked for, which runs six more arms, and of how many seeds.
WITH_CURVE, CURVE_SEEDS = ("treadmill",), 200
#: How often 8 replicates are drawn from all, and the quantities that are then judged.
DRAWS, DRAWN = 2000, 8
OF_DRAWS = (
    *(f"{name}, difference" for name in ("contribution", "market_share", "retention", "loop_share", "satisfaction")),
    *("payback week", "cash low point"),
)
RECORD = {"events": 0, "lives": 0}
#: The first seed is none that a test or a page uses, and none on which any constant of an interval was chosen.
FIRST_SEED = 80_000
_AT_A_TIME = 10
_DIFFERENT = ("payback_week", "cash_low_point")


class Seeds(NamedTuple):
    """Replicates of all seeds.

    Metrics of both arms (S, R, 2, 1 + P, M), weekly gain (S, R, T), curve (S', 8, G), and of how many customers or
    purchases the counted metrics are (S, R, 2, 1 + P, C).
    """

    values: Floats
    gain: Floats
    curve: Floats
    behind: Floats


class Judged(NamedTuple):
    """A quantity: its true value, and by method and number of replicates the interval that every seed gives."""

    true: float
    estimates: dict[tuple[str, int], list[Estimate]]


def market(name: str, curve: bool = False) -> tuple[Scenario, str]:
    """Return a market's scenario, if wanted with an arm for every point of the break-even curve, and its arm."""
    settings = dict(MARKETS[name])
    scenario = Scenario.load(settings.pop("scenario", name), record=RECORD, **settings)
    arm = next(other for other in scenario.arms if other != scenario.baseline)
    scenario = replace(scenario, arms={each: scenario.arms[each] for each in (scenario.baseline, arm)})
    if not curve:
        return scenario, arm
    more = {f"at_{number}": scaled_arm(scenario, arm, times) for number, times in enumerate(GRID) if times != 1.0}
    return replace(scenario, arms={**scenario.arms, **more}), arm


def simulate(name: str, seed: int, curve: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """Run the replicates of one seed; what :class:`Seeds` has, gains in cents, a curve of CURVES or 0."""
    whole, arm = market(name, curve)
    pair, _ = market(name)
    column = METRICS.index("contribution")
    points = [arm if times == 1.0 else f"at_{at}" for at, times in enumerate(GRID)]
    values, gains, curves, behind = [], [], [], []
    for asked, numbers in ((whole, range(CURVES)), (pair, range(CURVES, SIZES[-1]))):
        for _, histories in run_replicates(asked, seed=seed, replicates=numbers, threads=1):
            found: dict[str, Measures] = {each: measure(history, asked) for each, history in histories.items()}
            base = found[asked.baseline]
            values.append(np.stack([base.values, found[arm].values]))
            behind.append(np.stack([base.behind, found[arm].behind]))
            gains.append(found[arm].cash[0] - base.cash[0])
            if len(found) > len(pair.arms):
                curves.append([found[point].values[0, column] - base.values[0, column] for point in points])
    return np.stack(values), np.stack(gains), np.array(curves).reshape(-1, len(GRID)), np.stack(behind)


def collect(name: str, seeds: int, folder: Path, say: Callable[[str], None]) -> Seeds:
    """Run what is not there yet, a file for every ten seeds, and return all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    together: list[tuple[Floats, Floats, Floats, Floats]] = []
    for first in range(0, seeds, _AT_A_TIME):
        path = folder / f"{name}_{first:04d}.npz"
        if not path.exists():
            curve = name in WITH_CURVE and first < CURVE_SEEDS
            found = [simulate(name, FIRST_SEED + first + number, curve) for number in range(_AT_A_TIME)]
            parts = [np.stack(part) for part in zip(*found, strict=True)]
            half = path.with_suffix(".half.npz")
            np.savez_compressed(half, *parts)
            half.rename(path)
            say(f"{name}: {first + _AT_A_TIME} seeds")
        with np.load(path) as kept:
            together.append((kept["arr_0"], kept["arr_1"], kept["arr_2"], kept["arr_3"]))
    values, gain, curves, behind = zip(*together, strict=True)
    return Seeds(*map(np.concatenate, (values, gain, [part for part in curves if part.size] or curves, behind)))


def samplings(name: str, seeds: int) -> Samplings:
    """Return by method and number of replicates how those of every seed were drawn."""
    scenario, _ = market(name)
    out: Samplings = {}
    for size in SIZES:
        out["plain", size] = [INDEPENDENT] * seeds
        out["control_variates", size] = [
            Sampling(controls=controls_of([(scenario, range(size))], FIRST_SEED + seed), baseline=scenario.baseline)
            for seed in range(seeds)
        ]
    return out


def draw_again(name: str, seeds: Seeds) -> tuple[Seeds, Samplings]:
    """Return replicates drawn from all seeds, and how they were drawn."""
    scenario, _ = market(name)
    generator = np.random.default_rng(FIRST_SEED)
    count, size = len(seeds.values), seeds.values.shape[1]
    pick = generator.integers(count * size, size=(DRAWS, DRAWN))
    values, gain, behind = (
        each.reshape(count * size, *each.shape[2:])[pick] for each in (seeds.values, seeds.gain, seeds.behind)
    )
    controls = [controls_of([(scenario, range(size))], FIRST_SEED + seed) for seed in range(count)]
    drawn: Samplings = {("plain", DRAWN): [INDEPENDENT] * DRAWS, ("control_variates", DRAWN): []}
    surprises = {arm: np.concatenate([each[arm].surprise for each in controls]) for arm in controls[0]}
    for row in pick:
        own = {arm: ControlVariate(surprises[arm][row], controls[0][arm].variance) for arm in surprises}
        drawn["control_variates", DRAWN].append(Sampling(controls=own, baseline=scenario.baseline))
    return Seeds(values, gain, np.zeros((0, CURVES, len(GRID))), behind), drawn


def quantities(name: str, seeds: Seeds, drawn: Samplings, asked: tuple[str, ...] = ()) -> Iterator[tuple[str, Judged]]:
    """Yield every quantity by its name, or those asked for."""
    scenario, arm = market(name)

    def wanted(quantity: str) -> bool:
        return not asked or quantity in asked

    rows = ("", *(f", {persona.name}" for persona in scenario.personas))
    for place, metric in enumerate(METRICS):
        if metric in _DIFFERENT:
            continue
        shape = SHAPES.get(metric, ANYTHING)
        for row, who in enumerate(rows):
            base, own = seeds.values[:, :, 0, row, place], seeds.values[:, :, 1, row, place]
            if np.isnan(own - base).all() or np.nanmax(own - base) == np.nanmin(own - base):
                continue
            few = None if metric not in COUNTED else seeds.behind[:, :, :, row, COUNTED.index(metric)]
            if wanted(f"{metric}, difference{who}"):
                yield f"{metric}, difference{who}", _judged(own - base, shape.difference(), drawn, arm, None, few)
            if row == 0 and not asked:
                least = (None, None) if few is None else (few[:, :, :1], few[:, :, 1:])
                yield f"{metric}, baseline", _judged(base, shape, drawn, scenario.baseline, None, least[0])
                yield f"{metric}, arm", _judged(own, shape, drawn, arm, base, least[1])
    rate, steps = scenario.market.economics.discount_rate, seeds.gain.shape[-1]
    paid = np.array([[payback_week(gain, rate, scenario.step) for gain in one] for one in seeds.gain])
    if not np.isnan(paid).all():
        yield "payback week", _judged(paid, Shape(0.0, float(steps), skewed=True), drawn, arm)
    yield "cash low point", _judged(low_point(seeds.gain), LOW_POINT, drawn, arm)
    if seeds.curve.size:
        true = crossing(np.array(GRID), seeds.curve.reshape(-1, len(GRID))).mean
        estimates = {
            (method, size): [
                located(partial(_points_of, curve[:size]), sampling.of(arm)).at
                for curve, sampling in zip(seeds.curve, drawn[method, size], strict=False)
            ]
            for method in METHODS
            for size in SIZES
            if size <= CURVES and (method, size) in drawn
        }
        if true is not None:
            yield "break-even effectiveness", Judged(true, estimates)


def _points_of(curves: Floats, multiples: Sequence[float]) -> Floats:
    return curves[:, [GRID.index(times) for times in multiples]]


def _judged(
    values: Floats,
    shape: Shape,
    drawn: Samplings,
    arm: str,
    beside: Floats | None = None,
    behind: Floats | None = None,
) -> Judged:
    def shaped(seed: int, size: int) -> Shape:
        return shape if behind is None else shape.of(float(behind[seed, :size].sum(axis=0).min()))

    estimates = {}
    for (method, size), samplings in drawn.items():
        estimates[method, size] = [
            estimate(
                one[:size],
                sampling.of(arm),
                shaped(seed, size),
                beside=None if other is None else sampling.beside(arm, {sampling.baseline: other[:size]}),
            )
            for seed, (one, sampling, other) in enumerate(
                zip(values, samplings, [None] * len(values) if beside is None else beside, strict=True)
            )
        ]
    return Judged(float(np.nanmean(values)), estimates)


def report(name: str, seeds: Seeds) -> dict[str, Any]:
    """Return coverage, width and bias of every quantity of a market."""
    again, drawn = draw_again(name, seeds)
    return {
        "settings": MARKETS[name],
        "seeds": len(seeds.values),
        "quantities": _rows(quantities(name, seeds, samplings(name, len(seeds.values)))),
        "draws": DRAWS,
        "of_draws": _rows(quantities(name, again, drawn, OF_DRAWS)),
    }


def _rows(found: Iterator[tuple[str, Judged]]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for quantity, (true, estimates) in found:
        rows[quantity] = {"true": _short(true)}
        for method, size in estimates:
            rows[quantity][f"{method}, {size} replicates"] = _row(
                true, estimates[method, size], estimates["plain", size]
            )
    return rows


def _row(true: float, found: list[Estimate], plain: list[Estimate]) -> dict[str, Any]:
    """Return the coverage of intervals, and how they compare with the plain ones of the same replicates."""
    ends = np.array([(one.ci_low, one.ci_high) for one in found if one.ci_low is not None], dtype=np.float64)
    before = np.array([(one.ci_low, one.ci_high) for one in plain if one.ci_low is not None], dtype=np.float64)
    means, own = (np.array([np.nan if one.mean is None else one.mean for one in each]) for each in (found, plain))
    if not len(ends):
        return {"intervals": 0}
    width, wide = np.ptp(ends, axis=1), np.ptp(before, axis=1)
    error = float(np.nanstd(own, ddof=1) / np.sqrt((~np.isnan(own)).sum()))
    return {
        "intervals": len(ends),
        "covered": int(((ends[:, 0] <= true) & (true <= ends[:, 1])).sum()),
        "too_high": int((true < ends[:, 0]).sum()),
        "too_low": int((true > ends[:, 1]).sum()),
        "width": _short(float(width.mean())),
        "width_of_plain": _short(float(width.mean() / wide.mean())) if wide.mean() > 0.0 else None,
        "wider": int((width > wide * (1.0 + 1e-9)).sum()),
        "shift_in_standard_errors": _short(float(np.nanmean(means - own)) / error) if error > 0.0 else 0.0,
    }


def _tell(name: str, found: dict[str, Any]) -> None:
    for kind in ("quantities", "of_draws"):
        for quantity, rows in found[kind].items():
            for case, row in rows.items():
                if case == "true" or not row["intervals"]:
                    continue
                share = 100.0 * row["covered"] / row["intervals"]
                print(
                    f"{name:10s} {kind:10s} {quantity:36s} {case:32s} {share:5.1f} % of {row['intervals']},"
                    f" width {row['width_of_plain']}, wider {row['wider']}, shift {row['shift_in_standard_errors']:.2f}"
                )


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=400, help="of each market, rounded up to tens")
    parser.add_argument("--markets", default=",".join(MARKETS), help="some of them, by comma")
    parser.add_argument("--kept", default="results/interval_coverage", help="folder of the replicates")
    parser.add_argument("--out", default=str(HERE / "interval_coverage.json"), help="a file, or - for none")
    options = parser.parse_args()
    out = Path(options.out)
    # Of a market that is not asked for, what was found before stands.
    markets = json.loads(out.read_text(encoding="utf-8"))["markets"] if out.is_file() else {}
    for name in options.markets.split(","):
        seeds = collect(name, options.seeds, Path(options.kept), lambda words: print(words, flush=True))
        markets[name] = report(name, seeds)
        _tell(name, markets[name])
    result = {"version": __version__, "level": LEVEL, "markets": markets}
    if options.out != "-":
        out.write_text(json.dumps(result, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
