"""Exports of platforms, in the columns that they document: read as they are, or asked about with what is to be typed."""

import csv
import gzip
import json
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import yaml

from sim.data.event_log import LogLayout
from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.transactions import read_transactions
from sim.scenario.errors import ConfigError

BEGIN = datetime(2025, 3, 14, 8, 30, 15, tzinfo=UTC)
#: 24 events of 8 customers, who say who they are from the second on; the last two do not.
EVENTS = [(case, at, name, BEGIN + timedelta(days=case, hours=7 * at))
          for case in range(8) for at, name in enumerate(("view", "add", "buy"))]  # fmt: skip
STATES = ("open", "pending", "solved")


def user(case, at):
    return f"u{case}" if at and case < 6 else ""


def zoned(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


PLATFORMS = {
    "Segment": (
        "id,anonymous_id,user_id,event,timestamp,received_at",
        lambda case, at, name, moment: [f"m{case}{at}", f"a{case}", user(case, at), name, zoned(moment), zoned(moment)],
    ),
    "Amplitude": (
        "app,device_id,user_id,session_id,event_type,event_time,server_received_time,amplitude_id",
        lambda case, at, name, moment: [1, f"d{case}", user(case, at), 7 + case, name, f"{moment:%Y-%m-%d %H:%M:%S.%f}",
                                        "", 900 + case],
    ),
    "GA4, BigQuery": (
        "event_date,event_timestamp,event_name,user_id,user_pseudo_id,ga_session_id,ecommerce_purchase_revenue",
        lambda case, at, name, moment: [f"{moment:%Y%m%d}", round(moment.timestamp() * 1e6), name, user(case, at),
                                        f"{case}.17", 17 + case, "9.5" if name == "buy" else ""],
    ),
    "GA4, nobody signed in": (
        "event_date,event_timestamp,event_name,user_id,user_pseudo_id,ga_session_id",
        lambda case, at, name, moment: [f"{moment:%Y%m%d}", round(moment.timestamp() * 1e6), name, "", f"{case}.17", 1],
    ),
    "Mixpanel": (
        "event,time,distinct_id,$browser,$insert_id",
        lambda case, at, name, moment: [name, round(moment.timestamp()), f"a{case}", "Chrome", f"i{case}{at}"],
    ),
    "Matomo": (
        "idlink_va,idvisitor,idvisit,server_time,action_name",
        lambda case, at, name, moment: [3 * case + at, f"{case:016x}", case, f"{moment:%Y-%m-%d %H:%M:%S}", name],
    ),
    "HubSpot": (
        "id,objectId,objectType,eventType,occurredAt",
        lambda case, at, name, moment: [f"{case}-{at}", 100 + case, "CONTACT", name, zoned(moment)],
    ),
    "Celonis": (
        "_CASE_KEY,ACTIVITY_EN,EVENTTIME,_SORTING",
        lambda case, at, name, moment: [f"{case:010}", name, f"{moment:%Y-%m-%d %H:%M:%S}", at],
    ),
    "Salesforce": (
        "Id,OpportunityId,CreatedDate,Field,OldValue,NewValue",
        lambda case, at, name, moment: [f"{case}{at}", f"006{case}", zoned(moment), "StageName", "", name],
    ),
    "Zendesk": (
        "Ticket ID,Event ID,Created at,Event type,Field name,Previous value,Value",
        lambda case, at, name, moment: [case, f"{case}{at}", zoned(moment), "Change", "status", "", name],
    ),
    "Jira": (
        "Issue Key,Author,Created,Field,From,From String,To,To String",
        lambda case, at, name, moment: [f"S-{case}", "ann", f"{moment:%d/%b/%y} {moment:%I:%M:%S %p}", "status", 1, "", 2,
                                        name],
    ),
    "ServiceNow": (
        "sys_created_on,documentkey,fieldname,oldvalue,newvalue",
        lambda case, at, name, moment: [f"{moment:%Y-%m-%d %H:%M:%S}", f"{case:032x}", "state", "", name],
    ),
    "SAP": (
        "OBJECTCLAS,OBJECTID,CHANGENR,UDATE,UTIME,FNAME,VALUE_OLD,VALUE_NEW",
        lambda case, at, name, moment: ["EINKBELEG", f"{case:010}", f"{case}{at}", f"{moment:%Y%m%d}", f"{moment:%H%M%S}",
                                        "FRGKE", "", name],
    ),
}  # fmt: skip
ASKED = {"Segment": "anonymous_id", "Amplitude": "amplitude_id", "GA4, BigQuery": "user_pseudo_id"}


def written(tmp_path, platform, events=EVENTS):
    head, row = PLATFORMS[platform]
    path = tmp_path / "log.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [head.split(","), *(row(*event) for event in sorted(events, key=lambda one: one[3]))]
        )
    return path


