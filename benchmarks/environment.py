"""How many customer-steps a second the environment makes in one process.

python -m benchmarks.environment [CUSTOMERS]      10,000 by default; writes benchmarks/environment.json
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from sim.gym import JourneyEnv
from sim.gym.policies import always, never, own_rule, recency

HERE = Path(__file__).parent


def rate(env: JourneyEnv, policy: object, weeks: int) -> tuple[float, float]:
    """Return customer-steps a second of wall and of processor time, the policy's own time included."""
    observation, _ = env.reset(seed=1)
    for _ in range(5):
        observation = env.step(policy(env, observation))[0]
    wall, processor = perf_counter(), process_time()
    for _ in range(weeks):
        observation = env.step(policy(env, observation))[0]
    steps = env.num_envs * weeks
    return steps / (perf_counter() - wall), steps / (process_time() - processor)


def main() -> None:
    """Measure each baseline policy."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    env = JourneyEnv("treadmill", customers=customers)
    policies = {"never": never, "own rule": own_rule, "recency": recency(8), "always": always}
    found = {}
    for name, policy in policies.items():
        wall, processor = rate(env, policy, 240)
        found[name] = {"customer_steps_per_second": round(wall), "per_processor_second": round(processor)}
        print(f"{name:10} {wall / 1e6:6.2f} M customer-steps/s ({processor / 1e6:.2f} M per second of processor time)")
    draws = np.random.default_rng(1)
    wall, processor = rate(env, lambda env, seen: (draws.random(env.num_envs) < 0.1).astype(np.int64), 240)
    found["one in ten"] = {"customer_steps_per_second": round(wall), "per_processor_second": round(processor)}
    print(f"one in ten {wall / 1e6:6.2f} M customer-steps/s ({processor / 1e6:.2f} M per second of processor time)")
    (HERE / "environment.json").write_text(json.dumps({"customers": customers, "policies": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
