"""Case workers: users who work on the cases of a log, and are none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.data.as_typed import as_typed
from sim.data.event_heads import FIELD_HEADS, LOG_ROLES
from sim.data.ids import missing_words
from sim.scenario.errors import ConfigError

__all__ = ["without_workers"]

#: Heads of who it is to a tool: a customer who clicks, or a colleague who works.
_USERS = frozenset({"user_id", "userid", "user"})
#: Heads of what is worked on, in the order in which it names the case.
_WORKED_ON = (
    "ticket_id", "issue_key", "issue_id", "incident_number", "opportunity_id", "opportunityid", "lead_id",
    "conversation_id", "chat_id", "call_id", "case_number", "claim_id", "claim_number", "application_id", "loan_id",
    "encounter_id", "admission_id", "purchase_order", "purchase_order_id", "po_number", "ticket", "issue", "incident",
    "opportunity",
)  # fmt: skip
#: Heads of what a change is one of, beside those.
_CHANGED = (*(word for group in LOG_ROLES["case"][:4] for word in group), "deal_id", "subscription_id", "documentkey",
            "objectid", "object_id", "record_id")  # fmt: skip
#: Where more things than this share are seen with several users, these may be those who work on them.
_MOST_SHARED = 0.05


def without_workers(
    free: Sequence[str], plain: Mapping[str, str], sample: Sequence[Mapping[str, str]], where: str
) -> list[str]:
    """Return the columns that may name the case, without those of who changes a field of it.

    Parameters
    ----------
    free : sequence of str
        Heads of columns that are nothing else.
    plain : mapping
        Of each head, in small letters with underscores.
    sample : sequence of mapping
        Cells of the first rows by head.
    where : str
        Opens the message.

    Returns
    -------
    list of str

    Raises
    ------
    ConfigError
        If things that are worked on are seen with several users, each of which may be the case.

    Examples
    --------
    >>> heads = ["field_name", "ticket_id", "updated", "user_id", "value"]
    >>> without_workers(heads, {head: head for head in heads}, [], "log 'changes.csv'")
    ['field_name', 'ticket_id', 'updated', 'value']
    """
    users = [head for head in free if plain[head] in _USERS]
    worked_on = sorted(
        (head for head in free if plain[head] in _WORKED_ON), key=lambda head: _WORKED_ON.index(plain[head])
    )
    if not users:
        return list(free)
    if any(plain[head] in FIELD_HEADS for head in free):
        changed = worked_on or [head for head in free if plain[head] in _CHANGED and head not in users]
        return [head for head in free if head not in users or not changed]
    if any(plain[head] in group for group in LOG_ROLES["case"][:3] for head in free):
        return list(free)
    for thing in worked_on[:1]:
        if _share_of_several(thing, users[0], sample) > _MOST_SHARED:
            ways = " or ".join(as_typed("columns", {"case": head}) for head in (thing, users[0]))
            raise ConfigError(
                f"{where}: {thing!r} and {users[0]!r} may each be the case, and many of the first are seen with several"
                f" of the second, who may be those who work on them; say which: {ways}"
            )
    return list(free)


def _share_of_several(thing: str, user: str, sample: Sequence[Mapping[str, str]]) -> float:
    """Return which share of things is seen with several users."""
    seen: dict[str, set[str]] = {}
    for row in sample:
        if row[thing].lower() not in missing_words(None) and row[user].lower() not in missing_words(None):
            seen.setdefault(row[thing], set()).add(row[user])
    return sum(len(users) > 1 for users in seen.values()) / max(len(seen), 1)
