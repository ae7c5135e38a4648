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
# Run the same company twice and it earns two amounts. Part of every difference is luck: which customers there are, which of the company's experiments succeed. An interval says how far luck alone could have moved the number. More replicates make it narrower, slowly.
#
# **With 32 replicates instead of 8, how many times narrower is the interval of the difference in contribution, if replicates alone make it so?**
#
# 1. hardly narrower
# 2. about twice
# 3. about four times
# 4. more than six times

# %% [markdown]
# Commit to a prediction before you run the next cell: write its number below.

# %%
prediction = 1

# %%
from sim import compare
from sim.app.explorer import Explorer
from sim.app.lesson import read_lesson
from sim.app.question import Book, read_question
from sim.scenario.config_path import ConfigPath

book = Book.of(ConfigPath.of())
explorer = Explorer(book)
lesson = read_lesson("luck_or_effect", book.config_path)
value, right = lesson.answer(lambda question: explorer.compare(question, question.replicates))
print("You predicted:", lesson.choices[prediction - 1].says)
print("The run says:", lesson.written(value), "-", lesson.choices[right].says)

# %% [markdown]
# The width shrinks with the square root of the number: four times the work, half the width (and a little more, because few replicates also leave unsure how large luck is). More customers help less than more replicates here, because the company's own luck is the same for all of them. The answer is that of precision_method=plain: else a comparison also takes out how lucky the company's experiments were, which narrows it at once.

# %% [markdown]
# Cumulative cash of every arm against the baseline, with 95 % intervals.

# %%
def ask(**values):
    question = read_question(values, book, scenario=lesson.scenario)
    result = compare(book.scenario(question), replicates=question.replicates, seed=question.seed)
    print(result.verdict.splitlines()[0])
    return result


ask().plot.cash()

# %% [markdown]
# ## Three things to try

# %% [markdown]
# 1. Use 1,000 customers instead of 5,000. How much wider is the interval?

# %%
ask(**{'population': 1000}).plot.cash()

# %% [markdown]
# 2. Change the seed three times. How often is the new number inside the first interval?

# %%
ask(**{'seed': 2}).plot.cash()

# %% [markdown]
# 3. Set innovation to 0. Whose luck was it?

# %%
ask(**{'arms.proactive.focal.strategy.innovation': 0}).plot.cash()

# %% [markdown]
# ## For the teacher
#
# 5 minutes for the idea, 5 for the predictions, 10 for the answer and why, 15 for the three things to try in pairs, 10 for the questions.
#
# *The interval holds zero. Does the strategy have no effect?* It is not known with so few replicates. No evidence of a difference is not evidence of none.
#
# *What does the interval not cover?* That the assumptions may be wrong. It is about luck; the break-even curve is about doubt.
#
# *Why compare with the same luck in both worlds?* Luck that both share cancels in the difference; docs/luck.md says by how much.
