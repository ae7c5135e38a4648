"""How often the 95 % intervals of off-policy estimates hold what a policy really earns in the environment.

python -m benchmarks.off_policy      writes benchmarks/off_policy.json

Logs of 8 weeks of 1,000 customers of `treadmill`, each of another replicate; the truth is the mean over other
replicates in which the policy itself was run.
"""

import json
from pathlib import Path

import numpy as np

from sim.analysis.paired import estimate
from sim.gym import JourneyEnv
from sim.gym.off_policy import off_policy_estimates
from sim.gym.policies import record_log

HERE = Path(__file__).parent
CUSTOMERS, WEEKS, LOGS, TRUTH = 1_000, 8, 100, 200


def logging(seen: np.ndarray) -> np.ndarray:
    """Contact buyers with a chance of 0.3 a week, others with 0.1."""
    return np.where(seen[:, 0] > 0, 0.3, 0.1)


def target(seen: np.ndarray) -> np.ndarray:
    """Contact buyers whose purchase is half a year ago with a chance of 0.5, other buyers and all others with 0.1."""
    return np.where((seen[:, 0] > 0) & (seen[:, 1] >= 26), 0.5, 0.1)


def main() -> None:
    """Measure the truth, then judge each estimate of each log."""
    env = JourneyEnv("treadmill", customers=CUSTOMERS, horizon=WEEKS, seed=1)
    earned = []
    for replicate in range(LOGS, LOGS + TRUTH):
        env.reset(options={"replicate": replicate})
        earned.append(record_log(env, target, seed=replicate).rewards.sum(axis=0).mean())
    truth = estimate(np.array(earned))
    held: dict[str, int] = {}
    widths: dict[str, float] = {}
    for replicate in range(LOGS):
        env.reset(options={"replicate": replicate})
        log = record_log(env, logging, seed=replicate)
        for name, found in off_policy_estimates(log, target).items():
            held[name] = held.get(name, 0) + int(found.ci_low <= truth.mean <= found.ci_high)
            widths[name] = widths.get(name, 0.0) + (found.ci_high - found.ci_low) / LOGS
    found = {"truth": [truth.mean, truth.ci_low, truth.ci_high], "logs": LOGS, "held": held, "mean_width": widths}
    print(json.dumps(found, indent=1))
    (HERE / "off_policy.json").write_text(
        json.dumps({"customers": CUSTOMERS, "weeks": WEEKS, **found}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
