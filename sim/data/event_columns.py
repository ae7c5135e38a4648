"""Event columns: which columns of a log say who, what and when, as given or as guessed where only one way fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sim.data.amounts import currency_of_head, looks_like_amount
from sim.data.as_typed import as_typed
from sim.data.case_workers import without_workers
from sim.data.currency_columns import find_currency, says_currency
from sim.data.dates import looks_like_date
from sim.data.event_clocks import DATES_AND_CLOCKS, HOUR_HEADS, choose_time, date_and_clock, is_clock_head, is_dated
from sim.data.event_heads import FIELD_HEADS, LOG_ROLES, NEW_VALUE_HEADS, REQUIRED_ROLES, plain_heads
from sim.data.head_line import example_names
from sim.data.ids import missing_words
from sim.data.kept_rows import kept_rows
from sim.data.layout import plain_head
from sim.data.money_heads import speaks_of_no_money
from sim.data.order_rows import may_number_orders
from sim.data.role_heads import is_weak, role_of_head
from sim.data.stage_columns import FEWEST_STAGES, one_row_each, parted_by_stage
from sim.data.unread_columns import may_be_unread, unread_columns, unread_notes
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.schema import show

__all__ = [
    "EventColumns",
    "find_event_columns",
    "heads_of_role",
    "known_heads",
    "refuse_as_attribute",
    "refuse_nameless",
    "refuse_odd_columns",
]

#: Groups of heads of cases from that of customers up to that of devices.
_CUSTOMERS, _DEVICES = 3, 8
#: What a case goes through, under heads such as bill_status, where there is one alone.
_OF_STAGES = re.compile(
    r"(?!(?:marital|civil|employ|customer|member|user|account|email|consent|tax|stock)).+_(?:status|stage|phase|step)"
)
#: Heads of few words that may say whether an activity begins or ends.
_OF_A_STATE = re.compile(r"(?:^|_)(?:status|state|transition|lifecycle)$")
#: Transitions of an activity in XES and in words that mean them: those of its beginning, those of its end, others.
_BEGIN = frozenset({"start", "started", "begin", "began", "begun"})
_END = frozenset({"complete", "completed", "end", "ended", "finish", "finished", "stop", "stopped"})
_BETWEEN = frozenset({
    "schedule", "scheduled", "assign", "assigned", "reassign", "suspend", "suspended", "resume", "resumed", "enabled",
    "autoskip", "manualskip", "withdraw", "abort", "ate_abort", "pi_abort", "unknown",
})  # fmt: skip
#: Roles that several columns together may play.
_OF_SEVERAL = ("case", "activity", "time")
#: Columns by which our own export is known, where what is called "kind" is such a kind.
_OWN_COLUMNS = frozenset({"case_id", "stage", "kind", "origin"})
#: More cases without a name are no slips of a few rows.
_MOST_NAMELESS = 0.05
#: Heads of numbers of things, of who does something or what with, and of what is done.
_ID = re.compile(r"(?:^|_)(?:id|no|nr|number|key|uuid|code)(?:_|$)|id$")
_DOES_IT = re.compile(
    r"employ|operator|worker|agent|resource|assign|processor|developer|machine|vehicle|product|item|store|vendor"
    r"|seller|merchant|event|category|location|city|country|channel|campaign|page|zip|type|status"
)
_SAYS_WHEN = re.compile(r"date|time|stamp|datum|fecha|(?:^|_)(?:ts|at|on)$")
_SAYS_WHAT = re.compile(r"activ|event|action|step|stage|status|state|phase|task|page|type|handl|operat|url|screen")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class EventColumns:
    """Which columns are read, and as what.

    Attributes
    ----------
    roles : mapping
        Heads by role: of a case those that name it, the first where it is there; of a time a date and a time of day.
    attributes : tuple of str
        Heads of columns that tell who a case is.
    kept : mapping
        Words by head: rows that say another one are left out.
    instead : tuple of str
        Where who a case is was guessed, the columns that name it as well.
    unread_amount : str
        A column that may be an amount and is not read, '' where there is none.
    notes : tuple of str
        What is said of other columns that are not read.
    zone, number, count : str
        A column with several zones of times, one that numbers events in another order than the file's, and one that
        says how many events a row is; '' where there is none.
    """

    roles: Mapping[str, tuple[str, ...]]
    attributes: tuple[str, ...]
    kept: Mapping[str, tuple[str, ...]]
    instead: tuple[str, ...] = ()
    unread_amount: str = ""
    notes: tuple[str, ...] = ()
    zone: str = ""
    number: str = ""
    count: str = ""

    @property
    def wanted(self) -> list[str]:
        """Every head that is read, once."""
        return list(dict.fromkeys([*(head for heads in self.roles.values() for head in heads), *self.attributes,
                                   *self.kept]))  # fmt: skip


def find_event_columns(
    given: Any,
    attributes: Any,
    keep: Any,
    heads: Sequence[str],
    sample: Sequence[Mapping[str, str]],
    where: str,
    *,
    typed: bool = False,
) -> EventColumns:
    """Return the columns of a table of events.

    Parameters
    ----------
    given : mapping or None
        Heads by role, as the user says.
    attributes : list of str, str or None
        Columns that tell who a case is.
    keep : mapping or None
        Which rows count: words by head.
    heads : sequence of str
        Of the file.
    sample : sequence of mapping
        Cells of the first rows by head.
    where : str
        Opens every message.
    typed : bool
        Whether columns have types, as in Parquet.

    Returns
    -------
    EventColumns

    Raises
    ------
    ConfigError
        If a role is unknown, a head is missing, or several ways fit.
    """
    given = given or {}
    refuse_odd_columns(given, where)
    chosen = {role: heads_of_role(role, head, where) for role, head in given.items() if head is not None}
    for role, named in chosen.items():
        for head in named:
            if head not in heads:
                raise ConfigError(f"{where}: columns.{role} is {show(head)}, which is no head; {suggest(head, heads)}")
            _refuse_twice(head, heads, where)
    _refuse_one_column_for_two(chosen, where)
    plain = plain_heads(heads)
    for role, groups in LOG_ROLES.items():
        if role in given or (role == "kind" and not _OWN_COLUMNS.issubset(heads)):
            continue
        free = [head for head in heads if all(head not in named for named in chosen.values())]
        found = _by_head(role, groups, free, plain, sample, where)
        if found:
            chosen[role] = found
    _refuse_lists(chosen, heads, sample, where)
    _by_their_cells(chosen, given, plain, sample)
    still = "" if "time" in given else choose_time(chosen, heads, plain, sample, where)
    if "amount" in chosen and "currency" not in given and not currency_of_head(chosen["amount"][0]):
        cells = [[row[head] for head in heads] for row in sample]
        used = [heads.index(head) for named in chosen.values() for head in named]
        if (at := find_currency([plain[head] for head in heads], heads, cells, used, where)) is not None:
            chosen["currency"] = (heads[at],)
    if "case" in chosen and not {"activity", "time"} & set(given):
        _refuse_one_row_each(chosen, heads, sample, where, typed=typed)
    missing = [role for role in REQUIRED_ROLES if role not in chosen]
    if missing:
        raise ConfigError(_asked_for(missing, heads, sample, where, typed=typed))
    kept = kept_rows(keep, heads, where)
    _refuse_mixed_fields(chosen["activity"][0], kept, plain, sample, where)
    instead = () if "case" in given else _others_that_name(chosen["case"], plain, sample)
    told = _chosen_attributes(attributes, heads, where)
    amount = "" if "amount" in (*given, *chosen) else _unread_amount(chosen, told, plain, sample)
    read = [*(head for named in chosen.values() for head in named), *told, *kept]
    notes = (*filter(None, [still]), *unread_notes(read, {**given, **chosen}, plain, sample))
    columns = EventColumns(chosen, told, kept, instead, amount, notes, **unread_columns(chosen, plain, sample))
    empty = sum(row[chosen["case"][0]].lower() in missing_words(None) for row in sample)
    refuse_nameless(columns, empty, len(sample), f"the first {len(sample):,} rows", where)
    return columns


def known_heads(heads: Sequence[str]) -> list[str]:
    """Return the heads by whose cells columns may be told."""
    known = {word for groups in LOG_ROLES.values() for group in groups for word in group}
    known.update(FIELD_HEADS, NEW_VALUE_HEADS, HOUR_HEADS, *DATES_AND_CLOCKS)
    return [
        head
        for head, plain in plain_heads(heads).items()
        if plain in known
        or may_be_unread(plain)
        or _OF_A_STATE.search(plain)
        or says_currency(plain)
        or is_clock_head(plain)
    ]


def refuse_odd_columns(given: Any, where: str) -> None:
    """Refuse what names no columns by role.

    Parameters
    ----------
    given : mapping or None
    where : str
        Opens the message.

    Raises
    ------
    ConfigError
    """
    if not isinstance(given, Mapping):
        names = as_typed("columns", {role: "HEAD" for role in REQUIRED_ROLES})
        raise ConfigError(f"columns is {show(given)}; give {names}")
    for role in given:
        if role not in LOG_ROLES:
            raise ConfigError(f"{where}: columns has the key {show(role)}; accepted: {', '.join(LOG_ROLES)}")


def heads_of_role(role: str, head: Any, where: str) -> tuple[str, ...]:
    """Return the heads that are given for a role, one or, of a case, an activity or a time, several.

    Parameters
    ----------
    role : str
    head : str or list of str
    where : str
        Opens the message.

    Returns
    -------
    tuple of str

    Raises
    ------
    ConfigError
        If the role is one that a single column plays.
    """
    if not isinstance(head, list | tuple):
        return (str(head),)
    named = tuple(map(str, head))
    most = 2 if role == "time" else len(named)
    if role not in _OF_SEVERAL or not 1 <= len(named) <= most or len(set(named)) < len(named):
        raise ConfigError(
            f"{where}: columns.{role} is {show(head)}; give one head, or of a case several (the first that is there"
            " names it), of an activity several (all of them name it), of a time two (the date and the time of day)"
        )
    return named


def _refuse_one_column_for_two(chosen: Mapping[str, Sequence[str]], where: str) -> None:
    """Refuse one column as two of case, activity and time: an event is a case, what happened to it, and when."""
    needed = {role: set(chosen.get(role, ())) for role in ("case", "activity", "time")}
    for one, other in combinations(needed, 2):
        if shared := needed[one] & needed[other]:
            raise ConfigError(
                f"{where}: columns.{one} and columns.{other} are both {show(min(shared))}; each needs one of its own"
            )


def _by_head(
    role: str,
    groups: Sequence[Sequence[str]],
    free: Sequence[str],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
    where: str,
) -> tuple[str, ...] | None:
    """Return the columns that play a role by their heads, those with cells before others."""
    together = {"time": date_and_clock, "activity": _new_value}
    if role in together and (found := together[role](free, plain, sample)):
        return found
    if role == "amount":
        free = [head for head in free if not speaks_of_no_money(head)]
    if role == "case":
        free = without_workers(free, plain, sample, where)
    filled = [head for head in free if not sample or _share_empty(head, sample) < 1]
    if role == "activity":
        free = [head for head in free if not _numbers_rows(head, sample)]
        filled = [head for head in filled if head in free]
        filled = [head for head in filled if _varies(head, sample)] or filled
    return _guess(role, groups, filled, plain, where) or _guess(role, groups, free, plain, where)


def _guess(
    role: str,
    groups: Sequence[Sequence[str]],
    free: Sequence[str],
    plain: Mapping[str, str],
    where: str,
) -> tuple[str, ...] | None:
    """Return the one column that fits a role by its head; where several do, ask."""
    for group in groups:
        fitting = [head for head in free if plain[head] in group]
        if fitting:
            _refuse_twice(fitting[0], free, where)
        if len(fitting) > 1 and role in REQUIRED_ROLES:
            _refuse_side_by_side(fitting, plain, where)
            ways = " or ".join(as_typed("columns", {role: head}) for head in fitting)
            raise ConfigError(f"{where}: {' and '.join(map(repr, fitting))} may each be the {role}; say which: {ways}")
        if len(fitting) == 1:
            return (fitting[0],)
    return None


def _refuse_side_by_side(fitting: Sequence[str], plain: Mapping[str, str], where: str) -> None:
    """Refuse columns that are one, numbered: several events stand in one row."""
    if len({plain[head] for head in fitting}) == 1 and all(re.search(r"\d", head) for head in fitting):
        raise ConfigError(
            f"{where}: {' and '.join(map(repr, fitting[:_SHOWN]))} are events side by side in one row; write a row for"
            " each event (case, activity, time), or export the log with one row an event"
        )


def _new_value(
    free: Sequence[str], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]]
) -> tuple[str, ...] | None:
    """Return the column of what a field was changed to, where another one says which field."""
    named = {word for group in LOG_ROLES["activity"][:2] for word in group}
    if not any(plain[head] in FIELD_HEADS for head in free) or named.intersection(plain.values()):
        return None
    known = [head for word in NEW_VALUE_HEADS for head in free if plain[head] == word]
    return tuple(known[:1]) or None


def _by_their_cells(
    chosen: dict[str, tuple[str, ...]],
    given: Mapping[str, Any],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
) -> None:
    """Add the roles that one column plays by its cells or in another language: times, stages, and transitions."""
    used = {head for named in chosen.values() for head in named}
    free = [head for head in plain if head not in used]
    if "time" not in chosen and len(dated := [head for head in free if is_dated(head, sample)]) == 1:
        chosen["time"] = (dated[0],)
    customers, orders, days = (
        [head for head in free if role_of_head(plain[head], "customer")],
        [head for head in free if may_number_orders(plain[head]) and plain[head] != "name"],
        [head for head in free if role_of_head(plain[head], "date")],
    )
    for role, named in (("case", customers), ("case", orders), ("time", days)):
        if role not in chosen and len(named) == 1:
            chosen[role] = (named[0],)
    if "activity" not in chosen and len(told := [head for head in free if _OF_STAGES.fullmatch(plain[head])]) == 1:
        chosen["activity"] = (told[0],)
    if "lifecycle" in chosen or "lifecycle" in given:
        return
    for head in free:
        words = {row[head].lower() for row in sample if row[head]}
        if words <= _BEGIN | _END | _BETWEEN and _begin_and_end(head, chosen, sample):
            chosen["lifecycle"] = (head,)
            return


def _begin_and_end(head: str, chosen: Mapping[str, Sequence[str]], sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether activities of cases begin and end by the words of a column, which the status of an order does not.

    A file may have all beginnings first.
    """
    named = [head for role in ("case", "activity") for head in chosen.get(role, ())]
    begun, over = (
        {tuple(row[of] for of in named) for row in sample if row[head].lower() in words} for words in (_BEGIN, _END)
    )
    return bool(begun) and (not over or 4 * len(begun & over) > len(begun))


