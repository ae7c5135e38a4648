"""Months in words: dates as Unicode CLDR writes them in 27 languages are read, and no name means two months."""

import csv
import unicodedata
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.data import month_names
from sim.data.dates import read_dates
from sim.data.row_faults import RowFaults
from sim.scenario.errors import ConfigError

COLUMNS: dict[tuple[str, str], list[tuple[int, str]]] = {}
with (Path(__file__).parent / "cldr_dates.csv").open(encoding="utf-8") as file:
    for row in csv.DictReader(file):
        COLUMNS.setdefault((row["language"], row["form"]), []).append((int(row["month"]), row["text"]))


def ascii_of(word):
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return plain.replace("ı", "i").replace("ł", "l")


@pytest.mark.parametrize("spelled", [str, ascii_of, str.upper, lambda word: unicodedata.normalize("NFD", word)])
@pytest.mark.parametrize("column", COLUMNS, ids="-".join)
def test_a_column_of_each_language_is_read(column, spelled):
    words = [spelled(text) for _, text in COLUMNS[column]]
    days, _ = read_dates(words, np.arange(len(words), dtype=np.int32), None, "file", faults := RowFaults())
    assert [date.fromordinal(day) for day in days] == [date(2021, month, 5) for month, _ in COLUMNS[column]], words
    assert not faults.counts


def test_no_name_is_two_months():
    several = {}
    for month, names in enumerate(month_names._NAMES):
        for name in names.split():
            for form in (name.casefold(), ascii_of(name.casefold())):
                several.setdefault(form, set()).add(month)
    assert {name: months for name, months in several.items() if len(months) > 1} == {}
    assert not month_names._CROATIAN.keys() & several.keys()
    assert not month_names._ONLY_CROATIAN & month_names._ONLY_POLISH


@pytest.mark.parametrize(
    ("other", "month"),
    [("6 pazdziernika 2021", 11), ("6 WRZESNIA 2021", 11), ("6 zari 2021", 11), ("6 sijecnja 2021", 10)],
)
def test_a_month_of_two_languages_is_told_by_one_without_accents(other, month):
    words = ["5 listopada 2021", other]
    days, _ = read_dates(words, np.arange(2, dtype=np.int32), None, "file", RowFaults())
    assert date.fromordinal(int(days[0])) == date(2021, month, 5)


def test_a_month_of_two_languages_alone_is_not_guessed():
    with pytest.raises(ConfigError, match="no date can be read, such as '5 listopada 2021' in row 1"):
        read_dates(["5 listopada 2021"], np.zeros(1, np.int32), None, "file", RowFaults())
