"""XML stream: a file of XML that others made, parsed piece by piece: bounded, and without what could expand."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sim.data.text_file import open_binary, reason_of
from sim.scenario.errors import ConfigError

__all__ = ["parse_xml"]

#: Of one tag: a value this long is no activity, and a parser would hold it whole.
_LONGEST_TAG = 1_000_000
_BLOCK = 1 << 16


def parse_xml(
    path: Path,
    where: str,
    most_megabytes: int,
    called: tuple[str, str],
    begin: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Hand the elements of a file over as they begin and end.

    A document type, without which there are no entities, is refused.

    Parameters
    ----------
    path : Path
    where : str
        Opens every message.
    most_megabytes : int
        Of text, decompressed.
    called : (str, str)
        What such a file is called, and what its form is: "no well-formed ...".
    begin : callable
        Told the name and the attributes of an element.
    end : callable
        Told its name.
    text : callable, optional
        Told a part of what stands between elements.

    Raises
    ------
    ConfigError
        If it is not well formed, declares entities or a document type, or holds more than it may.
    """
    from xml.parsers.expat import ExpatError, ParserCreate

    kind, form = called

    def refuse(*_: Any) -> None:
        raise ConfigError(f"{where} declares entities or a document type, which no {kind} file needs; refused")

    try:
        with open_binary(path, where, most_megabytes) as raw:
            stream = io.BufferedReader(_ShortTags(raw, where), _BLOCK)
            parser = ParserCreate(_encoding_of(stream.peek(200)))
            parser.buffer_text = True
            parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
            parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except ExpatError as error:
        raise ConfigError(f"{where} is no well-formed {form} ({error}); write it again") from None
    except (OSError, EOFError) as error:
        raise ConfigError(f"{where} cannot be read: {reason_of(error)}; write it again") from None


class _ShortTags(io.RawIOBase):
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


def _encoding_of(first: bytes) -> str | None:
    """Return the encoding for a parser, None where it may believe the first line: UTF-16 comes as UTF-8.

    Examples
    --------
    >>> _encoding_of(b'<?xml version="1.0" encoding="UTF-16"?>'), _encoding_of(b'<?xml version="1.0"?>')
    ('utf-8', None)
    """
    return "utf-8" if re.search(rb"(?i)encoding=.utf-(?:16|32)", first[:200]) else None
