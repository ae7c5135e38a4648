"""Rules as theorems: what each must do for every customer, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.rules.experience import (
    Felt,
    affinity_after_ease,
    bonded,
    expectation_after,
    habit_after_repeat,
    outcome,
    satisfaction_after,
    trust_after_intrusion,
    trust_after_surprise,
)
from agents.rules.feelings import (
    eased,
    felt_effort,
    intrusion,
    knowledge_after_touch,
    opt_out_probability,
    privacy_after_intrusion,
    pull,
    relevance,
)
from agents.rules.innovation import delight_of, exponential_uplift, is_run
from agents.rules.need import NODES_PER_OCTAVE, OCTAVES, carried_over, tail_position, whole_weeks
from agents.rules.numerics import log, uniform
from agents.rules.talk import complaint_probability, praise_probability, reputation_after, salience_after
from agents.rules.transition import add_term, clipped_probability, odds
from agents.rules.utility import brand_value, incumbent_bump, lifelong_taste, moment_error, price_disutility

unit = st.floats(0.0, 1.0)
utility = st.floats(-10.0, 10.0)
positive = st.floats(0.0, 10.0)
luck = st.integers(0, 2**32 - 1).map(uniform)
factor = st.floats(1.0, 10.0)
felt = st.builds(Felt, unit, unit, unit, positive, positive)
#: Room for the last bit of sums and products.
LITTLE = 1e-12


def ordered(low, high):
    """Two draws of a strategy in order."""
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted)


# --- what stays within bounds


@given(unit, unit)
def test_ease_and_relevance_are_shares_of_what_the_company_does(level, trait):
    assert 0.0 <= eased(level, trait, 0.0) <= level
    assert -level * 0.5 <= eased(level, trait, 0.5) <= eased(level, trait, 0.0)
    assert eased(0.0, trait, 0.5) == 0.0
    assert 0.0 <= relevance(level, trait) <= level


@given(positive, positive, unit)
def test_automation_only_ever_takes_effort_away(effort, channel, ease):
    assert 0.0 <= felt_effort(effort, channel, ease) <= felt_effort(effort, channel, 0.0)


@given(unit, unit, unit)
def test_knowledge_grows_and_never_passes_all_there_is(known, rate, automation):
    assert known <= knowledge_after_touch(known, rate, automation) <= 1.0 + LITTLE


@given(unit, st.floats(0.0, 1e4))
def test_pull_is_a_share_even_for_the_weariest(relevant, fatigue):
    assert 0.0 < pull(relevant, fatigue, 0.0) <= 1.0


@given(unit, ordered(0.0, 50.0))
def test_fatigue_wears_pull_off(relevant, fatigue):
    low, high = fatigue
    assert pull(relevant, high, 0.0) <= pull(relevant, low, 0.0)
    assert pull(relevant, low, high) <= pull(relevant, low, low), "intrusion wears it off too"


@given(unit, unit, factor)
def test_covert_use_intrudes_as_many_times_more(concern, relevant, covert):
    assert intrusion(concern, relevant, covert) == pytest.approx(covert * intrusion(concern, relevant, 1.0))
    assert intrusion(concern, relevant, covert) >= intrusion(concern, relevant, 1.0)


@given(unit, unit, unit, positive)
def test_adaptive_personas_stay_personas(trait, rate, ease, disturbance):
    assert trait <= affinity_after_ease(trait, rate, ease) <= 1.0 + LITTLE
    assert trait <= privacy_after_intrusion(trait, rate, disturbance) <= 1.0 + LITTLE


# --- opting out


@given(unit, positive, positive)
def test_opting_out_is_a_probability_and_never_certain_of_a_mild_hazard(base, tired, disturbed):
    assert 0.0 <= opt_out_probability(base, 0.0, tired, disturbed) <= 1.0


@given(unit, ordered(0.0, 10.0), ordered(0.0, 10.0))
def test_the_tired_and_the_disturbed_opt_out_sooner(base, tired, disturbed):
    low = opt_out_probability(base, 0.0, tired[0], disturbed[0])
    assert low <= opt_out_probability(base, 0.0, tired[1], disturbed[0]) + LITTLE
    assert low <= opt_out_probability(base, 0.0, tired[0], disturbed[1]) + LITTLE
    assert opt_out_probability(base, 1.0, tired[0], disturbed[0]) <= low, "a relevant contact annoys less"


def test_without_any_hazard_nobody_opts_out():
    assert opt_out_probability(0.0, 0.0, 0.0, 0.0) == 0.0
    assert opt_out_probability(0.5, 1.0, 0.0, 0.0) == 0.0


# --- experience


@given(utility, felt, felt, utility)
def test_experience_rises_with_what_pleases_and_falls_with_what_does_not(advantage, feels, weights, step):
    assume(step > 0.0)
    lived = outcome(advantage, feels, weights, 0.5, 0.5)
    assert outcome(advantage + step, feels, weights, 0.5, 0.5) >= lived
    for name in ("ease", "relevance", "delight"):
        assert outcome(advantage, feels._replace(**{name: getattr(feels, name) + step}), weights, 0.5, 0.5) >= lived
    for name in ("strain", "intrusion"):
        assert outcome(advantage, feels._replace(**{name: getattr(feels, name) + step}), weights, 0.5, 0.5) <= lived


@given(utility, utility, unit)
def test_expectation_moves_towards_experience_and_not_past_it(expected, lived, rate):
    after = expectation_after(expected, lived - expected, rate)
    assert min(expected, lived) - LITTLE <= after <= max(expected, lived) + LITTLE


@given(utility, st.floats(0.01, 1.0))
def test_delight_fades(lived, rate):
    """The same experience again and again: every surprise is (1 - rate) times the one before."""
    expected, surprises = 0.0, []
    for _ in range(20):
        surprises.append(lived - expected)
        expected = expectation_after(expected, surprises[-1], rate)
    for before, after in zip(surprises[:-1], surprises[1:], strict=True):
        assert after == pytest.approx((1.0 - rate) * before, abs=1e-9)


@given(st.floats(0.1, 3.0), st.floats(0.1, 0.9), st.floats(0.1, 1.0), factor)
def test_a_lasting_improvement_satisfies_for_a_while_only(lived, rate, speed, aversion):
    """Satisfaction rises above where it was, and comes back to nothing though experience stays as good."""
    expected, satisfied, levels = 0.0, 0.0, []
    for _ in range(400):
        surprise = lived - expected
        satisfied = satisfaction_after(satisfied, surprise, speed, aversion)
        expected = expectation_after(expected, surprise, rate)
        levels.append(satisfied)
    assert levels[0] > 0.0
    assert abs(levels[-1]) < 1e-6 * max(levels) + 1e-12


@given(st.floats(0.001, 10.0), st.floats(0.01, 1.0), factor)
def test_losses_weigh_as_many_times_more(surprise, rate, aversion):
    up, down = satisfaction_after(0.0, surprise, rate, aversion), satisfaction_after(0.0, -surprise, rate, aversion)
    assert down == pytest.approx(-aversion * up)
    assert -down >= up


@given(utility, ordered(-10.0, 10.0), unit, factor)
def test_a_better_surprise_never_satisfies_less(satisfied, surprises, rate, aversion):
    low, high = surprises
    assert satisfaction_after(satisfied, low, rate, aversion) <= satisfaction_after(satisfied, high, rate, aversion)


@given(unit, utility, unit, unit, unit)
def test_trust_stays_a_share(trust, surprise, propensity, gain, loss):
    assert -LITTLE <= trust_after_surprise(trust, surprise, propensity, gain, loss) <= 1.0 + LITTLE


@given(unit, st.floats(0.0, 10.0), unit, unit, unit)
def test_trust_is_won_by_good_and_lost_by_bad_surprises(trust, surprise, propensity, gain, loss):
    assert trust_after_surprise(trust, surprise, propensity, gain, loss) >= trust
    assert trust_after_surprise(trust, -surprise, propensity, gain, loss) <= trust


@given(unit, ordered(-10.0, 10.0), unit, unit, unit)
def test_a_better_surprise_never_costs_trust(trust, surprises, propensity, gain, loss):
    low, high = surprises
    worse = trust_after_surprise(trust, low, propensity, gain, loss)
    assert worse <= trust_after_surprise(trust, high, propensity, gain, loss) + LITTLE


@given(unit, ordered(0.0, 10.0), unit)
def test_intrusion_costs_trust_down_to_none(trust, disturbances, loss):
    low, high = disturbances
    assert 0.0 <= trust_after_intrusion(trust, high, loss) <= trust_after_intrusion(trust, low, loss) <= trust


@given(unit, unit)
def test_habit_and_bonds_grow_towards_one(value, gain):
    for grow in (habit_after_repeat, bonded):
        assert value <= grow(value, gain) <= 1.0 + LITTLE


# --- choice


@given(luck, st.floats(0.0, 10.0))
def test_taste_and_error_scale_with_their_spread(u, spread):
    assert lifelong_taste(u, spread) == pytest.approx(spread * lifelong_taste(u, 1.0))
    assert moment_error(u, spread) == pytest.approx(spread * moment_error(u, 1.0))
    assert lifelong_taste(u, 0.0) == 0.0 == moment_error(u, 0.0)


@given(utility, ordered(0.0, 10.0), utility, ordered(0.0, 1.0))
def test_a_dearer_brand_is_worth_less_the_more_so_to_the_price_sensitive(quality, prices, reputation, sensitivity):
    cheap, dear = prices
    low, high = sensitivity
    assert brand_value(quality, price_disutility(5.0, high, dear), reputation) <= brand_value(
        quality, price_disutility(5.0, high, cheap), reputation
    )
    assert price_disutility(5.0, low, dear) <= price_disutility(5.0, high, dear)


@given(positive, unit, positive, ordered(-10.0, 10.0))
def test_the_satisfied_come_back_more(habit_weight, habit, weight, satisfied):
    low, high = satisfied
    assert incumbent_bump(habit_weight, habit, weight, low) <= incumbent_bump(habit_weight, habit, weight, high)


# --- word of mouth


@given(unit, unit, utility)
def test_talk_is_a_probability_and_one_does_not_both_praise_and_complain(rate, sociable, feeling):
    praise, complaint = praise_probability(rate, sociable, feeling), complaint_probability(rate, sociable, feeling)
    assert 0.0 <= praise <= 1.0 and 0.0 <= complaint <= 1.0
    assert praise == 0.0 or complaint == 0.0


@given(unit, st.floats(-50.0, 50.0), positive)
def test_salience_stays_a_probability(salience, reputation, effect):
    assert 0.0 <= salience_after(salience, reputation, effect) <= 1.0 + LITTLE


@given(st.floats(0.01, 0.99), ordered(-20.0, 20.0), positive)
def test_a_better_name_comes_to_mind_more(salience, reputations, effect):
    low, high = reputations
    assert salience_after(salience, low, effect) <= salience_after(salience, high, effect) + LITTLE


@given(st.floats(0.0, 20.0))
def test_nobody_recalls_the_unknown_nor_forgets_the_known(effect):
    assert salience_after(0.0, 3.0, effect) == 0.0
    assert salience_after(1.0, -3.0, effect) == 1.0


@given(unit)
def test_without_effect_or_reputation_salience_stays(salience):
    assert salience_after(salience, 3.0, 0.0) == salience_after(salience, 0.0, 3.0) == pytest.approx(salience)


@given(utility, unit, positive)
def test_reputation_fades_in_silence(reputation, decay, gain):
    assert abs(reputation_after(reputation, 0.0, decay, gain)) <= abs(reputation)


# --- need


@given(luck, luck, st.floats(0.0, 60_000.0))
def test_weeks_are_whole_and_never_none(u, other, gap):
    weeks = whole_weeks(gap, u)
    assert weeks >= 1 and weeks == int(weeks)
    assert abs(weeks - max(gap, 1.0)) <= 1.0
    low, high = sorted((u, other))
    assert whole_weeks(gap, low) <= whole_weeks(gap, high)


@pytest.mark.parametrize("gap", [1.0, 1.25, 7.5, 26.9])
def test_rounding_keeps_the_mean_gap(gap):
    """Midpoints of 10,000 equal parts, so rounding is exact to one part."""
    u = (np.arange(10_000) + 0.5) / 10_000
    assert np.mean([whole_weeks(gap, value) for value in u]) == pytest.approx(gap, abs=2e-4)


@given(st.floats(-100.0, 1000.0), unit, luck)
def test_only_an_early_need_is_carried_over(early, share, u):
    carried = carried_over(early, share, u)
    assert carried >= 0
    if early <= 0.0:
        assert carried == 0
    else:
        assert carried <= early + 1


@given(luck, luck)
def test_positions_in_the_table_of_gaps_follow_their_uniform(u, other):
    low, high = sorted((u, other))
    first, second = tail_position(log(1.0 - low)), tail_position(log(1.0 - high))
    assert -1e-9 <= first <= second <= NODES_PER_OCTAVE * OCTAVES


# --- transitions and innovation


@given(utility, utility, st.lists(st.tuples(utility, unit), max_size=5))
def test_probabilities_of_competing_ways_are_probabilities(base, other, terms):
    predictor = base
    for coefficient, feature in terms:
        predictor = add_term(predictor, coefficient, feature)
    one, two = odds(predictor), odds(other)
    shares = [one / (1.0 + one + two), two / (1.0 + one + two), 1.0 / (1.0 + one + two)]
    assert all(0.0 <= share <= 1.0 for share in shares) and sum(shares) == pytest.approx(1.0)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_linear_hazards_are_clipped_and_in_order(one, other):
    low, high = sorted((one, other))
    assert 0.0 <= clipped_probability(low) <= clipped_probability(high) <= 1.0


@given(ordered(0.0, 600.0))
def test_innovation_delights_less_and_less(stocks):
    low, high = stocks
    assert 0.0 <= delight_of(low) <= delight_of(high) <= 1.0
    assert delight_of(0.0) == 0.0
    assert delight_of(high) <= high + LITTLE


@given(luck, st.floats(0.0, 5.0))
def test_an_uplift_never_harms(u, mean):
    assert exponential_uplift(u, mean) >= 0.0


@given(luck, st.floats(0.0, 50.0))
def test_as_many_experiments_run_as_are_planned(u, planned):
    runs = [is_run(number, planned, u) for number in range(64)]
    assert runs == sorted(runs, reverse=True), "one that is not run ends the cycle"
    assert abs(sum(runs) - planned) < 1.0 + LITTLE
