"""Hydra: the one file that touches `hydra._internal`, whose names may change with a release."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import version
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins

from sim.command_line.config_source import JourneySource

__all__ = ["Hydra", "make_parser", "option_names", "split_sweep", "start_hydra"]


def make_parser() -> ArgumentParser:
    """Return Hydra's own parser of a command line."""
    return get_args_parser()


def option_names() -> frozenset[str]:
    """Return every option of a command line that Hydra knows, with its dashes."""
    return frozenset(make_parser()._option_string_actions)


def start_hydra(verb: str, folders: Iterable[Path]) -> Hydra:
    """Return Hydra ready to compose one verb's configuration.

    Parameters
    ----------
    verb : str
        Its configuration is `configs/VERB.yaml`.
    folders : iterable of Path
        Folders that are searched before the shipped one, in this order.
    """
    version.setbase("1.3")
    Plugins.instance().register(JourneySource)
    search_path = ConfigSearchPathImpl()
    search_path.append("hydra", "pkg://hydra.conf")
    for folder in folders:
        search_path.append("command-line", f"journey://{verb}:{folder}")
    search_path.append("main", f"journey://{verb}:")
    search_path.append("schema", "structured://")
    GlobalHydra.instance().clear()
    return Hydra.create_main_hydra2(task_name=verb, config_search_path=search_path)


def split_sweep(parsed: Sequence[Any]) -> Iterator[list[str]]:
    """Yield the overrides of every job of a sweep, as Hydra's own sweeper would run them."""
    for batch in BasicSweeper.split_arguments(list(parsed), None):
        for overrides in batch:
            yield list(overrides)
