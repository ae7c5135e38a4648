"""Short tags: a stream of XML whose tags and texts are bounded."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from sim.scenario.errors import ConfigError

__all__ = ["ShortTags"]

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
