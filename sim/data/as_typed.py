"""As typed: an option of the command line as it stands in a shell, so that a remedy can be copied."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

__all__ = ["as_typed"]

#: What Hydra takes without quotes: words, with blanks or dashes between them.
_PLAIN = r"[A-Za-z0-9_][\w.@-]*(?: [\w.@-]+)*"
#: Such words that mean something else without quotes.
_MEANING = ("null", "true", "false", "nan", "inf")


def as_typed(key: str, value: Mapping[str, str | Sequence[str]] | Sequence[str]) -> str:
    """Return an option and its value as they are typed in a shell.

    Parameters
    ----------
    key : str
    value : mapping or sequence
        Of words, or of lists of words.

    Examples
    --------
    >>> print(as_typed("columns", {"case": ["user_id", "$device"], "time": "Created (UTC)"}))
    'columns={case: [user_id, "$device"], time: "Created (UTC)"}'
    >>> print(as_typed("columns", {"case": "it's"}))
    'columns={case: "it'"'"'s"}'
    """
    return shlex.quote(f"{key}={_written(value)}")


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_word(str(name))}: {_written(part)}' for name, part in value.items())}}}"
    if isinstance(value, str):
        return _word(value)
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, Sequence) else "null"


def _word(word: str) -> str:
    if re.fullmatch(_PLAIN, word, re.ASCII) and word.lower() not in _MEANING and not re.fullmatch(r"[\d_.eE-]+", word):
        return word
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', re.sub(r"(\\+)$", r"\1\1", word))
    return f'"{escaped}"'
