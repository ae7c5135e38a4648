"""Short tags: a stream of XML whose tags and texts are bounded, and its encoding."""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO

from sim.scenario.errors import ConfigError

__all__ = ["ShortTags", "encoding_of_xml"]

#: Of one tag: a value this long is no activity, and a parser would hold it whole.
_LONGEST_TAG = 1_000_000


class ShortTags(io.RawIOBase):
    """A stream that refuses a tag or text of more than a million bytes before a parser collects it."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream, self._where, self._open = stream, where, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes it got."""
        block = self._stream.read(len(buffer))
        last = block.rfind(b">")
        self._open = self._open + len(block) if last < 0 else len(block) - last
        if self._open > _LONGEST_TAG:
            raise ConfigError(f"{self._where} has a value of more than {_LONGEST_TAG:,} bytes; leave it out")
        buffer[: len(block)] = block
        return len(block)


def encoding_of_xml(first: bytes) -> str | None:
    """Return the encoding for a parser, None where it may believe the first line: UTF-16 comes as UTF-8.

    Examples
    --------
    >>> encoding_of_xml(b'<?xml version="1.0" encoding="UTF-16"?>'), encoding_of_xml(b'<?xml version="1.0"?>')
    ('utf-8', None)
    """
    return "utf-8" if re.search(rb"(?i)encoding=.utf-(?:16|32)", first[:200]) else None
