"""A policy trained by random search against the strategy's own rule, on fresh luck.

python -m benchmarks.policy      writes benchmarks/policy.json

The policy contacts people who have bought the brand, whose last purchase is at least so many weeks ago, at most once
in so many weeks: two numbers. They are chosen on replicates 0 and 1 and judged on replicates 100 to 107, where both
policies meet the same luck.
"""

import json
from pathlib import Path

import numpy as np

from sim.analysis.paired import estimate
from sim.gym import JourneyEnv
from sim.gym.policies import own_rule, recency

HERE = Path(__file__).parent
CUSTOMERS, CANDIDATES = 2_000, 16
TRAINED, FRESH = (0, 1), tuple(range(100, 108))


def total(env: JourneyEnv, policy: object, replicate: int) -> float:
    """Return the contribution of one episode per customer."""
    observation, _ = env.reset(options={"replicate": replicate})
    earned, ended = 0.0, False
    while not ended:
        observation, reward, _, truncated, _ = env.step(policy(env, observation))
        earned += float(reward.sum())
        ended = bool(truncated.all())
    return earned / env.num_envs


def main() -> None:
    """Train, then judge on fresh luck."""
    env = JourneyEnv("treadmill", customers=CUSTOMERS, seed=1)
    draws = np.random.default_rng(18)
    tried = [(float(draws.integers(0, 27)), float(draws.integers(1, 13))) for _ in range(CANDIDATES)]
    scores = [np.mean([total(env, recency(*pair), replicate) for replicate in TRAINED]) for pair in tried]
    best = tried[int(np.argmax(scores))]
    gains = np.array([total(env, recency(*best), replicate) - total(env, own_rule, replicate) for replicate in FRESH])
    value = estimate(gains)
    print(f"contact buyers from {best[0]:g} weeks after the purchase on, once in {best[1]:g} weeks at most")
    ends = f"{value.ci_low:+.2f} to {value.ci_high:+.2f}"
    print(f"beside the strategy's own rule: {value.mean:+.2f} per customer (95 %: {ends})")
    found = {"weeks": best[0], "rest": best[1], "customers": CUSTOMERS, "fresh_replicates": len(FRESH)}
    gain = {"mean": value.mean, "ci_low": value.ci_low, "ci_high": value.ci_high}
    (HERE / "policy.json").write_text(json.dumps({**found, "gain_per_customer": gain}, indent=1) + "\n")


if __name__ == "__main__":
    main()
