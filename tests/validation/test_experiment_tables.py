"""Tables of field experiments: figures come out right however they are written, or are refused with row and remedy."""

from math import log, sqrt

import pytest

from sim.data.layout import Layout
from sim.scenario.errors import ConfigError
from sim.validation.field_experiment import read_experiments

HEAD = "id,outcome,unit,control,treated,relative_effect,n,replay,ci_or_se"
REPLAY = "personalization 0/1; groceries; purchases; 8"
ABOVE = {"id": "A1", "outcome": "purchases", "unit": "% of customers", "control": "10", "treated": "11.2"}
USUAL = {**ABOVE, "relative_effect": "+12 %", "n": "4000", "replay": REPLAY, "ci_or_se": ""}
#: Of 2,000 customers in each group (Katz et al. 1978).
ERROR = sqrt(0.9 / (2000 * 0.1) + 0.888 / (2000 * 0.112))


def table(*rows, head=HEAD, sep=","):
    lines = (sep.join(f'"{cell}"' for cell in (USUAL | row).values()) for row in rows)
    return "\n".join([head.replace(",", sep), *lines]) + "\n"


def read(tmp_path, content, layout=None):
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_experiments(path, layout)


GERMAN = {"control": "10,0 %", "treated": "11,2 %", "relative_effect": "+12,0 %", "n": "4.000"}
SAME = {
    "percent signs": table({"control": "10 %", "treated": "11.2 %"}),
    "decimal commas": table(GERMAN),
    "semicolons": table(GERMAN, sep=";"),
    "sep=": "sep=;\n" + table(GERMAN, sep=";"),
    "tabs": table({}, sep="\t"),
    "shares": table({"unit": "share of customers", "control": "0.10", "treated": ".112"}),
    "shares with commas": table({"unit": "Anteil", "control": "0,10", "treated": "0,112"}),
    "participants with a point": table({"n": "4.000"}),
    "participants with a blank": table({"n": "4\u00a0000 customers"}),
    "participants with an apostrophe": table({"n": "4'000"}),
    "participants in thousands": table({"n": "4k"}),
    "participants of each group": table({"n": "2,000 per arm"}),
    "participants of two groups": table({"n": "2000/2000"}),
    "two times participants": table({"n": "2 x 2,000"}),
    "treated of all": table({"n": "2000 treated of 4,000"}),
    "stars": table({"treated": "11.2**"}),
    "remarks and errors": table({"control": "10 (in May) ± 0.5", "treated": "about 11.2 ± 0.6"}),
    "other digits": table({"control": "\u0661\u0660"}),
    "points beside levels": table({"relative_effect": "+1.2 pp"}),
    "title, blank row, heads in capitals": "Our tests\n"
    + table({}, head="ID,Outcome,Unit,Control,Treated,Relative effect,N,Replay,ci_or_se")
    + ",,,,,,,,\n",
    "per cent in the head": table({"relative_effect": "12"}, head=HEAD.replace("effect", "effect (%)")),
    "UTF-16": table({}).encode("utf-16"),
    "a mark at the start": table({}).encode("utf-8-sig"),
}


@pytest.mark.parametrize("case", SAME)
def test_a_row_is_one_experiment_however_it_is_written(tmp_path, case):
    (found,) = read(tmp_path, SAME[case])
    assert found.effects == pytest.approx((0.12,)) and found.error == pytest.approx(ERROR)
    assert found.interval_from == "from the participants"


STATED = {
    "\u221212 %": -0.12,
    "\u201312 %": -0.12,
    "+12,5 %": 0.125,
    "12.5 per cent": 0.125,
    "+12,5 Prozent": 0.125,
    "12.5pct": 0.125,
    "+12.5 \u2030": 0.0125,
    "1.12x": 0.12,
    "x 1.12": 0.12,
    "+12 % (3 % to 21 %)": 0.12,
}


@pytest.mark.parametrize("said", STATED)
def test_an_effect_without_levels_is_read_as_a_whole(tmp_path, said):
    (found,) = read(tmp_path, table({"unit": "relative", "control": "NA", "treated": "-", "relative_effect": said}))
    assert found.effects == pytest.approx((STATED[said],)) and found.signs == ((-1 if STATED[said] < 0 else 1),)


