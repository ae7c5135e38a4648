"""Optional package: a dependency of an extra, imported where it is used."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from sim.scenario.errors import ConfigError

__all__ = ["import_optional"]


def import_optional(module: str, need: str, extra: str = "analysis", otherwise: str = "") -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    module : str
        Its dotted name.
    need : str
        What needs which package; opens the message, such as ``sql needs duckdb``.
    extra : str
        The extra that installs the package.
    otherwise : str
        What else can be done; closes the message.

    Returns
    -------
    module

    Raises
    ------
    ConfigError
        If the package is not installed.

    Examples
    --------
    >>> import_optional("math", "the example needs math").sqrt(4.0)
    2.0
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError:
        raise ConfigError(
            f'{need}, which is not installed; install it with  pip install -e ".[{extra}]"  (or make setup){otherwise}'
        ) from None
