"""Plain data into the model's dataclasses: every field of every one, by what its own declaration says."""

import dataclasses
import math
import typing
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from agents.brands import Brand
from agents.personas import Persona, Spread
from agents.strategies import Strategy, TypedCost
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.journey import Stage, read_journey
from sim.scenario.market import Market
from sim.scenario.resolved import Assumption, Record
from sim.scenario.scenario import Scenario
from sim.scenario.schema import check, defaults, plain, read, read_name, typed_number
from sim.scenario.settings import Settings

ROOTS = (Market, Brand, Persona, Strategy, Stage, Record, Assumption, Settings)


def _parts(kind: type) -> Iterator[type]:
    """Yield a dataclass and every dataclass inside it."""
    yield kind
    for hint in typing.get_type_hints(kind).values():
        for inner in (hint, *typing.get_args(hint)):
            if dataclasses.is_dataclass(inner):
                yield from _parts(inner)


KINDS = sorted({part for root in ROOTS for part in _parts(root)}, key=lambda kind: kind.__name__)
FIELDS = [
    pytest.param(kind, field, id=f"{kind.__name__}.{field.name}")
    for kind in KINDS
    for field in dataclasses.fields(kind)
    # Such a field is checked by whoever uses it, with tests of its own.
    if typing.get_type_hints(kind)[field.name] is not typing.Any
]


def _hint(kind: type, field: dataclasses.Field) -> tuple[typing.Any, bool]:
    hint = typing.get_type_hints(kind)[field.name]
    members = [member for member in typing.get_args(hint) if member is not type(None)]
    if type(None) in typing.get_args(hint):
        return members[0], True
    return hint, False


def _wrong_values(kind: type, field: dataclasses.Field) -> list[object]:
    """Return values that the field's declaration rules out."""
    hint, optional = _hint(kind, field)
    metadata = field.metadata
    wrong: list[object] = [] if optional else [None]
    if hint in (int, float):
        wrong += [True, "3", "x", [1.0], {"a": 1}, math.nan, math.inf, -math.inf, 10**400]
        if metadata["low"] is not None:
            wrong += [metadata["low"] - 1, metadata["low"] - 1e300]
        if metadata["high"] is not None:
            wrong += [metadata["high"] + 1, metadata["high"] * 2 + 1]
        if hint is int:
            wrong.append((metadata["low"] or 0) + 0.5)
        if metadata["in_millicents"]:
            wrong += [0.000005, 1.2345678]
    elif hint is bool:
        wrong += [0, 1, "true", 1.0, [True]]
    elif hint is str:
        wrong += [3, 0.5, True, ["a"], {"a": 1}, "a\0b"]
        if metadata["choices"]:
            wrong += ["", "nonsense", metadata["choices"][0].upper()]
    elif dataclasses.is_dataclass(hint):
        wrong += ["x", [1], {"no_such_key": 1}, True]
        if hint not in (Spread, TypedCost):
            wrong.append(3)
    else:
        wrong += ["x", 3, [1, 2], True]
    return wrong


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_every_field_refuses_what_its_declaration_rules_out(kind, field):
    for value in _wrong_values(kind, field):
        with pytest.raises(ConfigError) as caught:
            read(kind, {field.name: value}, where="file.yaml", key="root")
        message = str(caught.value)
        assert message.startswith("file.yaml: "), message
        assert f"root.{field.name}" in message, message
        assert "\n" not in message and len(message) < 700, message


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_partial_check_refuses_the_same(kind, field):
    for value in _wrong_values(kind, field):
        with pytest.raises(ConfigError):
            check(kind, {field.name: value}, partial=True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_key_is_refused_with_the_nearest(kind):
    name = dataclasses.fields(kind)[-1].name
    with pytest.raises(ConfigError, match=f"did you mean '{name}'") as caught:
        read(kind, {f"{name}s": 1}, where="file.yaml")
    assert f"unknown key '{name}s'" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [None, 3, "text", [1], True])
def test_what_is_no_mapping_is_refused(kind, data):
    with pytest.raises(ConfigError, match="give a mapping with keys among"):
        read(kind, data)


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_pass_their_own_check_and_come_back(kind):
    data = defaults(kind)
    assert read(kind, data) == kind()
    assert plain(read(kind, data)) == data


def test_the_bounds_themselves_are_accepted():
    for kind in KINDS:
        for field in dataclasses.fields(kind):
            hint, _ = _hint(kind, field)
            for bound in (field.metadata["low"], field.metadata["high"]):
                if bound is not None and hint in (int, float):
                    assert getattr(read(kind, {field.name: bound}), field.name) == bound


def test_the_message_of_the_readme():
    with pytest.raises(ConfigError) as caught:
        read(Market, {"need": {"mean_weeks": -3}}, where="market 'telecom'")
    assert str(caught.value) == "market 'telecom': need.mean_weeks is -3; give a number from 1 to 5000 (weeks)"


