# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 5. Luck or effect
#
# Run the same company twice and it earns two amounts. Part of every difference is luck: which customers there are, which of the company's experiments succeed. An interval says how far luck alone could have moved the number. More replicates make it narrower.
#
# **With 32 replicates instead of 8, how many times narrower is the interval of the difference in contribution?**
#
# 1. hardly narrower
# 2. about twice
# 3. about four times
# 4. more than six times

# %% [markdown]
# Commit to a prediction before you run the next cell: write its number in place of `None`.

# %%
prediction = None

# %%
from sim.lesson_run import LessonRun

lesson = LessonRun.open("luck_or_effect")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Use 1,000 customers instead of 5,000. How much wider is the interval?

# %%
lesson.ask(population=1000).plot.cash()

# %% [markdown]
# 2. Change the seed five times. How often is the new number inside the first interval?

# %%
lesson.ask(seed=2).plot.cash()

# %% [markdown]
# 3. Set innovation to 0. How much narrower is the interval now: whose luck was it?

# %%
lesson.ask(**{'arms.proactive.focal.strategy.innovation': 0}).plot.cash()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *The interval holds zero. Does the strategy have no effect?* It is not known with so few replicates. No evidence of a difference is not evidence of none.
#
# *What does the interval not cover?* That the assumptions may be wrong. Choose no lesson: with the doubt about the capabilities the interval is several times wider, and no replicate narrows it. The break-even curve says how wrong they may be.
#
# *Why compare with the same luck in both worlds?* Luck that both share cancels in the difference; docs/luck.md says by how much.
