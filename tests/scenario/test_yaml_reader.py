"""Configuration files are data, whoever wrote them."""

import os
import tracemalloc
from contextlib import contextmanager

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.errors import ConfigError
from sim.scenario.yaml_reader import LARGEST_FILE, parse_yaml, read_yaml, write_yaml


def test_yaml_as_people_write_it():
    text = "a: 1e-3\nb: {on: contact, no: yes}\nc: 20_000\nd: 2026-01-01\ne: .5\nf: true\ng: null\nh: 010\ni: 1:30\n"
    assert parse_yaml(text, where="x") == {
        "a": 0.001,
        "b": {"on": "contact", "no": "yes"},
        "c": 20_000,
        "d": "2026-01-01",
        "e": 0.5,
        "f": True,
        "g": None,
        "h": 10,
        "i": "1:30",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("[1, 2]", "holds a list of 2"),
        ("word", "holds 'word'"),
        ("a: 1\na: 2", "line 2: the key 'a' stands there twice"),
        (
            "a: 1\npopulation: 2.000",
            "line 2: population is 2.000, and the point is a decimal point here; write 2_000, or 2",
        ),
        ("market: {customers: 1.250.000}", "line 1: market.customers is 1.250.000, and"),
        ("journeys: {a: [{b: 1}]}\nmarket: {customers: 1.250.000}", "write 1_250_000"),
        ("customers: 20.000", "write 20_000"),
        ("a: {b: 1, b: 2}", "the key 'b' stands there twice"),
        ("a: &x [1]\nb: *x", "line 2: holds an alias"),
        ("a: &x {k: 1}\nb: {<<: *x}", "holds an alias"),
        ("a: !!python/object/apply:os.system ['true']", "holds the tag"),
        ("a: !!python/name:os.system", "holds the tag"),
        ("a: !include x", "holds the tag"),
        ("_target_: os.system", "begins with '_'"),
        ("a: {_target_: os.system}", "the key 'a._target_' begins with '_'"),
        ("a: [{_args_: [1]}]", "begins with '_'"),
        ("a: ${oc.env:HOME}", "interpolation"),
        ("a: ['x ${b}']", "interpolation"),
        ("'${a}': 1", "interpolation"),
        ("a: [", "line"),
        ("a: 1\n b: 2", "line 2"),
        ("\t- a", "line 1"),
        ("1: a", "the key 1 is no word"),
        ("null: a", "the key null is no word"),
        ("? [a]\n: b", "is no word"),
        ("a: 1\n---\nb: 2", "another document"),
        ("a: " + "[" * 200 + "]" * 200, "nested deeper"),
        ("a: " + "{b: " * 200 + "}" * 200, "nested deeper"),
        ("a: \x07", "is not YAML"),
    ],
)
def test_refusals(text, says):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, where="my.yaml")
    message = str(caught.value)
    assert message.startswith("my.yaml") and says in message and "\n" not in message


def test_a_rate_between_whole_numbers_is_no_number_of_thousands():
    text = "market: {customers: 20_000}\ncontacts_per_week: {customers: 1.000, others: 2.000}"
    assert parse_yaml(text, where="my.yaml")["contacts_per_week"] == {"customers": 1.0, "others": 2.0}


@contextmanager
def little_memory():
    """Fail where more than 8 MB are taken: what is not opened up takes none, however busy the machine is."""
    tracemalloc.start()
    try:
        yield
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8_000_000


def test_a_bomb_of_aliases_is_refused_at_once():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="alias"), little_memory():
        parse_yaml("\n".join(levels), where="bomb.yaml")


def test_files_that_are_none(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes("a: \xe9".encode("latin-1"))
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name, says in {
        "folder.yaml": "is a folder",
        "missing.yaml": "does not exist",
        "link.yaml": "is a link to a file that does not exist",
        "latin.yaml": "is not UTF-8 text (byte 3)",
        "pipe.yaml": "is no ordinary file",
        "zero.yaml": "is no ordinary file",
        "a\0b": "cannot be read",
        "x" * 5000: "cannot be read",
    }.items():
        with pytest.raises(ConfigError) as caught:
            read_yaml(tmp_path / name)
        assert says in str(caught.value)


def test_a_file_of_50_megabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    with (
        little_memory(),
        pytest.raises(ConfigError, match=f"has 50,000,000 bytes; a configuration may have {LARGEST_FILE:,}"),
    ):
        read_yaml(path)


def test_a_byte_order_mark_is_no_matter(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": 1}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20).filter(
        lambda t: "${" not in t
    )
    | st.sampled_from(
        ["on", "no", "1e3", "1_0", "0x1F", "null", "~", "12:30", "2026-01-01", "=", "<<", ".5", "- a", "#"]
    )
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "on", "no", "1e3", "y", "null", "true", "12"]),
        st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6),
        min_size=1,
    )
)
def test_what_is_written_is_read_back(data):
    assert parse_yaml(write_yaml(data), where="x") == data


NUMBERS = st.integers() | st.floats(allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(NUMBERS | SCALARS, max_size=12) | st.lists(st.lists(NUMBERS, max_size=3), max_size=40),
    st.lists(NUMBERS, min_size=8, max_size=60),
    st.sampled_from(["by_step", "by_visit", "on"]),
    st.booleans(),
)
def test_numbers_by_time_fill_lines_and_are_read_back(some, many, key, compact):
    data = {
        "title": 'a by_step: !numbers "0"',
        "edges": [{"from": "a", key: some, "to": "b"}, {"from": "a", "to": "b", key: many}, {key: some}],
        "journeys": {"x": {"edges": {"a_to_b": {key: many, "clock": "forward"}}}},
    }
    text = write_yaml(data, compact=compact)
    assert parse_yaml(text, where="x") == data and text.count("!numbers") == 1
    assert yaml.safe_load(write_yaml({"by_step": many}, compact=compact)) == {"by_step": many}