def test_whole_numbers():
    assert read(Settings, {"seed": 3.0}).seed == 3
    assert isinstance(read(Settings, {"seed": 3.0}).seed, int)
    assert read(Settings, {"seed": np.int64(3)}).seed == 3
    assert isinstance(read(Brand, {"price": 3}).price, float)


def test_a_bare_number_is_the_mean_of_a_spread():
    persona = read(Persona, {"deliberation": 0.7, "patience": {"mean": 0.2, "concentration": 3}})
    assert persona.deliberation == Spread(0.7)
    assert persona.patience == Spread(0.2, 3.0)
    with pytest.raises(ConfigError, match="deliberation is 1.5; give a number from 0 to 1"):
        read(Persona, {"deliberation": 1.5})
    with pytest.raises(ConfigError, match="deliberation is 'high'; give a number from 0 to 1, or a mapping"):
        read(Persona, {"deliberation": "high"})


def test_entries_bear_the_name_under_which_they_stand():
    market = read(Market, {"brands": {"a": {"price": 3}, "b": {"name": "b"}}})
    assert [brand.name for brand in market.brands.values()] == ["a", "b"]
    with pytest.raises(ConfigError, match="brands.a.name is 'b' but stands under 'a'"):
        read(Market, {"brands": {"a": {"name": "b"}}})


@pytest.mark.parametrize(
    "name", ["", "a b", "../a", "a/b", ".", "..", "ä", "a" * 65, "a\n", None, 3, True, "a.b", "$x"]
)
def test_names_stay_in_their_folder_and_on_their_line(name):
    with pytest.raises(ConfigError, match="name a brand with 1 to 64 letters"):
        read_name(name, "a brand")
    if isinstance(name, str):
        with pytest.raises(ConfigError):
            read(Market, {"brands": {name: {}}})


@pytest.mark.parametrize("amount", [0, 0.01, 0.07, 0.1 + 0.2, 1.10, 999_999.99, 12, 0.001, 0.00001, 0.12345, 3.14159])
def test_cents_and_thousandths_of_a_cent_pass(amount):
    assert read(Stage, {"cost": amount}).cost == amount


def test_a_partial_check_fills_nothing_in():
    assert check(Strategy, {"costs": {"contact": 0.05}}, partial=True) == {"costs": {"contact": 0.05}}


def test_only_what_is_similar_is_suggested():
    known = ["automation", "context"]
    assert suggest("automaton", known) == "did you mean 'automation'? accepted: automation, context"
    assert suggest("automaton", known, "names are", under="a.b").startswith("did you mean 'a.b.automation'? names are")
    assert suggest("zzz", known) == "accepted: automation, context"
    assert suggest("zzz", []) == "accepted: nothing"


def test_long_and_nested_values_are_shown_short():
    with pytest.raises(ConfigError) as caught:
        read(Brand, {"price": "x" * 100_000})
    assert len(str(caught.value)) < 200
    nested: Mapping[str, object] = {f"k{index}": index for index in range(1000)}
    with pytest.raises(ConfigError) as caught:
        read(Brand, {"price": nested})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("written", "number"), [("50%", 0.5), ("12.5 %", 0.125), ("-3%", -0.03), ("007", 7), ("00.5", 0.5), ("0.1%", 0.001)]
)
def test_a_number_may_be_typed_as_a_percentage_or_with_leading_zeros(written, number):
    assert typed_number(written) == number


@pytest.mark.parametrize("written", ["%", "half", "5 percent", "5%%", "", "0x10", "1e%"])
def test_other_words_stay_words(written):
    assert typed_number(written) == written


def test_percentages_are_read_wherever_a_number_is():
    scenario = Scenario.load(
        "treadmill",
        population="0100",
        **{
            "personas.wary.digital_affinity": "80%",
            "arms.proactive.focal.strategy.automation": "50 %",
            "plus:personas.*.privacy_concern.mean": "10%",
        },
    )
    assert scenario.population == 100
    assert next(one for one in scenario.personas if one.name == "wary").digital_affinity.mean == 0.8
    assert scenario.arms["proactive"].plans["stride"].strategy.automation == 0.5
    with pytest.raises(ConfigError, match="horizon is '50%'; give a whole number"):
        Scenario.load("treadmill", horizon="50%")


def test_a_journey_may_be_written_in_percentages():
    journey = read_journey(
        "chain",
        {
            "start": {"a": "75%", "b": "25 %"},
            "stages": {"a": None, "b": {"channels": {"web": "100%"}}},
            "edges": [{"from": "a", "to": "b", "probability": "5%"}],
        },
        "chain",
    )
    assert journey.start == {"a": 0.75, "b": 0.25} and journey.edges[0].probability == {"base": 0.05}
    assert journey.stages["b"].channels == {"web": 1.0}
