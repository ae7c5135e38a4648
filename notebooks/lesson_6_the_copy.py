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
# # Lesson 6. The competitor copies
#
# An advantage lasts until it is copied. Here the strongest rival does after a year what the company does from the first week, as well and at the same cost. The customers, their luck and all else stay the same.
#
# **How much of the gain over waiting is left to the company when the rival copies after a year?**
#
# 1. nothing, or less
# 2. less than half
# 3. more than half
# 4. nearly all

# %% [markdown]
# Commit to a prediction before you run the next cell: write its number in place of `None`.

# %%
prediction = None

# %%
from sim.lesson_run import LessonRun

lesson = LessonRun.open("the_copy")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Let the rival copy at once.

# %%
lesson.ask(**{'arms.answered.peak.strategy.start_week': 0}).plot.cash()

# %% [markdown]
# 2. Let it wait for three years.

# %%
lesson.ask(**{'arms.answered.peak.strategy.start_week': 156}).plot.cash()

# %% [markdown]
# 3. Let every rival copy from the first week, at half the strength; then at full strength.

# %%
lesson.ask(scenario='treadmill', competitors_answer=0.5).plot.cash()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *Should one not start at all if one will be copied?* No. The answered arm keeps more than half of the gain, and whoever waits while the rival moves loses against a market in which nobody moves: journey compare scenario=arms_race arms.answered.focal.journey=classic arms.answered.focal.strategy=reactive
#
# *What would make the copy weaker?* Knowledge of one's own customers and habit, which a rival cannot copy, and a head start.
#
# *Where does the rival's money come from?* It pays the same costs; journey optimize answer=true looks for what it would choose.
