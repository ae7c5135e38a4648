"""Kinds of ledgers and survivors as public repositories have them: read as they are, or asked about with what works."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from sim.customer_base.purchase_history import survey
from sim.customer_base.survival import holds_survival, read_survival
from sim.data.layout import Layout
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

#: 24 purchases of 8 customers on days of their own, 10.50 to 33.50.
SALES = [(f"K{at % 8}", date(2023, 1, 14) + timedelta(days=13 * at), 1050 + 100 * at) for at in range(24)]
TOTAL = sum(cents for *_, cents in SALES)


def write(tmp_path, head, row, sign=",", name="sales.csv", encoding="utf-8"):
    path = tmp_path / name
    lines = [head, *(sign.join(map(str, row(number, *sale))) for number, sale in enumerate(SALES))]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def is_right(ledger):
    found = {
        (ledger.ids[int(customer)].as_py(), ledger.start + timedelta(days=int(day))): round(100 * amount)
        for customer, day, amount in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    return found == {(who, when): cents for who, when, cents in SALES}


def plain(_, who, when, cents):
    return who, when, cents / 100


@pytest.mark.parametrize(
    "head",
    (
        "UserID,tx_date,amount",
        "donor_name,donation_date,donation_sum",
        "CLIENTE,FECHA_HORA,INGRESO_TOTAL",
        "IDKlienta,DataZamowienia,Utarg",
        "num_client,date,montant_total_paye",
        "customernumber,paymentdate,amount",
        "customer_id,date,dollar_value",
        "Найменування платника,Дата надходження внеску,Сума (грн)",
        "NombreCliente,Fecha,Total",
        "client_id,expended_on,amount",
        "Contributor_ID,month,Amount",
        "id_cliente,fecha,monto",
        "Client,Date_CMD,Grand Total Amount",
    ),
)
def test_heads_of_public_tables_are_known(tmp_path, head):
    assert is_right(read_transactions(write(tmp_path, head, plain)))


def test_names_put_together_in_a_parquet_file_are_parted(tmp_path):
    path = tmp_path / "payments.parquet"
    who, when, cents = zip(*SALES, strict=True)
    table = {"customernumber": who, "checknumber": [f"HQ{at}" for at in range(24)], "paymentdate": when,
             "amount": [one / 100 for one in cents]}  # fmt: skip
    parquet.write_table(pa.table(table), path)
    assert is_right(read_transactions(path))


@pytest.mark.parametrize("head", ("start_date", "birth_date", "signup_date", "due_date"))
def test_the_only_day_is_asked_about_where_it_may_be_another_than_that_of_buying(tmp_path, head):
    path = write(tmp_path, f"customer_id,{head},amount", plain)
    with pytest.raises(ConfigError, match=f"and '{head}' may be it.*say which it is: 'columns={{date: {head}}}'"):
        read_transactions(path)
    assert is_right(read_transactions(path, Layout(columns={"date": head})))


def test_of_several_days_the_likeliest_is_proposed(tmp_path):
    path = write(
        tmp_path, "customer_id,search_due,expended,amount", lambda _, who, when, cents: (who, when, when, cents / 100)
    )
    with pytest.raises(ConfigError, match=r"'expended' may be it \(or 'search_due'\)"):
        read_transactions(path)


def test_who_bought_is_proposed_by_what_heads_speak_of(tmp_path):
    path = write(
        tmp_path, "invoice_id,sub_id,invoice_date,amount", lambda at, who, when, cents: (at, who, when, cents / 100)
    )
    with pytest.raises(ConfigError, match="and 'sub_id' may be it.*'columns={customer: sub_id}'"):
        read_transactions(path)
    assert is_right(read_transactions(path, Layout(columns={"customer": "sub_id"})))


def test_what_a_thing_cost_the_shop_is_not_proposed_as_the_amount(tmp_path):
    def row(at, who, when, cents):
        return at, who, when, cents / 200, 18.5, cents / 100

    path = write(tmp_path, "ORDER_NO,CLIENTE,FECHA,PRECIO_COMPRA,latitud,VALUACION", row)
    with pytest.raises(ConfigError, match=r"and 'VALUACION' may be it \(or 'PRECIO_COMPRA', 'ORDER_NO', 'latitud'\)"):
        read_transactions(path)


def test_what_is_counted_is_not_proposed_as_the_amount(tmp_path):
    path = write(
        tmp_path,
        "pedido_id,cliente,data,quantidade,desconto_pct,order_status",
        lambda at, who, when, _: (at, who, when, 2, 15, 3),
    )
    with pytest.raises(ConfigError, match="as the amount; say 'columns={amount: HEAD}', or 'columns={amount: null}'"):
        read_transactions(path)


@pytest.mark.parametrize("head", ("tx_type", "charge_kind", "sales_type"))
def test_refunds_by_the_type_of_a_row_are_no_purchases(tmp_path, head):
    def row(at, who, when, cents):
        return who, when, cents / 100, "refund" if at % 4 == 3 else "invoice"

    path = write(tmp_path, f"customer_id,date,amount,{head}", row)
    with pytest.raises(ConfigError, match=f"6 rows marked as no purchase, or not in full, by the column '{head}'"):
        read_transactions(path)
    ledger = read_transactions(path, Layout(bad_rows="skip"))
    assert round(100 * ledger.amount.sum()) == TOTAL - sum(cents for at, (*_, cents) in enumerate(SALES) if at % 4 == 3)


@pytest.mark.parametrize(("head", "bought", "sold"), (("order_type", "buy", "sell"), ("tx_type", "Sale", "Purchase")))
def test_what_customers_sell_and_what_a_shop_buys_are_no_purchases(tmp_path, head, bought, sold):
    def row(at, who, when, cents):
        return who, when, cents / 100, sold if at % 6 == 5 else bought

    path = write(tmp_path, f"user_email,date,amount,{head}", row)
    with pytest.raises(ConfigError, match=f"4 rows marked as no purchase, or not in full, by the column '{head}'"):
        read_transactions(path)
    assert read_transactions(path, Layout(bad_rows="skip")).counts["purchases"] == 20


def test_purchases_alone_are_purchases(tmp_path):
    path = write(tmp_path, "user_email,date,amount,tx_type", lambda at, *sale: (*plain(at, *sale), "Purchase"))
    assert is_right(read_transactions(path))


def test_an_address_goes_before_a_name(tmp_path):
    path = write(
        tmp_path, "user_name,user_email,date,amount", lambda at, who, *sale: ("Ann", who, sale[0], sale[1] / 100)
    )
    assert is_right(read_transactions(path))


@pytest.mark.parametrize("word", ("Soft Decline", "hard_decline", "Declined"))
def test_declined_payments_are_no_purchases(tmp_path, word):
    path = write(
        tmp_path,
        "customer_id,date,amount,status",
        lambda at, *sale: (*plain(at, *sale), word if at == 5 else "Success"),
    )
    assert read_transactions(path, Layout(bad_rows="skip")).counts["rows_left_out"] == 1


def test_a_cancelled_row_that_costs_nothing_is_no_purchase_either(tmp_path):
    """Subscriptions told month by month go on after their end, at nothing."""

    def row(at, who, when, cents):
        return who, when, 0 if at >= 16 else cents / 100, "canceled" if at >= 16 else "active"

    ledger = read_transactions(write(tmp_path, "customer_id,date,amount,status", row), Layout(bad_rows="skip"))
    assert ledger.counts["purchases"] == 16
    assert ledger.counts["free_purchases"] == 0


def test_what_a_row_was_before_is_not_what_it_is(tmp_path):
    def row(at, who, when, cents):
        return who, when, cents / 100, "active", "canceled" if at == 9 else "active"

    assert is_right(read_transactions(write(tmp_path, "customer_id,date,amount,status,prev_status", row)))


def test_an_empty_column_numbers_no_orders(tmp_path):
    """Shopify numbers orders in Name, and has a column of receipts that may be empty."""
    path = tmp_path / "orders_export.csv"
    lines = ["Name,Email,Created at,Total,Lineitem name,Receipt Number"]
    for at, (who, when, cents) in enumerate(SALES):
        lines += [f"#{1000 + at},{who},{when},{cents / 100},a,", f"#{1000 + at},{who},{when},,b,"]
    path.write_text("\n".join(lines) + "\n")
    ledger = read_transactions(path)
    assert is_right(ledger)
    assert ledger.left_out == {"without an amount, of an order whose first row has it": 24}


@pytest.mark.parametrize("pattern", ("%y%m%d", "%d%m%y"))
def test_six_digits_are_dates_where_one_order_fits(tmp_path, pattern):
    path = write(
        tmp_path, "customer_id,date,amount", lambda _, who, when, cents: (who, when.strftime(pattern), cents / 100)
    )
    assert is_right(read_transactions(path))


def test_six_digits_that_fit_two_orders_are_asked_about(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(
        "customer_id,date,amount\n"
        + "".join(f"K{at},{day},1\n" for at, day in enumerate(("030405", "040506", "050607")))
    )
    with pytest.raises(ConfigError, match=r"two ways, %y%m%d and %d%m%y.*date_format=%y%m%d"):
        read_transactions(path)
    assert read_transactions(path, Layout(date_format="%y%m%d")).start == date(2003, 4, 5)


def test_numbers_that_are_no_days_by_any_count_are_told_without_one(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,date,amount\n" + "".join(f"K{at},{999_990 + at},1\n" for at in range(9)))
    with pytest.raises(ConfigError, match="no date can be read, such as '999990' in row 1; say how they are written"):
        read_transactions(path)


@pytest.mark.parametrize("pattern", ("%Y-%m", "%Y%m", "%m/%Y"))
def test_months_are_days_if_that_is_said(tmp_path, pattern):
    path = write(
        tmp_path, "customer_id,date,amount", lambda _, who, when, cents: (who, when.strftime(pattern), cents / 100)
    )
    with pytest.raises(ConfigError, match=f"say date_format={pattern} to count each as the first day of its month"):
        read_transactions(path)
    ledger = read_transactions(path, Layout(date_format=pattern))
    assert ledger.start == date(2023, 1, 1)
    assert round(100 * ledger.amount.sum()) == TOTAL


def test_a_column_of_months_is_proposed_and_then_its_format(tmp_path):
    path = write(tmp_path, "customer_id,month,amount", lambda _, who, when, cents: (who, f"{when:%Y-%m}", cents / 100))
    with pytest.raises(ConfigError, match="and 'month' may be it.*'columns={date: month}'"):
        read_transactions(path)
    with pytest.raises(ConfigError, match="say date_format=%Y-%m"):
        read_transactions(path, Layout(columns={"date": "month"}))
    assert read_transactions(path, Layout(columns={"date": "month"}, date_format="%Y-%m")).start == date(2023, 1, 1)


@pytest.mark.parametrize(
    ("word", "encoding"),
    (("Montréal", "cp850"), ("JOSÉ MUÑOZ", "cp850"), ("Łódź", "cp852"), ("Société Générale", "mac_roman")),
)
def test_text_of_dos_and_of_old_macs_is_told_by_its_encoding(tmp_path, word, encoding):
    path = write(
        tmp_path, "customer_id,date,amount,city", lambda at, *sale: (*plain(at, *sale), word), encoding=encoding
    )
    with pytest.raises(ConfigError, match=f"encoding={encoding} reads '[^']*{word}"):
        read_transactions(path)
    assert is_right(read_transactions(path, Layout(encoding=encoding)))


def test_two_columns_without_a_head_line_are_a_customer_and_a_day(tmp_path):
    path = tmp_path / "visits.tsv"
    path.write_text("".join(f"{who[1]}\t{when}\n" for who, when, _ in SALES))
    with pytest.raises(ConfigError, match=r"such as 'columns=\[customer, date\]'"):
        read_transactions(path)
    assert read_transactions(path, Layout(columns=["customer", "date"])).counts["purchases"] == 24


def test_a_number_of_each_order_in_place_of_the_customer_is_told(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer_id,date\n" + "".join(f"c{at},{date(2023, 1, 1) + timedelta(days=at)}\n" for at in range(90))
    )
    with pytest.raises(ConfigError, match="nor does anyone in the whole file; .* columns={customer: HEAD}"):
        survey(read_transactions(path))


def test_survivors_by_age_beside_shares_and_people(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text(
        "cohort_age,eligible_users,retained_users,rolling_retention\n0,100,100,1.0\n1,100,80,0.8\n2,50,30,0.6\n3,50,25,0.5\n"
    )
    assert holds_survival(str(path))
    with pytest.raises(ConfigError, match="'retained_users' and 'rolling_retention' may each be the survivors"):
        read_survival(str(path))
    survival = read_survival(str(path), Layout(columns={"survivors": "rolling_retention"}))
    assert survival.share.tolist() == [1.0, 0.8, 0.6, 0.5]


@pytest.mark.parametrize(
    "head", ("days_after_registration,retention", "months_since_first,retention_rate", "month_index,retention_pct")
)
def test_survivors_by_periods_since(tmp_path, head):
    path = tmp_path / "retention.csv"
    path.write_text(f"{head}\n0,1\n1,0.5\n2,0.25\n3,0.2\n")
    assert holds_survival(str(path))
    assert read_survival(str(path)).share.tolist() == [1.0, 0.5, 0.25, 0.2]


@pytest.mark.parametrize(
    ("head", "further"),
    [
        *((head, cells) for head in ("subscriber", "supporter", "contributor") for cells in ("yes", "Anna")),
        *((head, "2024-05-01") for head in ("data", "dt", "invoice_timestamp", "billing_date", "sale_ts")),
        *((head, "77.5") for head in ("sum", "monto", "receipt_total", "bill_amount", "order_sum", "retail_price")),
    ],
)
@pytest.mark.parametrize("heads", ("customer_id,date,amount", "member_id,order_date,total"))
def test_known_heads_go_before_those_that_may_speak_of_something_else(tmp_path, head, further, heads):
    path = write(tmp_path, f"{heads},{head}", lambda at, *sale: (*plain(at, *sale), further))
    assert is_right(read_transactions(path))


def test_the_day_of_an_order_goes_before_that_of_its_bill(tmp_path):
    path = write(
        tmp_path, "customer_id,created_at,amount,billing_date", lambda at, *sale: (*plain(at, *sale), "2024-05-01")
    )
    assert is_right(read_transactions(path))


@pytest.mark.parametrize("head", ("sales_type", "sale_type", "bill_type", "donation_type", "gift_type"))
@pytest.mark.parametrize("words", (("Cash", "Credit"), ("Online", "Shipping"), ("Regular", "Transfer")))
def test_how_something_is_sold_or_given_makes_it_no_less_a_purchase(tmp_path, head, words):
    path = write(tmp_path, f"customer_id,date,amount,{head}", lambda at, *sale: (*plain(at, *sale), words[at % 2]))
    assert is_right(read_transactions(path))


def test_survivors_beside_their_share_are_not_asked_about(tmp_path):
    path = tmp_path / "survivors.csv"
    rows = [f"{at},{left},{left / 1000}" for at, left in enumerate((1000, 640, 500, 420, 370))]
    path.write_text("\n".join(["period,survivors,retention_rate", *rows]) + "\n")
    assert read_survival(str(path)).subscribers == 1000
