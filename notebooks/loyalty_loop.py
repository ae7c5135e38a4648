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
# # The loyalty loop: one customer, a thousand, a million
#
# A need arises. In the **classic journey** the customer considers some brands, evaluates them, buys,
# experiences. If the experience was good, the next need may skip consideration and evaluation: that is the
# **loyalty loop**. A company can wait for it to happen, or guide its customers into it: the **proactive
# journey**.
#
# Here the same customers are simulated in both, with the same random draws. Three questions, each at the size
# that answers it:
#
# 1. *one customer*: what is the loop?
# 2. *a thousand customers*: is the difference more than chance?
# 3. *a million customers*: which personas gain, and when does it pay?
#
# **The four capabilities have not been measured as a bundle**, only single tools. How strongly they act is an
# assumption of the scenario. What follows shows what the assumptions imply, not what a company will earn.

# %%
import os
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from sim import Scenario, compare
from sim.experiments.story import story
from sim.reports.style import look

# Everything below scales with this one number; tests set a smaller one.
MILLION = int(os.environ.get("NOTEBOOK_CUSTOMERS", "1_000_000"))
THOUSAND = min(1_000, MILLION)

plt.rcParams.update(
    {
        "figure.figsize": (8, 3.6),
        "figure.dpi": 110,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "axes.axisbelow": True,
        "text.parse_math": False,
    }
)
CLASSIC, PROACTIVE = look(0), look(1)


def two_worlds(**changes):
    """Return the treadmill scenario with its classic and its proactive arm alone, over two years."""
    scenario = Scenario.load("treadmill", **{"horizon": 104, "burn_in": 52, **changes})
    return replace(scenario, arms={name: scenario.arms[name] for name in ("classic", "proactive")})


# %% [markdown]
# ## One customer
#
# This customer is the one, of a thousand, for whom the proactive arm earns the company most. Week by week in
# both arms; the mark shows where the two histories diverge, the decision that caused it, and the draw behind it.
# Up to that week nothing differs: same traits, same draws.

# %%
shown = story(two_worlds(population=THOUSAND), seed=1, pick="winner")
lines = str(shown).splitlines()
print("\n".join([*lines[:36], "   ...", *lines[-4:]]))

# %% [markdown]
# The same two histories as a picture. A filled mark is a purchase through the loop, without consideration. An
# open one was made after consideration. Ticks are contacts of the company.

# %%
PURCHASE, TIMELY, MISTIMED, LOOP = 1, 2, 3, 2
fig, ax = plt.subplots(figsize=(8, 2.4))
for row, (life, way) in enumerate(zip(shown.lives, (CLASSIC, PROACTIVE), strict=True)):
    ax.axhline(row, color="#d9d9d9", lw=1, zorder=0)
    for _, week, _, kind, _, brand, _, origin, _ in life.events:
        if kind == PURCHASE:
            mine = brand == shown.scenario.focal
            colour = way.colour if mine else "#b0b0b0"
            ax.plot(week, row, way.marker, ms=11, mec=colour, mfc=colour if origin == LOOP else "white", mew=2)
        elif kind in (TIMELY, MISTIMED):
            ax.plot([week, week], [row - 0.32, row - 0.18], color=way.colour, lw=2 if kind == TIMELY else 0.8)
ax.set_yticks(range(2), [life.arm for life in shown.lives])
ax.set_ylim(-0.6, 1.6)
ax.grid(False)
ax.set_xlabel("week")
ax.set_title(f"{shown.persona}: purchases (grey: of other brands)")
fig.tight_layout()

# %% [markdown]
# ## A thousand customers
#
# One selected customer proves nothing. Now eight independent markets of a thousand customers each, every
# market simulated in both arms. Markets differ by chance; the two ends of a line share their random draws. That is
# why the *slopes* agree better than the *heights*.

# %%
thousand = compare(
    replace(two_worlds(population=THOUSAND), record=replace(shown.scenario.record, customers=True)), seed=1
)
currency = thousand.scenario.market.economics.currency
heads = thousand.scenario.market_customers
money = {arm: thousand.cash(arm).sum(axis=1) / heads for arm in thousand.arms}
gain = thousand.summary_json["differences"]["proactive - classic"]["contribution"]

