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
# # Lesson 1. One customer, two lives
#
# The same customer, with the same luck, lives twice: once with a company that waits, once with a company that automates steps, uses what it knows, makes contact at the right moment and improves the journey. Until the company does something that touches this customer, the two lives are equal to the last detail. From then on they may part.
#
# **Of 100 customers, how many have lives that have parted by the end of the first year?**
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

lesson = LessonRun.open("two_lives")
lesson.reveal(prediction)

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
lesson.ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Look at a winner, a typical customer and a loser below, and find the week and the decision at which the lives part.

# %%
lesson.life('winner')

# %%
lesson.life('typical')

# %%
lesson.life('loser')

# %% [markdown]
# 2. Set all four capabilities and the contacts to 0. The lives never part, and the difference is exactly zero.

# %%
lesson.ask(**{'capability_level': 0, 'contact_rate': 0, 'arms.proactive.focal.strategy.contacts_per_week.prospects': 0}).plot.cash()

# %%
lesson.life('typical', **{'capability_level': 0, 'contact_rate': 0, 'arms.proactive.focal.strategy.contacts_per_week.prospects': 0})

# %% [markdown]
# 3. Let the strategy start a year later. When do the lives part now?

# %%
lesson.ask(**{'arms.proactive.focal.strategy.start_week': 52}).plot.cash()

# %%
lesson.life('winner', **{'arms.proactive.focal.strategy.start_week': 52})

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *Why is the same luck needed in both worlds?* Without it the difference between two lives would be mostly luck. With it, whatever differs was caused by the strategy.
#
# *Can a customer be worse off with the proactive company?* Yes. A contact can come at the wrong moment, tire or intrude; show the loser.
#
# *Does one life prove anything?* No. It shows how an effect comes about. How large it is takes many customers: lesson 5.
