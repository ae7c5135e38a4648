# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Next best action: a policy that is trained, against the rule as shipped
#
# Each week a company decides for every customer: contact, or not. The strategy of the scenario contacts at a fixed rate, whoever the customer is. Here a
# policy is trained that sees what a company can see, and it is judged on luck that it was not trained on.
#
# The environment is `sim.gym.JourneyEnv`, a Gymnasium vector environment: one market, every customer one entry of the batch. Two policies meet the same
# customers and the same luck, so their difference is paired.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

from sim.analysis.paired import estimate
from sim.gym import JourneyEnv
from sim.gym.off_policy import off_policy_estimates
from sim.gym.policies import never, own_rule, recency, record_log

customers = int(os.environ.get("NOTEBOOK_CUSTOMERS", 2_000)) // 2
env = JourneyEnv("treadmill", customers=customers, seed=1)


def run(policy, replicate):
    """Return what a policy earns in every week of an episode, per customer."""
    observation, _ = env.reset(options={"replicate": replicate})
    earned = []
    for _ in range(env.scenario.horizon):
        observation, reward, _, _, _ = env.step(policy(env, observation))
        earned.append(reward.sum() / env.num_envs)
    return np.array(earned)


print(f"{env.num_envs:,} customers, {env.scenario.horizon} weeks, arm {env.arm}")

# %% [markdown]
# ## Training
#
# The policy has two numbers: it contacts people who have bought, from so many weeks after their last purchase on, and at most once in so many weeks. So it
# knows when a need may come back, and it lets fatigue fade. Twelve pairs are drawn at random and tried on two replicates; the best is kept. This is random
# search, the plainest way to train a policy.

# %%
draws = np.random.default_rng(18)
tried = [(float(draws.integers(0, 27)), float(draws.integers(1, 13))) for _ in range(12)]
scores = [np.mean([run(recency(*pair), replicate).sum() for replicate in (0, 1)]) for pair in tried]
best = tried[int(np.argmax(scores))]
print(
    f"Best of {len(tried)}: contact buyers from week {best[0]:g} after the purchase on, once in {best[1]:g} weeks at most."
)
print(
    f"On the luck it was trained on it earns {max(scores):.2f} per customer. Picked as the best, it looks better than it is."
)

# %%
plt.figure(figsize=(6, 4))
plt.scatter(*zip(*tried, strict=True), c=scores, s=90)
plt.colorbar(label="contribution per customer, trained on")
plt.scatter(*best, s=260, facecolors="none", edgecolors="black")
plt.xlabel("weeks after the purchase")
plt.ylabel("at most once in so many weeks")
plt.title("Twelve policies; the one kept is ringed")
plt.show()

# %% [markdown]
# ## On fresh luck
#
# Sixteen other replicates. The trained policy, the strategy's own rule and no contact at all meet the same luck in each.

# %%
fresh = range(100, 116)
policies = {"trained": recency(*best), "the strategy's own rule": own_rule, "no contact": never}
weekly = {name: np.array([run(policy, replicate) for replicate in fresh]) for name, policy in policies.items()}
for name in ("the strategy's own rule", "no contact"):
    gain = estimate((weekly["trained"] - weekly[name]).sum(axis=1))
    shown = "the sign is resolved" if gain.ci_low * gain.ci_high > 0 else "the sign is not resolved"
    print(
        f"The trained policy beside {name}: {gain.mean:+.2f} per customer"
        f" (95 %: {gain.ci_low:+.2f} to {gain.ci_high:+.2f}); {shown}."
    )

# %%
plt.figure(figsize=(7, 4))
for name in ("trained", "the strategy's own rule"):
    path = (weekly[name] - weekly["no contact"]).cumsum(axis=1)
    half = 2.13 * path.std(axis=0, ddof=1) / np.sqrt(len(path))
    (line,) = plt.plot(path.mean(axis=0), label=name)
    plt.fill_between(
        range(path.shape[1]), path.mean(axis=0) - half, path.mean(axis=0) + half, alpha=0.2, color=line.get_color()
    )
plt.axhline(0.0, color="grey", linewidth=0.8)
plt.xlabel("week")
plt.ylabel("contribution per customer beside no contact")
plt.title("What contacts bring, with 95 % intervals")
plt.legend()
plt.show()

# %% [markdown]
# ## From a log alone
#
# A company cannot run a policy twice. It can contact at random for a few weeks, keep the chance of every contact, and estimate from that log what another
# policy would have earned. Here the truth is known: the other policy is run as well, on the same luck.

# %%
short = JourneyEnv("treadmill", customers=customers, horizon=8, seed=1)


def target(seen):
    """Contact buyers whose purchase is half a year ago with a chance of a half, others with a tenth."""
    return np.where((seen[:, 0] > 0) & (seen[:, 1] >= 26), 0.5, 0.1)


short.reset(options={"replicate": 200})
log = record_log(short, lambda seen: np.where(seen[:, 0] > 0, 0.3, 0.1), seed=1)
short.reset(options={"replicate": 200})
truth = record_log(short, target, seed=2).rewards.sum(axis=0).mean()
print(
    f"logged: {log.rewards.sum(axis=0).mean():.2f} per customer in 8 weeks; the other policy, when it is run: {truth:.2f}"
)
for name, found in off_policy_estimates(log, target).items():
    print(f"{name:20} {found.mean:6.2f} (95 %: {found.ci_low:.2f} to {found.ci_high:.2f})")
