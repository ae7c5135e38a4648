"""Mutation: bytes, texts and trees changed a little, by luck that is given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

__all__ = ["changed_bytes", "changed_text", "changed_tree", "odd_values"]

#: What hand-written files and command lines have been seen to hold.
_ODD: tuple[Any, ...] = (
    None, True, "", " ", -1, 0, 2**63, 10**30, 1e308, float("inf"), float("nan"), "1e400", "50%", "½", "x" * 5000, [], {},
    [[]], {"a": {"b": 1}}, "\x1b[31m", "\u202e", "../../etc/passwd", "${oc.env:HOME}", "${x", "!!python/object:x", "null",
    "inf", "0o7", "1_000", "2026-11-28", "=1+1",
)  # fmt: skip


def odd_values(seed: int, count: int = 300) -> list[Any]:
    """Return values that hypothesis draws, and some that have been seen, the same for the same seed."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    tree = st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    )
    drawn: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tree)
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    return [*_ODD, *drawn]


def changed_bytes(content: bytes, luck: random.Random) -> bytes:
    """Return bytes that differ: bits flipped, cut, a stretch zeroed, doubled, taken out or overwritten."""
    if not content:
        return luck.randbytes(8)
    at, size = luck.randrange(len(content)), luck.randint(1, 64)
    kind = luck.randrange(6)
    if kind == 0:
        changed = bytearray(content)
        changed[at] ^= 1 << luck.randrange(8)
        return bytes(changed)
    if kind == 1:
        return content[:at]
    middle = {2: b"\0" * size, 3: content[at : at + size] * 2, 4: b"", 5: luck.randbytes(size)}[kind]
    return content[:at] + middle + content[at + size :]


def changed_text(text: str, luck: random.Random, odd: Sequence[Any]) -> str:
    """Return a text with a line or a word of it changed, taken out, doubled or moved."""
    lines = text.split("\n")
    for _ in range(luck.choice((1, 1, 1, 2, 4))):
        at, other = luck.randrange(len(lines)), luck.randrange(len(lines))
        line = lines[at]
        kind = luck.randrange(7)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(other, line)
        elif kind == 2:
            lines[at], lines[other] = lines[other], line
        elif kind == 3 and ":" in line:
            lines[at] = f"{line.partition(':')[0]}: {luck.choice(odd)}"
        elif kind == 4:
            place = luck.randrange(len(line) + 1)
            lines[at] = line[:place] + luck.choice("\t:-{}[],#&*!|>'\"%@`\x00\x1b\u2028é0") + line[place:]
        elif kind == 5:
            lines[at] = " " * luck.randrange(9) + line.lstrip()
        else:
            lines[at] = line.replace(luck.choice("0123456789.aeiou"), luck.choice("0123456789.-xE"))
        if not lines:
            lines = [""]
    return "\n".join(lines)


def changed_tree(tree: Any, luck: random.Random, odd: Sequence[Any]) -> Any:
    """Return a copy of a tree of mappings and lists in which one place is changed, taken out or added."""
    if isinstance(tree, dict) and tree and luck.random() < 0.93:
        key = luck.choice(list(tree))
        kind = luck.randrange(12)
        if kind == 0:
            return {name: value for name, value in tree.items() if name != key}
        if kind == 1:
            return {**tree, luck.choice([f"{key}x", "", "name", 3]): luck.choice(odd)}
        if kind == 2:
            return {(str(name)[::-1] if name == key else name): value for name, value in tree.items()}
        return {**tree, key: changed_tree(tree[key], luck, odd)}
    if isinstance(tree, list | tuple) and tree and luck.random() < 0.9:
        at = luck.randrange(len(tree))
        kind = luck.randrange(6)
        items = list(tree)
        if kind == 0:
            del items[at]
        elif kind == 1:
            items.append(items[at])
        else:
            items[at] = changed_tree(items[at], luck, odd)
        return items
    if isinstance(tree, int | float) and not isinstance(tree, bool) and luck.random() < 0.5:
        return luck.choice([-tree, tree * 1e6, tree + 1, tree / 3, str(tree), f"{tree} %"])
    return luck.choice(odd)