def check(log, events=EVENTS):
    found = {(log.activities[a], int(moment)) for a, moment in zip(log.activity, log.time, strict=True)}
    assert found == {(name, round(moment.timestamp() * 1e6)) for *_, name, moment in events}
    assert (log.cases, log.case.size, log.cases_without_events) == (8, len(events), 0)
    steps = [[log.activities[a] for a in log.activity[log.case == case]] for case in range(8)]
    assert steps == [["view", "add", "buy"]] * 8


def typed(message):
    """Return the options that a message says may be typed, as a shell hands them on."""
    return [shlex.split(word)[0] for word in re.findall(r"'(?:columns|keep)=[^']*'", message)]


def layout_of(option):
    key, _, value = option.partition("=")
    return LogLayout(**{key: yaml.safe_load(value)})


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_event_is_read_with_who_what_and_when(tmp_path, platform):
    path = written(tmp_path, platform)
    if platform not in ASKED:
        return check(read_event_log(path))
    with pytest.raises(ConfigError, match="'user_id' is empty in 12 of the first 24 rows") as error:
        read_event_log(path)
    both, other, _ = typed(str(error.value))
    assert both == f"columns={{case: [user_id, {ASKED[platform]}]}}"
    check(read_event_log(path, layout_of(other)))
    log = read_event_log(path, layout_of(both))
    check(log)
    assert sorted(name for name in log.case_names if name.startswith("u")) == [f"u{case}" for case in range(6)]
    return None


def test_a_device_of_several_customers_is_nobodys(tmp_path):
    rows = ["anonymous_id,user_id,event,timestamp", "d,ann,a,2025-03-14", "d,,b,2025-03-15", "d,bob,c,2025-03-16",
            "e,ann,d,2025-03-17", "e,,f,2025-03-18", "ann,,g,2025-03-19"]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows))
    log = read_event_log(path, LogLayout(columns={"case": ["user_id", "anonymous_id"]}))
    found = [(log.case_names[case], log.activities[name]) for case, name in zip(log.case, log.activity, strict=True)]
    assert sorted(found) == [
        ("ann", "a"), ("ann", "d"), ("ann", "f"), ("anonymous_id ann", "g"), ("bob", "c"), ("d", "b")]  # fmt: skip
    assert any("1 names in 'anonymous_id' are seen with several 'user_id'" in notice for notice in log.notices)


def test_who_a_case_is_is_asked_also_where_the_first_rows_do_not_show_it(tmp_path):
    path = tmp_path / "log.csv"
    rows = [f"d{at},{f'u{at}' if at < 600 else ''},view,2025-03-14 10:00:00\n" for at in range(700)]
    path.write_text("anonymous_id,user_id,event,timestamp\n" + "".join(rows))
    with pytest.raises(ConfigError, match="'user_id' is empty in 100 of 700 rows, and 'anonymous_id' is not"):
        read_event_log(path)
    assert read_event_log(path, LogLayout(columns={"case": "user_id"})).cases == 600


def test_parquet_says_who_in_two_columns_as_well(tmp_path):
    head, row = PLATFORMS["Segment"]
    rows = [row(*event) for event in EVENTS]
    columns = {name: [cells[at] or None for cells in rows] for at, name in enumerate(head.split(","))}
    path = tmp_path / "log.parquet"
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(ConfigError, match="'user_id' is empty") as error:
        read_event_log(path)
    check(read_event_log(path, layout_of(typed(str(error.value))[0])))


def test_a_history_of_several_fields_is_asked_about(tmp_path):
    path = written(tmp_path, "Salesforce")
    with path.open("a") as file:
        file.writelines(f"x{case},006{case},{zoned(BEGIN)},Amount,1,{case}000\n" for case in range(8))
    with pytest.raises(ConfigError, match="'Field' names 2") as error:
        read_event_log(path)
    log = read_event_log(path, layout_of(typed(str(error.value))[0]))
    check(log)
    assert log.left_out == {"whose 'Field' is not 'StageName'": 8}
    with pytest.raises(ConfigError, match="no row has 'Stage' as 'Field'"):
        read_event_log(path, LogLayout(keep={"Field": "Stage"}))


def test_a_log_without_a_head_line(tmp_path):
    path = written(tmp_path, "Celonis")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(ConfigError, match="is no head line; name its 4 columns") as error:
        read_event_log(path)
    check(read_event_log(path, layout_of(typed(str(error.value))[0])))


