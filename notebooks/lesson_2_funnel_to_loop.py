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
# # Lesson 2. From the funnel to the loop
#
# In the funnel a need leads to a set of brands, the set to a comparison, the comparison to a purchase. In the loyalty loop a satisfied customer buys again without considering or comparing anything. How often that happens depends on the category before it depends on any strategy. McKinsey (2017) counted it in 30 categories; among mobile carriers it makes up 81 % of purchases.
#
# **Of 100 purchases of a cosmetics brand that waits for its customers, how many are made in the loop?**
#
# 1. fewer than 10
# 2. from 10 to 30
# 3. from 30 to 60
# 4. more than 60

# %% [markdown]
# Commit to a prediction before you run the next cell: write its number in place of `None`.

# %%
prediction = None

# %%
from sim.lesson_run import LessonRun

lesson = LessonRun.open("funnel_to_loop")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Make the category more loyal, as far as the lever goes. How large does the loop become, and does it carry the strategy?

# %%
result = lesson.ask(loyalty=2.5)
result.plot.loyalty()

# %%
result.plot.cash()

# %% [markdown]
# 2. Open the phone subscription instead, where most customers renew without a look at the market.

# %%
lesson.ask(scenario='phone_subscription').plot.cash()

# %% [markdown]
# 3. Halve the cost of the capabilities, then halve it again. Is it the loop or the cost that decides?

# %%
lesson.ask(capability_cost=0.5).plot.cash()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *Is a large loop share always good for a company?* Not by itself: in the phone market four of five purchases of the waiting company are made in it, and every rival has one too. The proactive company wins customers there while its loop share falls, because those who come over have to choose it first.
#
# *Where in the journey map does the loop show?* As the line from need straight to buy; in the difference map it is one of the lines that grow.
#
# *What would a rival do?* Offer those in the loop a reason to look around. Loyalty is not captivity: lesson 6.
