"""Digest: the content of a part of a scenario in a few letters, written out once for as long as the part is used."""

from __future__ import annotations

import hashlib

from sim.scenario.laid_out import LaidOut

__all__ = ["digest"]

#: Scenarios of a sweep share most parts, and a part is asked for by every arm and replicate.
_DIGESTS: LaidOut[str] = LaidOut(4096)


def digest(part: object) -> str:
    """Return the SHA-256 of a part's content.

    Parameters
    ----------
    part : object
        A frozen dataclass, which shows all of itself, floats to the last bit, in less time than JSON takes.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> from sim.scenario.resolved import Record
    >>> digest(Record(events=3)) == digest(Record(events=3)), digest(Record(events=3)) == digest(Record(events=4))
    (True, False)
    """
    return _DIGESTS.find((part,), None, lambda: hashlib.sha256(repr(part).encode()).hexdigest())
