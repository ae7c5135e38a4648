"""Signs of currencies: an amount is refused only where its sign and its row surely name two currencies."""

import csv
import re
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import compute

from sim.data import amounts
from sim.data.amounts import currency_code, may_differ, read_amounts
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: Codes, and the signs by which people of any language write them (Unicode CLDR).
with (Path(__file__).parent / "cldr_currency_signs.csv").open(encoding="utf-8", newline="") as _table:
    SIGNS = [(line["code"], line["sign"]) for line in csv.DictReader(_table)]
CODES = sorted(amounts._ISO)
#: Of signs and words, currencies that they may be and one that they are not.
WORDS = {
    "$": ("USD CAD AUD NZD SGD HKD TWD MXN CLP", "EUR"), "£": ("GBP EGP", "USD"), "€": ("EUR", "USD"),
    "¥": ("JPY CNY", "KRW"), "￥": ("JPY CNY", "KRW"), "円": ("JPY", "USD"), "元": ("CNY TWD HKD", "EUR"),
    "원": ("KRW", "JPY"), "₩": ("KRW", "JPY"), "kr": ("SEK NOK DKK ISK", "EUR"), "zł": ("PLN", "EUR"),
    "zl": ("PLN", "EUR"), "Kč": ("CZK", "EUR"), "Kc": ("CZK", "EUR"), "Ft": ("HUF", "EUR"), "lei": ("RON MDL", "EUR"),
    "Fr": ("CHF XAF XOF", "EUR"), "SFr": ("CHF", "EUR"), "Rs": ("INR PKR LKR", "EUR"), "Rp": ("IDR", "EUR"),
    "RM": ("MYR", "SGD"), "R": ("ZAR", "USD"), "TL": ("TRY", "EUR"), "руб": ("RUB BYN", "USD"), "р": ("RUB BYN", "USD"),
    "лв": ("BGN", "EUR"), "грн": ("UAH", "RUB"), "euro": ("EUR", "USD"), "euros": ("EUR", "USD"),
    "dollar": ("USD CAD", "EUR"), "dollars": ("USD CAD", "EUR"), "pound": ("GBP EGP", "EUR"),
    "pounds": ("GBP", "EUR"), "₪": ("ILS", "USD"), "₫": ("VND", "USD"), "₱": ("PHP", "USD"), "฿": ("THB", "USD"),
    "₦": ("NGN", "USD"), "₸": ("KZT", "RUB"), "₡": ("CRC", "USD"), "₹": ("INR", "EUR"), "₺": ("TRY", "EUR"),
    "₽": ("RUB BYN", "KZT"), "₴": ("UAH", "RUB"), "HK$": ("HKD", "USD"), "S$": ("SGD", "USD"), "NZ$": ("NZD", "USD"),
    "DM": ("BAM", "USD"), "đ": ("VND", "USD"),
}  # fmt: skip


def written(sign):
    """Return the currency that is read beside an amount."""
    found = read_amounts(pa.array([f"{sign} 5.25", f"5.25 {sign}"]), ".", pa, compute)
    assert found.readable.all() and len(found.currencies) == 1 and found.currencies[0]
    return found.currencies[0]


def test_no_code_differs_from_a_sign_by_which_it_is_written():
    assert len(SIGNS) > 100
    assert not [(code, sign) for code, sign in SIGNS if may_differ(code, currency_code(sign))]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_refused_beside_other_codes_alone(word):
    may_be, is_not = WORDS[word]
    kept = written(word)
    assert not any(may_differ(code, kept) for code in [*may_be.split(), *map(str.lower, may_be.split())])
    assert may_differ(is_not, kept) and not may_differ(word, kept)
    # What a sign may be it may be wherever it is written: in the column as well as beside the amount.
    assert not any(may_differ(word, currency_code(code)) for code in may_be.split())


def test_every_word_that_is_read_is_tested():
    pattern = amounts._CODES
    words = {re.sub(r"^S\?", "", word).rstrip("?") for word in pattern.split("|") if not re.fullmatch("[A-Z]{3}", word)}
    assert words <= set(WORDS)


@pytest.mark.parametrize("sign", [chr(at) for at in range(sys.maxunicode) if unicodedata.category(chr(at)) == "Sc"])
def test_every_sign_is_open_or_that_of_some_codes(sign):
    differing = [code for code in CODES if may_differ(code, currency_code(sign))]
    own = {code for code, other in SIGNS if other == sign}
    assert own.isdisjoint(differing) and len(differing) < len(CODES)


def test_codes_that_are_written_out_differ():
    pairs = {(one, other) for one in CODES for other in CODES if one != other and may_differ(one, currency_code(other))}
    assert len(pairs) > 0.95 * len(CODES) * (len(CODES) - 1)
    assert (
        ("USD", "CAD") in pairs
        and ("EUR", "GBP") in pairs
        and not any(may_differ(code, currency_code(code)) for code in CODES)
    )


FILES = ["IDR Rp", "ILS ₪", "HKD HK$", "SGD S$", "NZD NZ$", "PHP ₱", "VND ₫", "THB ฿", "NGN ₦", "KZT ₸", "CRC ₡",
         "MDL lei", "RMB ¥", "US_Dollar $", "Euro_(€) €", "cny 元", "XYZ €", "EUR ₿"]  # fmt: skip


@pytest.mark.parametrize("pair", FILES)
def test_tables_with_a_sign_of_their_currency_are_read(tmp_path, pair):
    named, sign = pair.split()
    named = named.replace("_", " ")
    rows = [f"{1001 + at % 4},2021-01-{at + 5:02},{sign} 43.25,{named}" for at in range(12)]
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(["customer,date,amount,currency", *rows]) + "\n", encoding="utf-8")
    ledger = read_transactions(path, Layout())
    assert ledger.amount.sum() == pytest.approx(519.0) and not ledger.left_out


def test_a_table_with_another_sign_is_refused(tmp_path):
    path = tmp_path / "sales.csv"
    rows = [f"{1001 + at % 4},2021-01-{at + 5:02},{'€' if at == 3 else '₪'} 43.25,ILS" for at in range(12)]
    path.write_text("\n".join(["customer,date,amount,currency", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"1 row with another currency than in the column 'currency' \(row 4: '€ 43"):
        read_transactions(path, Layout())
