"""Flag columns: a yes or a no tells that a row is no purchase by what its head says, in any language."""

from datetime import date, timedelta

import pytest

from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

ROWS = [(f"c{at % 8}", date(2024, 1, 4) + timedelta(days=5 * at), f"{43.25 + 61.4 * at:.2f}") for at in range(24)]
ODD = ("c1", date(2024, 6, 1), "25.00")
HEADS = ("customer", "date", "amount")


def read(path, head, cells, **layout):
    rows = zip([*ROWS, ODD], cells, strict=True)
    lines = [",".join([*HEADS, head]), *(",".join([*map(str, row), cell]) for row, cell in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(path, Layout(**layout))


YES = [
    "unpaid",
    "failed",
    "is_failed",
    "declined",
    "rejected",
    "abandoned",
    "expired",
    "duplicate",
    "is_duplicate",
    "spam",
    "internal",
    "excluded",
    "ignore",
    "is_quote",
    "on_hold",
    "pending",
    "charged_back",
    "aborted",
    "reversal",
    "written_off",
    "trashed",
    "error",
    "has_error",
    "fraudulent",
    "order_declined",
    "payment_failed",
    "zwrócone",
    "anulowane",
    "annulée",
    "remboursé",
    "devuelto",
    "cancelado",
    "stornierung",
    "rimborsato",
    "reso",
    "retour",
    "Widerruf",
    "iade",
    "возврат",
    "返品",
    "キャンセル",
    "退款",
    "取消",
    "취소",
]
NO = [
    "settled",
    "is_settled",
    "payé",
    "pagado",
    "pagato",
    "pago",
    "betaald",
    "opłacone",
    "betald",
    "succeeded",
    "payment_success",
    "cleared",
    "authorised",
    "zapłacone",
    "payment_received",
    "оплачено",
    "支払済",
]


@pytest.mark.parametrize(("head", "odd", "usual"), [*((h, "yes", "no") for h in YES), *((h, "no", "yes") for h in NO)])
def test_a_flag_takes_a_row_back(tmp_path, head, odd, usual):
    cells = [*[usual] * 24, odd]
    with pytest.raises(ConfigError, match=rf"1 row marked as no purchase.+by the column '{head}' \(row 25: '{odd}'\)"):
        read(tmp_path / "sales.csv", head, cells)
    assert read(tmp_path / "sales.csv", head, cells, bad_rows="skip").counts["purchases"] == 24


@pytest.mark.parametrize(("no", "yes"), [("N", "J"), ("N", "O"), ("N", "S"), ("nie", "tak"), ("hayır", "evet"),
                                         ("нет", "да"), ("いいえ", "はい"), ("否", "是"), ("", "X"), ("falsch", "wahr")])  # fmt: skip
def test_yes_and_no_in_other_words(tmp_path, no, yes):
    with pytest.raises(ConfigError, match=rf"by the column 'storniert' \(row 25: '{yes}'\)"):
        read(tmp_path / "sales.csv", "storniert", [*[no] * 24, yes])


@pytest.mark.parametrize("head", ["refundable", "returning_customer", "gift", "shipped", "archived", "newsletter",
                                  "free_returns", "first_order", "express", "is_member"])  # fmt: skip
def test_other_flags_take_nothing_back(tmp_path, head):
    ledger = read(tmp_path / "sales.csv", head, [*["no"] * 24, "yes"])
    assert ledger.counts["purchases"] == 25 and not ledger.warnings


def test_what_was_paid_is_no_flag(tmp_path):
    """Sums in a column called so are no answers."""
    ledger = read(tmp_path / "sales.csv", "pagado", [*["12.50"] * 24, "0"], columns={"amount": "amount"})
    assert ledger.counts["purchases"] == 25


@pytest.mark.parametrize("head", ["Balance Due", "outstanding", "Offener Betrag", "reste à payer"])
def test_what_is_still_to_be_paid_is_told(tmp_path, head):
    told = f"{head!r} says what is still to be paid: purchases count in full, paid or not"
    assert told in read(tmp_path / "sales.csv", head, [*["0.00"] * 24, "25.00"]).warnings
    assert told not in read(tmp_path / "sales.csv", head, ["0.00"] * 25).warnings


def test_who_comes_again_is_proposed_as_the_customer(tmp_path):
    path = tmp_path / "sales.csv"
    rows = [f"{day},{at},{who},Paid,{amount}" for at, (who, day, amount) in enumerate(ROWS)]
    path.write_text("\n".join(["Date,Document Number,Called,Pay state,Amount", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'Called' may be it;.+say which it is: 'columns=\{customer: Called\}'"):
        read_transactions(path, Layout())
    assert read_transactions(path, Layout(columns={"customer": "Called"})).customers == 8