NO_LEVELS = {"unit": "relative", "control": "", "treated": ""}
REPORTED = {
    "95 % CI +3 % to +21 %": (0.03, 0.21),
    "[+3 %; +21 %]": (0.03, 0.21),
    "1.03-1.21": (0.03, 0.21),
    "95% CI 10.3 to 12.1": (0.03, 0.21),
}


@pytest.mark.parametrize("said", REPORTED)
def test_a_reported_interval_goes_before_the_number_of_participants(tmp_path, said):
    (found,) = read(tmp_path, table({"ci_or_se": said}))
    assert found.interval == pytest.approx(REPORTED[said]) and found.interval_from == "as reported"
    assert found.error == pytest.approx((log(1.21) - log(1.03)) / 2 / 1.95996, rel=1e-4)


def test_standard_errors_and_p_values_are_read(tmp_path):
    rows = [
        {"ci_or_se": "p = 0.03"},
        {"id": "A2", "ci_or_se": "p < .001"},
        {"id": "A3", "ci_or_se": "SE 0.45 points"},
        {"id": "A4", **NO_LEVELS, "ci_or_se": "SE 4 %"},
        {"id": "A5", "ci_or_se": "n.s."},
        {"id": "A6", "ci_or_se": "90 % CI +5 % to +19.5 %"},
    ]
    errors = [each.error for each in read(tmp_path, table(*rows))]
    wanted = [log(1.12) / 2.17009, log(1.12) / 3.29053, 0.045 / 1.12, 0.04 / 1.12, log(1.12), 0.0393]
    assert errors == pytest.approx(wanted, rel=1e-3)


REFUSED = {
    "a share or per cent": ({**NO_LEVELS, "relative_effect": "0.125"}, "write it in per cent, such as"),
    "points": ({**NO_LEVELS, "relative_effect": "+1,2 Prozentpunkte"}, "is in points; give the levels"),
    "% points": ({**NO_LEVELS, "relative_effect": "+1.2 % points"}, "is in points; give the levels"),
    "brackets": ({**NO_LEVELS, "relative_effect": "(12 %)"}, "write it with its sign"),
    "nothing": ({**NO_LEVELS, "relative_effect": "NA"}, "says neither a size nor a sign"),
    "a range": ({"treated": "11-12"}, r"row 1 \(A1\): treated is '11-12', which has several numbers"),
    "another sign": ({"control": "11.2", "treated": "10"}, "contradicts control '11.2' and treated '10'"),
    "points as per cent": ({"relative_effect": "+1.2 %"}, "contradicts control '10' and treated '11.2'"),
    "per cent below 1": ({"control": "0.10", "treated": "0.112"}, "as all are 1 at the most; write levels with %"),
    "no level of control": ({"control": "", "relative_effect": ""}, "no level above 0"),
    "nobody": ({"n": "-4000"}, "is no number of people"),
    "many numbers of people": ({"n": "4000 in 3 towns"}, "control and treated, such as 1900/2100"),
    "a standard deviation": ({"ci_or_se": "SD 4 %"}, "cannot be read as the error of the effect; give the 95 % int"),
    "a variance": ({"ci_or_se": "variance 0.0016"}, "cannot be read as the error of the effect"),
    "of effect or level": ({"ci_or_se": "95-%-KI [3.0 %; 21.0 %]"}, "interval of the effect or of a level"),
    "beside the effect": ({"ci_or_se": "95 % CI +30 % to +41 %"}, "in which the effect of .12 % does not lie"),
    "points or a share": ({"ci_or_se": "SE 4 %"}, "can be points or a share of the effect"),
    "a total": ({"id": "Total", "outcome": ""}, r"row 1 \('Total'\) has no outcome"),
    "another decimal sign": ({"control": "10.25", "treated": "11,2"}, "no number with a decimal|read in two ways"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_be_meant_otherwise_is_refused_with_its_row(tmp_path, case):
    row, said = REFUSED[case]
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, table(row))


def test_what_can_be_thousands_or_decimals_is_asked(tmp_path):
    content = table({"unit": "visits", "control": "980", "treated": "1,097", "relative_effect": "up"})
    with pytest.raises(ConfigError, match="decimal=point or decimal=comma"):
        read(tmp_path, content)
    assert read(tmp_path, content, Layout(decimal="point"))[0].effects == pytest.approx((1097 / 980 - 1,))
    # What is stated beside it decides.
    (found,) = read(tmp_path, content.replace('"up"', '"+12 %"'))
    assert found.effects == pytest.approx((1097 / 980 - 1,))
