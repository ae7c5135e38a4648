"""Units of money: what a head or a title says that an amount is worth, or that it is no money, never changes it unsaid."""

from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.money_heads import _UNITS, unit_of_head
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS = [(f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), f"{43.25 + 61.4 * at:.2f}") for at in range(24)]
TOTAL = sum(float(amount) for *_, amount in ROWS)


def read(tmp_path, head, before="", rows=ROWS, **layout):
    path = tmp_path / "sales.csv"
    lines = [f'customer,date,"{head}"', *(",".join(map(str, row)) for row in rows)]
    path.write_text(before + "\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


WORTH = {
    0.01: ("amount_cts", "price_pennies", "Amount (paise)", "Tutar (kuruş)", "Сумма, коп.", "Сумма (копейки)", "金额（分）"),
    100.0: ("Amount (hundreds)", "Betrag (in 100 EUR)", "Amount (hundreds of USD)"),
    1000.0: (
        "Sales ('000)", "Sales $000", "Sales (1000s)", "Amount (EUR '000)", "Amount (K USD)", "Sales (USD K)", "sales_k",
        "Importe (miles €)", "Importo (migliaia)", "Omzet (duizend)", "Kwota (tys. zł)", "Částka (tis. Kč)",
        "Выручка, тыс. руб.", "Receita (milhares)", "Ciro (bin TL)", "売上(千円)", "金額（千円）", "매출(천원)",
    ),
    1e4: ("金额（万元）", "売上（万円）", "매출(만원)", "Amount (tens of thousands)"),
    1e5: ("Amount (Lakhs)", "Sales (in Lacs)", "Amount (hundreds of thousands)"),
    1e6: ("Revenue (mn)", "Revenue (mm USD)", "Sales (USD m)", "Выручка (млн руб.)", "Importe (millones)", "金額（百万円）"),
    1e7: ("Amount (crore)", "Sales (Rs. Cr)"),
}  # fmt: skip


@pytest.mark.parametrize(("worth", "head"), [(worth, head) for worth, heads in WORTH.items() for head in heads])
def test_units_of_heads_count_in_all_languages(tmp_path, worth, head):
    ledger = read(tmp_path, head)
    assert ledger.amount.sum() == pytest.approx(TOTAL * worth)
    assert any("amounts are told in whole units of money" in told for told in ledger.warnings)


@pytest.mark.parametrize(("worth", "called"), [(worth, called) for worth, _, called in _UNITS])
def test_a_unit_is_known_by_the_word_that_messages_have_for_it(worth, called):
    assert unit_of_head(f"amount ({called})") == worth


@pytest.mark.parametrize("head", ["Umsatz in EUR", "Betrag in €", "Total in $", "amount_in_usd", "Betrag in Euro"])
def test_a_currency_behind_in_is_no_part_of_the_name(tmp_path, head):
    ledger = read(tmp_path, head)
    assert ledger.amount.sum() == pytest.approx(TOTAL) and not ledger.warnings


TITLES = (
    "All amounts in thousands of USD", "Beträge in TEUR", "Figures in $'000", "(in thousands)", "Einheit: Tsd. EUR",
    "Montants en milliers d'euros", "Amounts in EUR thousands", "Unit: 1000 EUR", "(Rs. in lakhs)", "単位：千円",
    "Currency: EUR (000s)",
)  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_a_title_with_the_unit_of_all_amounts_is_asked_about(tmp_path, title):
    with pytest.raises(ConfigError, match=r"before its head line stands .+ write it there, such as 'amount \("):
        read(tmp_path, "amount", title + "\n")
    path = tmp_path / "log.csv"
    path.write_text(f"{title}\ncase,activity,time,amount\n1,buy,2024-01-04 10:00,12.35\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="before its head line stands"):
        read_event_log(path)


@pytest.mark.parametrize("title", ["Sales of 1000 stores in Spain", "Top customers", "Report of unit k", "Orders in p"])
def test_other_titles_are_left_out(tmp_path, title):
    ledger = read(tmp_path, "amount", title + "\n")
    assert ledger.amount.sum() == pytest.approx(TOTAL) and "1 line before the head line" in ledger.warnings[0]


@pytest.mark.parametrize("head", ["Amount (fils)", "Kwota (gr)", "amount [p]", "Betrag（B2C）"])
def test_a_unit_that_is_not_known_is_told(tmp_path, head):
    ledger = read(tmp_path, head)
    assert ledger.amount.sum() == pytest.approx(TOTAL)
    assert any("no currency or unit that is known" in told for told in ledger.warnings)


@pytest.mark.parametrize(
    "head",
    [
        *("Amount", "Amount (EUR)", "Amount (incl. VAT)", "Total (in local currency)", "Umsatz (netto)"),
        *("Betrag (inkl. MwSt.)", "Amount (incl. shipping)", "Amount (paid)", "Betrag (gesamt)", "Total (per order)"),
    ],
)
def test_what_says_nothing_of_a_unit_is_not_told(tmp_path, head):
    ledger = read(tmp_path, head)
    assert ledger.amount.sum() == pytest.approx(TOTAL) and not ledger.warnings


@pytest.mark.parametrize("head", ["Amount (points)", "Total (pts)", "Value (kg)", "Amount (pcs)", "Amount (miles)"])
def test_what_is_no_money_is_not_guessed_to_be_the_amount(tmp_path, head):
    with pytest.raises(ConfigError, match="no column is known as the amount"):
        read(tmp_path, head)
    assert read(
        tmp_path, f'{head}","spend', rows=[(*row[:2], 7, row[2]) for row in ROWS]
    ).amount.sum() == pytest.approx(TOTAL)


@pytest.mark.parametrize("last", ["final_price", "discounted_price", "price_paid", "Price after discount"])
def test_a_price_beside_the_one_that_was_paid_is_asked_about(tmp_path, last):
    rows = [(*row[:2], 999.5, row[2]) for row in ROWS]
    with pytest.raises(ConfigError, match=rf"'price' and '{last}' may each be the amount"):
        read(tmp_path, f'price","{last}', rows=rows)
    columns = {"customer": "customer", "date": "date", "amount": last}
    assert read(tmp_path, f'price","{last}', rows=rows, columns=columns).amount.sum() == pytest.approx(TOTAL)


def test_amounts_of_fixed_width_without_a_decimal_sign_are_told(tmp_path):
    rows = [(*row[:2], f"{round(100 * float(row[2])):012d}") for row in ROWS]
    ledger = read(tmp_path, "amount", rows=rows)
    assert ledger.amount.sum() == pytest.approx(100 * TOTAL)
    assert "leading zeros and no decimal sign" in ledger.warnings[0] and "amount_cents" in ledger.warnings[0]
    assert read(tmp_path, "amount_cents", rows=rows).amount.sum() == pytest.approx(TOTAL)


def test_amounts_too_small_to_be_kept_are_refused(tmp_path):
    rows = [(*row[:2], f"{float(row[2]) / 1e7:.10f}") for row in ROWS]
    with pytest.raises(
        ConfigError, match=r"22 rows with an amount too small .* a smaller unit\) \(row 1: '0.0000043250'"
    ):
        read(tmp_path, "amount", rows=rows)
    # A tenth of a cent is kept.
    rows = [(*row[:2], "0.0012") for row in ROWS]
    assert read(tmp_path, "amount", rows=rows).amount.sum() == pytest.approx(24 * 0.0012)


def test_a_discount_beside_a_price_is_told(tmp_path):
    rows = [(*row, 2) for row in ROWS]
    told = "'discount' is not taken off: prices count in full"
    assert told in read(tmp_path, 'price","discount', rows=rows).warnings
    assert told not in read(tmp_path, 'total","discount', rows=rows).warnings


def test_a_price_of_many_pieces_is_told(tmp_path):
    columns = {"customer": "customer", "date": "date", "amount": "Preis", "quantity": "Menge"}
    for per, is_told in ((100, True), (1, False)):
        rows = [(*row, 1, per) for row in ROWS]
        ledger = read(tmp_path, 'Preis","Menge","Preiseinheit', rows=rows, columns=columns)
        assert any("'Preiseinheit' is not read" in told for told in ledger.warnings) == is_told


def test_another_column_that_may_be_the_amount_is_told(tmp_path):
    rows = [(*row, 1000) for row in ROWS]
    ledger = read(tmp_path, 'total","grand_total', rows=rows)
    assert ledger.amount.sum() == pytest.approx(TOTAL)
    assert any("'grand_total' may be it as well: 'columns={amount: grand_total}'" in told for told in ledger.warnings)
    same = [(*row, row[2]) for row in ROWS]
    columns = {"customer": "customer", "date": "date", "amount": "total"}
    for others, given in ((same, None), (rows, columns), ([(*row, "") for row in ROWS], None)):
        assert not read(tmp_path, 'total","grand_total', rows=others, columns=given).warnings


@pytest.mark.parametrize("heads", [("amount_net", "amount_gross"), ("net total", "gross total")])
def test_amounts_with_and_without_tax_are_asked_about(tmp_path, heads):
    with pytest.raises(ConfigError, match="may each be the amount"):
        read(tmp_path, '","'.join(heads), rows=[(*row, 1000) for row in ROWS])


@pytest.mark.parametrize("other", ["sum", "cost", "total_paid"])
def test_an_amount_that_counts_pieces_is_asked_about(tmp_path, other):
    rows = [(*row[:2], at % 5 + 1, row[2]) for at, row in enumerate(ROWS)]
    with pytest.raises(ConfigError, match="'amount' has small whole numbers alone"):
        read(tmp_path, f'amount","{other}', rows=rows)
