"""One truth written in many ways is read as one: events and purchases in every format, notation and order of columns."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.data.event_log import LogLayout
from sim.data.layout import Layout
from sim.data.log_file import read_event_log
from sim.data.transactions import read_transactions

BEGIN = datetime(2021, 1, 1, tzinfo=UTC)
#: Names with whatever parts columns, ends a quote or opens a tag.
NAMES = st.sampled_from(["buy", "Kauf, bar", 'a "b" c', "x;y|z", "<b> & 'c'", "köpa", "zwei\tdrei", "07", "1.5"])
#: The 13th to the 28th: then no two formats fit.
EVENT = st.tuples(st.sampled_from(["u1", "007", "7", "ü 2"]), NAMES, st.integers(12, 27), st.integers(0, 86_399),
                  st.integers(1, 10**6))  # fmt: skip
TIMES = {
    "ISO": datetime.isoformat,
    "without a zone": "{:%Y-%m-%d %H:%M:%S}".format,
    "another zone": lambda at: (at + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30"),
    "milliseconds": lambda at: str(round(at.timestamp() * 1000)),
    "German": "{:%d.%m.%Y %H:%M:%S}".format,
    "American": "{:%m/%d/%Y %I:%M:%S %p}".format,
    "Polish": lambda at: f"{at.day} stycznia {at:%Y, %H:%M:%S}",
}
MONEY = {
    "point": lambda cents: f"{cents / 100:.2f}",
    "comma": lambda cents: f"{cents / 100:,.2f} €".translate({ord(","): ".", ord("."): ","}),
    "dollars": lambda cents: f"${cents / 100:,.2f}",
    "Swiss": lambda cents: f"CHF {cents / 100:,.2f}".replace(",", "'"),
}
WAYS = st.fixed_dictionaries(
    {
        "sign": st.sampled_from(",;\t|"),
        "quotes": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "ends": st.sampled_from(["\n", "\r\n"]),
        "packed": st.booleans(),
        "mark": st.sampled_from(["", "\ufeff"]),
        "turned": st.booleans(),
    }
)


def table(path, heads, rows, way):
    """Write a table of text in one of many ways."""
    turn = slice(None, None, -1 if way["turned"] else 1)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=way["sign"], quoting=way["quotes"], lineterminator=way["ends"])
    writer.writerows([heads[turn], *(row[turn] for row in rows)])
    content = (way["mark"] + out.getvalue()).encode()
    path.write_bytes(gzip.compress(content) if way["packed"] else content)
    return path


def parts_of(log):
    named = zip(log.case.tolist(), log.activity.tolist(), log.time.tolist(), log.amount.tolist(), strict=True)
    return sorted((log.case_names[c], log.activities[a], time, round(paid * 100)) for c, a, time, paid in named)


def in_xes(cases):
    def escaped(text):
        for sign, by in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\t", "&#9;")):
            text = text.replace(sign, by)
        return text

    traces = ""
    for name, events in cases.items():
        body = "".join(
            f'<event><string key="concept:name" value="{escaped(activity)}"/><date key="time:timestamp"'
            f' value="{at.isoformat()}"/><float key="amount" value="{cents / 100}"/></event>'
            for activity, at, cents in events
        )
        traces += f'<trace><string key="concept:name" value="{escaped(name)}"/>{body}</trace>'
    return f'<?xml version="1.0" encoding="UTF-8"?><log>{traces}</log>'


def in_ocel(rows):
    events = [
        {"id": f"e{at}", "type": activity, "time": moment.isoformat(),
         "attributes": [{"name": "amount", "value": cents / 100}], "relationships": [{"objectId": name, "qualifier": "of"}]}
        for at, (name, activity, moment, cents) in enumerate(rows)
    ]  # fmt: skip
    objects = [{"id": name, "type": "customer"} for name in dict.fromkeys(row[0] for row in rows)]
    return json.dumps({"objectTypes": [{"name": "customer"}], "objects": objects, "events": events})


@settings(deadline=None, max_examples=15)
@given(
    events=st.lists(EVENT, min_size=6, max_size=25),
    way=WAYS,
    time=st.sampled_from(sorted(TIMES)),
    money=st.sampled_from(sorted(MONEY)),
)
def test_events(tmp_path_factory, events, way, time, money):
    folder = tmp_path_factory.mktemp("logs")
    rows = [(name, activity, BEGIN + timedelta(days=day, seconds=second), cents)
            for name, activity, day, second, cents in events]  # fmt: skip
    truth = sorted((name, activity, round(at.timestamp()) * 10**6, cents) for name, activity, at, cents in rows)
    heads = ["case_id", "activity", "timestamp", "amount"]
    cells = [[name, activity, TIMES[time](at), MONEY[money](cents)] for name, activity, at, cents in rows]
    assert parts_of(read_event_log(table(folder / "log.csv", heads, cells, way), LogLayout())) == truth
    columns = [pa.array([row[at] for row in rows]) for at in range(4)]
    columns = [columns[0].dictionary_encode(), columns[1], columns[2], pa.array([row[3] / 100 for row in rows])]
    parquet.write_table(pa.table(dict(zip(heads, columns, strict=True))), folder / "log.parquet")
    assert parts_of(read_event_log(folder / "log.parquet", LogLayout())) == truth
    cases = {}
    for name, *event in rows:
        cases.setdefault(name, []).append(event)
    (folder / "log.xes").write_text(in_xes(cases), encoding="utf-8")
    assert parts_of(read_event_log(folder / "log.xes", LogLayout())) == truth
    (folder / "log.json").write_text(in_ocel(rows), encoding="utf-8")
    assert parts_of(read_event_log(folder / "log.json", LogLayout())) == truth


@settings(deadline=None, max_examples=15)
@given(
    purchases=st.lists(EVENT, min_size=6, max_size=25),
    ways=st.tuples(WAYS, WAYS),
    times=st.tuples(st.sampled_from(sorted(TIMES)), st.sampled_from(sorted(TIMES))),
    money=st.tuples(st.sampled_from(sorted(MONEY)), st.sampled_from(sorted(MONEY))),
)
def test_purchases(tmp_path_factory, purchases, ways, times, money):
    folder = tmp_path_factory.mktemp("ledgers")
    heads = ["customer", "date", "amount"]
    found = []
    # Without a time near midnight, which another zone has on another day.
    rows = [
        (who, BEGIN + timedelta(days=day, seconds=3600 + second // 2), cents)
        for who, _, day, second, cents in purchases
    ]
    for at, way in enumerate(ways):
        cells = [[who, TIMES[times[at]](moment), MONEY[money[at]](cents)] for who, moment, cents in rows]
        found.append(read_transactions(table(folder / f"{at}.csv", heads, cells, way), Layout()))
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    columns[2] = pa.array([row[2] / 100 for row in rows])
    parquet.write_table(pa.table(dict(zip(heads, columns, strict=True))), folder / "sales.parquet")
    found.append(read_transactions(folder / "sales.parquet", Layout()))
    for ledger in found:
        whose = [ledger.ids[customer].as_py() for customer in ledger.customer]
        days = [ledger.start + timedelta(days=int(day)) for day in ledger.day]
        bought = dict(
            zip(zip(whose, days, strict=True), [round(amount * 100) for amount in ledger.amount], strict=True)
        )
        truth = {}
        for who, moment, cents in rows:
            truth[who, moment.date()] = truth.get((who, moment.date()), 0) + cents
        assert bought == truth