def test_stages_side_by_side_are_refused_with_a_query_that_parts_them(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "deals.csv"
    head = 'Record ID,"Date entered ""Offer"" (A)","Date entered ""Won"" (A)"'
    path.write_text("\n".join([head, *(f"{at},2025-03-1{at},2025-04-1{at}" for at in range(8))]))
    with pytest.raises(ConfigError, match="are dates side by side") as error:
        read_event_log(path)
    query = re.search(r"SELECT .*VALUE time\)", str(error.value))[0].replace("FILE", str(path))
    duckdb.sql(query).write_parquet(str(tmp_path / "log.parquet"))
    log = read_event_log(tmp_path / "log.parquet", LogLayout(columns={"case": "Record ID"}))
    assert (log.cases, log.case.size, len(log.activities)) == (8, 16, 2)


def test_other_text_is_refused_with_a_command_that_makes_a_table_of_it(tmp_path):
    line = '10.0.0.{} - - [{:%d/%b/%Y:%H:%M:%S +0000}] "GET /{}?x=1,2 HTTP/1.1" 200 12 "-" "Mozilla/5.0 (X11)"'
    web = "".join(line.format(case, moment, name) + "\n" for case, _, name, moment in EVENTS)
    w3c = "".join(
        f"#Version: 1.0\n#Fields: date time c-ip cs-uri-stem\n{moment:%Y-%m-%d %H:%M:%S} 10.0.0.{case} {name}\n"
        for case, _, name, moment in EVENTS
    )
    rows = [{"event": name, "properties": {"time": int(moment.timestamp()), "distinct_id": case}}
            for case, _, name, moment in EVENTS]  # fmt: skip
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    named = {"case": "properties.distinct_id", "time": "properties.time"}
    of_w3c = {"case": "c-ip", "activity": "cs-uri-stem"}
    for name, content, made, columns in (
        ("web.log.gz", gzip.compress(web.encode()), "visits.csv", {}),
        ("w3c.log", w3c.encode(), "visits.txt", of_w3c),
        ("it's $(touch run) `touch run`.json.gz", gzip.compress(lines.encode()), "table.csv", named),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="make a table of it") as error:
            read_event_log(path)
        command = re.search(r"of it: (.*?)(?: \(visitors are.*)?$", str(error.value))[1]
        subprocess.run(["bash", "-c", command.replace("python -c", f"{sys.executable} -c")], cwd=tmp_path, check=True)
        log = read_event_log(tmp_path / made, LogLayout(columns=columns))
        strokes = [log.activities[at].strip("/") for at in log.activity]
        assert (log.cases, strokes) == (8, ["view", "add", "buy"] * 8), name
    assert not (tmp_path / "run").exists()


ORDERS = [(customer, BEGIN + timedelta(days=9 * at + customer), 20 + customer + at)
          for customer in range(40) for at in range(3)]  # fmt: skip
SHOPS = {
    "Shopify": (
        "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem price,Id",
        lambda who, when, paid: [f"#{who}", f"c{who}@x.com", "paid", "EUR", paid - 5, 5, 0, paid,
                                 f"{when:%Y-%m-%d %H:%M:%S +0000}", 1, paid - 5, f"{when:%j}{who}"],
    ),
    "WooCommerce, export": (
        "Order Number,Order Status,Order Date,Email (Billing),Cart Discount Amount,Order Subtotal Amount,"
        "Order Refund Amount,Order Total Amount",
        lambda who, when, paid: [f"{when:%j}{who}", "Completed", f"{when:%Y-%m-%d %H:%M}", f"c{who}@x.com", 0, paid, 0, paid],
    ),
    "WooCommerce, API": (
        "order_id,date_created,status,customer_id,billing_email,total,currency",
        lambda who, when, paid: [f"{when:%j}{who}", f"{when:%Y-%m-%dT%H:%M:%S}", "completed", 7 + who, "", paid, "EUR"],
    ),
    "Stripe": (
        "id,Description,Created date (UTC),Amount,Amount Refunded,Currency,Converted Amount,Fee,Status,Customer ID,"
        "Customer Email",
        lambda who, when, paid: [f"ch_{who}", "", f"{when:%Y-%m-%d %H:%M:%S}", f"{paid}.00", "0.00", "eur", f"{paid}.00",
                                 "1.20", "Paid", f"cus_{who}", f"c{who}@x.com"],
    ),
}  # fmt: skip


def test_a_time_of_day_or_of_payment_beside_the_date_is_not_asked_about(tmp_path):
    path = tmp_path / "orders.csv"
    rows = (f"{who},{when:%Y-%m-%d},{when:%H:%M},{when:%Y-%m-%d},{paid},{paid + 1}\n" for who, when, paid in ORDERS)
    path.write_text("customer_id,order_date,order_time,payment_date,total,grand_total\n" + "".join(rows))
    ledger = read_transactions(path, Layout())
    assert {column.role: column.column for column in ledger.columns} == {
        "customer": "customer_id", "date": "order_date", "amount": "total"}  # fmt: skip


@pytest.mark.parametrize("shop", SHOPS)
def test_orders_of_shops_are_read_as_they_are_exported(tmp_path, shop):
    head, row = SHOPS[shop]
    path = tmp_path / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head.split(","), *(row(*order) for order in ORDERS)])
    ledger = read_transactions(path, Layout())
    start = ledger.start.toordinal()
    found = {
        (ledger.ids[customer].as_py(), start + int(day), float(paid))
        for customer, day, paid in zip(ledger.customer, ledger.day, ledger.amount, strict=True)
    }
    assert ledger.counts["rows_left_out"] == 0
    assert sorted((day, paid) for _, day, paid in found) == sorted((when.toordinal(), paid) for _, when, paid in ORDERS)
    assert len({name for name, *_ in found}) == 40
