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
# # Lesson 4. Who pays for personalization
#
# A company that knows a customer can help, and can intrude. Concern, fatigue and opting out are the price, and not everybody pays it: those who gain from personalization are seldom those who mind it.
#
# **The company hides what it collects. Of 100 customers, how many want no more contact from it after four years?**
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

lesson = LessonRun.open("who_pays")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Compare the bars of the personas in both arms. Who pays, and who opts out more: those who gain or those who lose?

# %%
result = lesson.ask()
result.plot.personas()

# %%
lesson.by_persona(result, 'opt_out_rate')

# %% [markdown]
# 2. Make the customers less concerned.

# %%
result = lesson.ask(privacy_concern=-0.3)
result.plot.personas()

# %%
lesson.by_persona(result, 'opt_out_rate')

# %% [markdown]
# 3. Make half as many contacts. Is less more?

# %%
lesson.ask(contact_rate=0.15).plot.cash()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *Is disclosing free?* In this market it costs nothing and fewer opt out; in a real one it may also keep some from giving data at all (Aridor, Che & Salz 2020 saw 12.5 % fewer).
#
# *Why does the average hide the story?* In the disclosed arm the gain of some personas and the loss of others nearly cancel. Read the persona bars before the headline, and their intervals: how well the capabilities work is in doubt for every one of them.
#
# *What is assumed here?* How fast concern grows with intrusion. The direction is measured (Aguirre et al. 2015), the size is not.