fig, axes = plt.subplots(1, 2, gridspec_kw={"width_ratios": [1, 1.5]})
for low, high in zip(money["classic"], money["proactive"], strict=True):
    axes[0].plot([0, 1], [low, high], color="#9a9a9a", lw=1.2, zorder=1)
for place, (arm, way) in enumerate(zip(thousand.arms, (CLASSIC, PROACTIVE), strict=True)):
    axes[0].plot(np.full(money[arm].size, place), money[arm], way.marker, color=way.colour, zorder=2)
axes[0].set_xticks([0, 1], thousand.arms)
axes[0].set_xlim(-0.4, 1.4)
axes[0].set_ylabel(f"contribution per customer, {currency}")
axes[0].set_title("Eight markets, two worlds")

lives = thousand.customers.pivot(index=["replicate", "customer"], columns="arm", values="value")
each = np.sort((lives["proactive"] - lives["classic"]).to_numpy())
share = np.linspace(0, 100, each.size)
axes[1].fill_between(share, each, where=each > 0, color=PROACTIVE.colour, alpha=0.35, lw=0)
axes[1].fill_between(share, each, where=each < 0, color="#D55E00", alpha=0.45, lw=0)
axes[1].plot(share, each, color="#1a1a1a", lw=1)
axes[1].set_xlabel("customers, by what they are worth more, %")
axes[1].set_ylabel(f"difference in value, {currency}")
axes[1].set_title(
    f"Worth more {np.mean(each > 0):.0%}, less {np.mean(each < 0):.0%}, the same {np.mean(each == 0):.0%}"
)
fig.tight_layout()

per_head = [gain[key] / heads for key in ("mean", "ci_low", "ci_high")]
print(
    f"Difference per customer over {thousand.scenario.horizon} weeks, all costs paid: "
    f"{currency}{per_head[0]:.2f} (95 % interval {per_head[1]:.2f} to {per_head[2]:.2f})."
)
losses = -each[each < 0]
print(f"Half of those worth less are so by less than {currency}{np.median(losses) if losses.size else 0:.2f}.")
print(f"Independent luck would need {gain['variance_reduction']:.1f} times as many markets for the same interval.")

# %% [markdown]
# Fixed costs are not in the right-hand picture: they belong to no single customer. They are in the left one,
# and in the difference. Many customers are worth *less* in the proactive arm, though the company spends on
# all of them: that is the cost of the strategy, and an average hides it.

# %% [markdown]
# ## A million customers
#
# With a million, chance is small, and the model's assumptions remain. How large a share of the company's
# purchases is made in the loop, and what has been earned and spent by then?

# %%
million = compare(two_worlds(population=MILLION), replicates=2, seed=2)
weeks = np.arange(million.scenario.horizon)


def loop_share(history):
    """Return the share of focal purchases won in the loop, over the last eight weeks."""
    bought = history.purchases[:, :, million.scenario.focal].sum(axis=1).cumsum(axis=0)
    recent = bought - np.pad(bought, ((8, 0), (0, 0)))[: len(bought)]
    return 100 * recent[:, 2] / np.maximum(recent.sum(axis=1), 1)


fig, axes = plt.subplots(1, 2)
for arm, way in zip(million.arms, (CLASSIC, PROACTIVE), strict=True):
    shares = million.series(arm, loop_share).mean(axis=0)
    axes[0].plot(weeks[8:], shares[8:], color=way.colour, ls=way.line, label=arm)
axes[0].set_ylim(bottom=0)
axes[0].set_xlabel("week")
axes[0].set_ylabel("purchases through the loop, %")
axes[0].set_title("The loop fills")
axes[0].legend(frameon=False)

extra = (million.cash("proactive") - million.cash("classic")).cumsum(axis=1).mean(
    axis=0
) / million.scenario.market_customers
axes[1].axhline(0, color="#8c8c8c", lw=1)
axes[1].plot(weeks, extra, color=PROACTIVE.colour)
axes[1].fill_between(weeks, extra, where=extra < 0, color="#D55E00", alpha=0.35, lw=0)
axes[1].fill_between(weeks, extra, where=extra > 0, color=PROACTIVE.colour, alpha=0.25, lw=0)
axes[1].set_xlabel("week")
axes[1].set_ylabel(f"ahead of classic, {currency} per customer")
axes[1].set_title("First it costs")
fig.tight_layout()

