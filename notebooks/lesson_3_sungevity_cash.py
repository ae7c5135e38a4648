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
# # Lesson 3. When it does not pay
#
# Sungevity was celebrated for its customer journey: it showed home owners the solar panels on their own roofs. Its sales doubled within a year. It went bankrupt in 2017. A better journey and a worse balance are no contradiction.
#
# **How far does the cash of the proactive company fall behind the waiting one, as a multiple of all that the waiting one earns in the whole time?**
#
# 1. it does not fall behind
# 2. less than half of it
# 3. from half of it to one and a half times
# 4. more than one and a half times

# %% [markdown]
# Commit to a prediction before you run the next cell: write its number in place of `None`.

# %%
prediction = None

# %%
from sim.lesson_run import LessonRun

lesson = LessonRun.open("sungevity_cash")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Divide the cost of the capabilities by eight. Does it pay now? What else costs?

# %%
lesson.ask(capability_cost=0.125).plot.cash()

# %% [markdown]
# 2. Raise the margin of a purchase by half.

# %%
lesson.ask(margin=1.5).plot.cash()

# %% [markdown]
# 3. Read the break-even curve: how well would the capabilities have to work?

# %%
lesson.ask().plot.effectiveness()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *Sales double and the company loses. How can both be true?* Contribution is margin less every cost. Read the waterfall of the saved report: the added visits alone (there: channels) cost more than the added margin brings, before the capabilities are paid.
#
# *Which number would have warned the board?* The lowest point of cumulative cash, and the week of payback, which does not exist here.
#
# *Is the simulated company Sungevity?* No. It is a market of its kind; shares, costs and strengths are assumptions, listed on the page.