def _unread_amount(
    chosen: Mapping[str, Sequence[str]],
    told: Sequence[str],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
) -> str:
    """Return the one column that may be an amount by its head and its cells, '' where there is none or several."""
    used = {*told, *(head for named in chosen.values() for head in named)}
    found = [
        head
        for head, word in plain.items()
        if head not in used and role_of_head(word, "amount") and not is_weak(word) and _has_amounts(head, sample)
    ]
    return found[0] if len(found) == 1 else ""


def _has_amounts(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    cells = [row[head] for row in sample if row[head].lower() not in missing_words(None)]
    return bool(cells) and all(any(map(str.isdigit, cell)) and looks_like_amount(cell) for cell in cells)


def _numbers_rows(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a column has another whole number in each row."""
    cells = [row[head] for row in sample if row[head]]
    return len(cells) > _SHOWN and len(set(cells)) == len(cells) and all(cell.isdecimal() for cell in cells)


def _refuse_lists(
    chosen: Mapping[str, tuple[str, ...]], heads: Sequence[str], sample: Sequence[Mapping[str, str]], where: str
) -> None:
    """Refuse cells that name several cases: each row would be of a case of its own."""
    if any(head.startswith("ocel:type:") for head in heads):
        raise ConfigError(f"{where} is OCEL in CSV, with several objects in a cell; write it as OCEL 2.0")
    for head in chosen.get("case", ()):
        cells = [row[head] for row in sample if row[head]]
        lists = [cell for cell in cells if re.fullmatch(r"\[.*\]|\{.*[,;:'\"].*\}", cell)]
        if 2 * len(lists) > len(cells):
            raise ConfigError(
                f"{where}: {head!r} has lists of cases, such as {show(lists[0][:40])}; write a row for each case of an"
                " event"
            )


def _refuse_one_row_each(
    chosen: Mapping[str, Sequence[str]],
    heads: Sequence[str],
    sample: Sequence[Mapping[str, str]],
    where: str,
    *,
    typed: bool,
) -> None:
    """Refuse how cases stand, in a row each, with dates side by side: what happened to them are the dates."""
    dated = [head for head in heads if is_dated(head, sample)]
    if len(dated) >= FEWEST_STAGES and one_row_each([row[chosen["case"][0]] for row in sample]):
        told = parted_by_stage(dated, {"activity": "HEAD", "time": "HEAD"}, typed=typed)
        raise ConfigError(f"{where}: each {chosen['case'][0]!r} stands in one row, and {told}")


def _varies(head: str, sample: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a column says more than one word, of which one alone tells of no stages."""
    return len({row[head] for row in sample if row[head]}) > 1


def _share_empty(head: str, sample: Sequence[Mapping[str, str]]) -> float:
    return sum(row[head].lower() in missing_words(None) for row in sample) / len(sample)


def _others_that_name(
    named: tuple[str, ...], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]]
) -> tuple[str, ...]:
    """Return the columns that name cases as well, visitors and devices, and are hardly ever empty; the best first."""
    known = [word for group in LOG_ROLES["case"][_CUSTOMERS:_DEVICES] for word in group]
    fitting = [head for head in plain if plain[head] in known and head not in named and sample]
    fitting = [head for head in fitting if _share_empty(head, sample) <= _MOST_NAMELESS]
    return tuple(sorted(fitting, key=lambda head: known.index(plain[head])))


