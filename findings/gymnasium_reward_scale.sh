#!/usr/bin/env bash
# Gymnasium 1.4.0: `gymnasium.wrappers.vector.NormalizeReward` scales the same rewards of the same episodes differently
# for each autoreset mode. It divides by the deviation of the discounted sum of rewards within an episode. With
# SAME_STEP and truncated episodes that is what it does. With NEXT_STEP, the default, an episode that is truncated
# hands its sum on to the next one, for ever: here rewards come out 6 times smaller. Where an episode terminates, the
# sum is cleared before the last reward is added: that reward counts alone, whatever came before it, and with NEXT_STEP
# it also opens the next episode's sum. There is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/scale.py" <<'PYTHON'
"""Normalize one reward sequence, again and again, in both autoreset modes and by hand."""

import sys

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import NormalizeReward

REWARDS = [1.0, 1.0, 1.0, 1.0, 10.0]
GAMMA, STEPS = 0.99, 6000


class Visits(gym.Env):
    """Pay REWARDS, then end, by termination or by truncation."""

    observation_space, action_space = gym.spaces.Discrete(6), gym.spaces.Discrete(2)

    def __init__(self, end):
        self.end = end

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.paid = 0
        return 0, {}

    def step(self, action):
        reward, self.paid = REWARDS[self.paid], self.paid + 1
        last = self.paid == len(REWARDS)
        return self.paid, reward, last and self.end == "terminated", last and self.end == "truncated", {}


def deviation(end, mode):
    """Return what the wrapper divides rewards by after many episodes."""
    envs = NormalizeReward(SyncVectorEnv([lambda: Visits(end)], autoreset_mode=mode), gamma=GAMMA)
    envs.reset(seed=1)
    for _ in range(STEPS):
        envs.step(np.array([0]))
    return float(np.sqrt(envs.return_rms.var))


sums = [sum(reward * GAMMA ** (now - then) for then, reward in enumerate(REWARDS[: now + 1])) for now in range(5)]
by_hand = float(np.std(sums))
print("gymnasium", gym.__version__, "numpy", np.__version__)
print(f"deviation of the discounted sums within an episode, by hand: {by_hand:.3f}")
MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
found = {(end, mode): deviation(end, mode) for end in ("truncated", "terminated") for mode in MODES}
for (end, mode), value in found.items():
    print(f"{end:10} {mode.name:9} divides by {value:6.3f}, so a reward of 10 becomes {10 / value:.3f}")

right = np.isclose(found["truncated", AutoresetMode.SAME_STEP], by_hand, rtol=0.01)
handed_on = found["truncated", AutoresetMode.NEXT_STEP] > 5 * by_hand
last_alone = np.isclose(found["terminated", AutoresetMode.SAME_STEP], np.std(sums[:4] + [REWARDS[-1]]), rtol=0.01)
opened = found["terminated", AutoresetMode.NEXT_STEP] < 0.5 * found["terminated", AutoresetMode.SAME_STEP]
sys.exit(0 if right and handed_on and last_alone and opened else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "gymnasium==1.4.0" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/scale.py"
echo "as described: four scales for one sequence of rewards, of which one is the episode's"