# %% [markdown]
# Where the difference in contribution comes from, and which personas contribute to it:

# %%
parts = million.summary_json["waterfall"]["proactive - classic"]
names = [name for name, part in parts["all"].items() if abs(part["mean"]) > 0]
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2))
values = np.array([parts["all"][name]["mean"] for name in names]) / million.scenario.market_customers
axes[0].barh(names, values, color=[PROACTIVE.colour if value > 0 else "#D55E00" for value in values])
axes[0].invert_yaxis()
axes[0].set_title("What the difference is made of")

people = [persona.name for persona in million.scenario.personas]
titles = [(persona.title or persona.name).split(",")[0] for persona in million.scenario.personas]
per_persona = million.summary_json["personas"]
heads_of = million.summary_json["persona_customers"]
worth = np.array(
    [
        per_persona[name]["differences"]["proactive - classic"]["contribution"]["mean"] / heads_of[name]
        for name in people
    ]
)
axes[1].barh(titles, worth, color=[PROACTIVE.colour if value > 0 else "#D55E00" for value in worth])
axes[1].invert_yaxis()
axes[1].set_title("By persona")
for ax in axes:
    ax.axvline(0, color="#1a1a1a", lw=1)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(f"{currency} per customer")
fig.tight_layout()

# %% [markdown]
# ## When does it pay?
#
# Two things a strategist can change or know: how often customers are contacted, and what one purchase earns.
# Each cell is the same comparison again, with the same random draws. Orange is where waiting earns more.

# %%
rates = [0.0, 0.05, 0.15, 0.3, 0.6, 1.0]
margins = [15, 30, 60, 90]
SAMPLE = min(4_000, MILLION)
base = two_worlds(population=SAMPLE)
focal = base.market.focal
table = np.empty((len(margins), len(rates)))
widest = 0.0
for row, margin in enumerate(margins):
    for column, rate in enumerate(rates):
        changed = two_worlds(
            population=SAMPLE,
            **{
                f"market.brands.{focal}.unit_margin": margin,
                "arms.proactive.focal.strategy.contacts_per_week.customers": rate,
            },
        )
        summary = compare(changed, replicates=4, seed=3).summary_json
        found = summary["differences"]["proactive - classic"]["contribution"]
        table[row, column] = found["mean"] / base.market_customers
        widest = max(widest, (found["ci_high"] - found["mean"]) / base.market_customers)

fig, ax = plt.subplots(figsize=(8, 3.4))
bound = np.abs(table).max()
ax.imshow(table, cmap="PuOr", vmin=-bound, vmax=bound, aspect="auto", origin="lower")
for row in range(len(margins)):
    for column in range(len(rates)):
        dark = abs(table[row, column]) > 0.6 * bound
        ax.text(
            column, row, f"{table[row, column]:+.1f}", ha="center", va="center", color="white" if dark else "#1a1a1a"
        )
ax.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
ax.set_yticks(range(len(margins)), [f"{currency}{margin}" for margin in margins])
ax.grid(False)
ax.set_xlabel("contacts of a customer per week")
ax.set_ylabel("margin of one purchase")
ax.set_title(f"Proactive minus classic, {currency} per customer over {base.horizon} weeks")
fig.tight_layout()

# %%
best = rates[int(table.mean(axis=0).argmax())]
lost = np.mean(table < 0)
print(f"Best contact rate of these, over all margins: {best:g} a week.")
print(f"Classic earns more in {lost:.0%} of the cells. Widest 95 % interval of a cell: +/- {currency}{widest:.2f}.")

# %% [markdown]
# ## Conclusions
#
# - The loop is a path through a graph: from need to purchase without consideration. Satisfaction, trust and habit
#   make it more likely.
# - Guiding customers into it costs before it earns, costs for all customers, and pays through some. Whether it pays
#   depends on margin, cost and time.
# - Contacts move customers forward and cause fatigue: each further one adds less than the one before. Whether the last
#   one pays is in the table, and depends on what it costs and how well it is timed.
# - A purchase brought forward is not a purchase gained: what is bought early is not bought later (`carry_over`).
#
# Change any assumption from the command line, `journey compare arms.proactive.focal.strategy.automation=0.3`,
# or read what every number means in `docs/model.md`.