def refuse_nameless(columns: EventColumns, empty: int, rows: int, which: str, where: str) -> None:
    """Ask who a case is where the column that is known for it is often empty and another one names those rows.

    Parameters
    ----------
    columns : EventColumns
    empty : int
        Rows without a case.
    rows : int
        Of so many.
    which : str
        These rows in words.
    where : str
        Opens the message.

    Raises
    ------
    ConfigError
    """
    if columns.instead and empty > _MOST_NAMELESS * rows:
        head, other = columns.roles["case"][0], columns.instead[0]
        raise ConfigError(
            f"{where}: {head!r} is empty in {empty:,} of {which}, and {other!r} is not; say who"
            f" a case is: {as_typed('columns', {'case': [head, other]})} takes the first that is there, and rows of a"
            f" {other!r} that is seen with one {head!r} only for that one's; {as_typed('columns', {'case': other})}, or"
            f" {as_typed('columns', {'case': head})} to leave the others out"
        )


def _refuse_mixed_fields(
    activity: str,
    kept: Mapping[str, tuple[str, ...]],
    plain: Mapping[str, str],
    sample: Sequence[Mapping[str, str]],
    where: str,
) -> None:
    """Ask which field is the stage, where a row says which field was changed, and to what."""
    fields = [head for head in plain if plain[head] in FIELD_HEADS]
    if plain[activity] not in NEW_VALUE_HEADS or not fields or fields[0] in kept:
        return
    changed = Counter(row[fields[0]] for row in sample if row[fields[0]] and row[activity])
    if len(changed) > 1:
        ways = " or ".join(as_typed("keep", {fields[0]: word}) for word, _ in changed.most_common(_SHOWN))
        raise ConfigError(
            f"{where}: each row is a change of one field, and {fields[0]!r} names {len(changed):,}; say the changes of"
            f" which are the steps of a journey: {ways}"
        )


