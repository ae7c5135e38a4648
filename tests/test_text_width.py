"""Text of letters that take two columns, or none, stays flush in stories and tables of a terminal."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sim.data.column_read import ColumnRead
from sim.experiments.story import story
from sim.reports.columns import column_lines
from sim.scenario.dotted_key import with_values
from sim.scenario.scenario import Scenario
from sim.text_width import display_width, padded, wrapped_lines

LETTERS = st.sampled_from([*"ab -é支払한글", "ก็", "\N{COMBINING ACUTE ACCENT}"])


@pytest.mark.parametrize(
    "text", ["Café", "支払い方法", "서울 상점", "ＡＢ", "ﾃｽﾄ", "Cafe\N{COMBINING ACUTE ACCENT}", "😀 ok", ""]
)
def test_a_text_is_as_wide_as_a_well_kept_library_says(text):
    assert display_width(text) == cell_len(text)
    assert display_width(padded(text, 20)) == display_width(padded(text, 20, right=True)) == 20
    assert padded(text, 20).rstrip() == padded(text, 20, right=True).lstrip() == text


@given(text=st.lists(LETTERS, max_size=60).map("".join), room=st.integers(4, 30))
def test_no_line_is_wider_than_its_room_and_no_letter_is_lost(text, room):
    lines = wrapped_lines(text, room)
    assert all(display_width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if all(display_width(letter) == 1 for letter in text):
        assert lines == textwrap.wrap(text, room)


def test_the_lives_of_a_story_stand_flush_whatever_letters_its_names_have():
    scenario = Scenario.load("treadmill", population=60, horizon=104, burn_in=10)
    titles = {
        f"market.brands.{brand}.title": "東京ランニング株式会社" if brand == "stride" else "서울 스포츠 상점"
        for brand in scenario.market.brands
    }
    lines = str(story(with_values(scenario, titles), pick="winner")).splitlines()
    head = next(line for line in lines if line.split() == ["week", "classic", "proactive"])
    second = head.index("proactive")
    first = lines.index(head) + 2
    rows = [row for row in lines[first : lines.index("", first)] if row[:5].strip() and not row.startswith("  >>>")]
    assert max(map(display_width, rows)) <= 100
    wide = [row for row in rows if display_width(row) > len(row)]
    assert len(wide) > 3
    told = [row for row in rows if display_width(row) > second]
    for row in told:
        # What stands before the second life takes as many columns as its head does, and ends in a blank.
        (at,) = (at for at in range(len(row) + 1) if display_width(row[:at]) == second)
        assert row[at - 1] == " "
    assert any(display_width(row[:45]) > 45 for row in told)


def test_columns_of_a_file_stand_flush_whatever_letters_its_heads_have():
    read = [
        ColumnRead("customer", "顧客ID", "text", ("A1",), {}),
        ColumnRead("amount", "Sum", "decimal point", ("1.0",), {}),
    ]
    head, *rows = column_lines(read)
    for word, name in zip(("Column", "Column"), ("顧客ID", "Sum"), strict=True):
        row = next(row for row in rows if name in row)
        assert display_width(row[: row.index(name)]) == head.index(word)
    for row in rows:
        kind = "text" if "text" in row else "decimal point"
        assert display_width(row[: row.index(kind)]) == head.index("Format")