def _asked_for(
    missing: Sequence[str], heads: Sequence[str], sample: Sequence[Mapping[str, str]], where: str, *, typed: bool
) -> str:
    """Return what is said where no column is known for a role, with the likeliest."""
    if any(looks_like_date(head) for head in heads):
        return (
            f"{where}: its first line {show(', '.join(heads)[:80])} is no head line; name its {len(heads)} columns"
            f" in order, such as {as_typed('columns', example_names(heads, REQUIRED_ROLES, 'time'))}"
        )
    dated = [head for head in heads if is_dated(head, sample)]
    likely = {role: next(iter(_likely(role, heads, sample)), "HEAD") for role in missing}
    if "activity" in missing and len(dated) >= FEWEST_STAGES:
        return f"{where}: no column says what happened, and {parted_by_stage(dated, likely, typed=typed)}"
    shown = ", ".join(show(head[:30]) for head in heads[:24])
    return (
        f"{where}: no column is the {' or the '.join(missing)}; its heads are {shown}; say which:"
        f" {as_typed('columns', likely)}"
    )


def _likely(role: str, heads: Sequence[str], sample: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns that may play a role by their cells: times, names that come again, and words that are few."""
    if role == "time":
        # When something is over goes before when it began.
        dated = [head for head in heads if is_dated(head, sample)]
        dated = dated or [head for head in heads if _SAYS_WHEN.search(plain_head(head))]
        return sorted(dated, key=lambda head: not plain_head(head).startswith(("end", "complet", "finish")))
    counts = {head: Counter(row[head] for row in sample if row[head]) for head in heads}
    again = [head for head in heads if 1 < len(counts[head]) < counts[head].total() and not is_dated(head, sample)]
    if role == "case":
        numbered = [head for head in again if _ID.search(plain_head(head)) and not _DOES_IT.search(plain_head(head))]
        named = numbered or [head for head in again if _ID.search(plain_head(head))]
        others = [
            head
            for head in again
            if not _SAYS_WHAT.search(plain_head(head)) and _DOES_IT.search(plain_head(head)) is None
        ]
        return sorted(named or others, key=lambda head: -len(counts[head]))
    says = [head for head in again if _SAYS_WHAT.search(word := plain_head(head)) and not _SAYS_WHEN.search(word)]
    return [head for head in says if not _ID.search(plain_head(head))] or says


def _refuse_twice(head: object, heads: Sequence[str], where: str) -> None:
    """Refuse a head that two columns have."""
    if list(heads).count(str(head)) > 1:
        raise ConfigError(
            f"{where}: {list(heads).count(str(head))} columns are called {show(head)}; call one otherwise"
        )


def refuse_as_attribute(name: str | None, attributes: Sequence[object], where: str) -> None:
    """Refuse attributes among which is a name of what an event says.

    Parameters
    ----------
    name : str or None
    attributes : sequence of object
        As given.
    where : str
        Opens the message.

    Raises
    ------
    ConfigError
        If the name is among them.
    """
    if name in attributes:
        raise ConfigError(
            f"{where}: attributes has {show(name)}, which is what an event says and not who a case is; name other"
            " columns, or call this one otherwise"
        )


def _chosen_attributes(given: Any, heads: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the columns that tell who a case is, as given; each must be a head."""
    names = [given] if isinstance(given, str) else given or ()
    if not isinstance(names, list | tuple):
        raise ConfigError(f"attributes is {show(given)}; give a list of columns: attributes=[HEAD]")
    for name in names:
        if name not in heads:
            raise ConfigError(f"{where}: attributes has {show(name)}, which is no head; {suggest(str(name), heads)}")
    return tuple(map(str, names))
