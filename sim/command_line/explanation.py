"""Explanation: what Hydra or OmegaConf refuses, said in one line that names the key, what was found and the remedy."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from sim.command_line.composer import Composer
from sim.command_line.config_source import OWN_GROUPS
from sim.scenario.config_path import GROUPS
from sim.scenario.errors import suggest
from sim.scenario.schema import show

__all__ = ["completed", "explain"]

#: Keys that are named where a word stands at several places.
_MOST_KEYS = 4
#: What Hydra says of a value with commas.
_AMBIGUOUS = re.compile(r"Ambiguous value for argument '([^=]+)=(.*?)' 1\. ")
#: What Hydra says of a list where a mapping stands, and the other way round.
_OTHER_KIND = re.compile(r"Error merging override ([^=]+)=(.*)", re.DOTALL)
#: Keys of another command that are typed here now and then.
_ELSEWHERE = {
    "format": "every result has its tables as tables.xlsx; for others: journey results export latest --format csv",
    "costs": "costs are of a strategy: arms.ARM.BRAND.strategy.costs.build.automation=200000",
    "of": "a table is chosen where it is written: journey results export latest of=differences format=xlsx",
}


def _split_by_the_shell(word: str, words: Sequence[str]) -> str | None:
    """Return the value that a shell cut at its blanks, put together again; None where no later word closes it."""
    together = ""
    for part in words[words.index(word) :] if word in words else ():
        together = f"{together} {part}".lstrip()
        if all(together.count(opening) == together.count(closing) for opening, closing in ("{}", "[]")):
            return together if together != word else None
    return None


def explain(error: Exception, composer: Composer) -> str:
    """Say in one line what was wrong with a configuration, and what is accepted."""
    if isinstance(error, OverrideParseException):
        if "=" not in error.override:
            known = error.override in composer.groups("scenario")
            before = next((one for one, word in pairwise(composer.overrides) if word == error.override), "")
            together = before.replace("'", "") + f" {error.override}"
            apart = f", or, where it belongs to the word before, both in quotes: '{together}'"
            meant = f"scenario={error.override}" if known else f"key=value{apart if '=' in before else ''}"
            return f"{error.override!r} is no key with a value; write {meant}"
        if whole := _split_by_the_shell(error.override, composer.overrides):
            return f"{error.override!r} ends at a blank: a value with blanks stands in quotes, '{whole}'"
        key, _, _ = error.override.partition("=")
        if not key.isascii():
            return (
                f"cannot read the key {key!r}: on the command line keys are of the letters A to Z, so change it in the"
                " file of the journey"
            )
        return f"cannot read {error.override!r} on the command line; write key=value, in quotes if need be"
    if isinstance(error, MissingConfigException):
        return _explain_missing(error, composer)
    message = " ".join(str(error).split())
    if message.startswith("Config group override must be"):
        return _explain_group(composer)
    if isinstance(error, HydraException):
        if several := _AMBIGUOUS.match(message):
            return _explain_comma(*several.groups())
        if typed := _OTHER_KIND.match(message):
            return _explain_kind(typed[1], typed[2], str(error.__cause__))
        if message.startswith("Could not override '"):
            key = getattr(error.__cause__, "full_key", None) or message.split("'")[1]
            hint = _remedy(composer, key)
            if "No match in the defaults list" in message:
                return f"the group {key!r} cannot be chosen here; {hint}"
            return f"unknown key {key!r}; {hint}"
        if isinstance(error.__cause__, OmegaConfBaseException):
            cause = str(error.__cause__).splitlines()[0]
            message = f"{message}: {cause}" if message else cause
    elif isinstance(error, OmegaConfBaseException):
        message = str(error).splitlines()[0]
        if getattr(error, "full_key", None):
            message = f"{error.full_key}: {message}"
    return message or f"the configuration cannot be composed ({type(error).__name__})"


def _explain_kind(key: str, value: str, cause: str) -> str:
    """Say what stands where a list was given in place of a mapping, or the other way round."""
    key = key.lstrip("+")
    if cause.startswith("Cannot merge DictConfig with ListConfig") and value.startswith("["):
        return f"{key} is {value}, and a mapping stands there; name the key to be changed, such as {key}.KEY=VALUE"
    return f"{key} is {value}, and a list stands there; give a list, such as {key}=[VALUE]"


def _explain_comma(key: str, value: str) -> str:
    """Say how a value with commas is written: Hydra takes it for several."""
    key = key.lstrip("+").removeprefix("factors.")
    if key in (*GROUPS, *OWN_GROUPS):
        return f"{key} has a comma; give one name; several run one after the other with -m {key}={value}"
    several = f"several values in brackets, {key}=[{value}]"
    if re.fullmatch(r"\d{1,3}(,\d{3})+", value):
        return f"{key} is {value}, with a comma; write {value.replace(',', '_')}, or {several}"
    if re.fullmatch(r"-?\d*,\d+", value):
        return f"{key} is {value}, with a comma; write {value.replace(',', '.')}, or {several}"
    return f"{key} has a comma; write {several}, or a text in quotes, \"{key}='{value}'\""


def _explain_missing(error: MissingConfigException, composer: Composer) -> str:
    group, _, name = (error.missing_cfg_file or "").partition("/")
    if group and not name:
        there = composer.config_path.names(group)
        if not there and group not in (*GROUPS, *OWN_GROUPS):
            return f"there is no configuration {group!r}; --config-name takes a file of --config-dir, without .yaml"
        return f"{group} is empty; {suggest(name, there, 'there are')}"
    if not name or error.options is None:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return lines[0] + "; give the name of a file that is there" if lines else "a configuration file is missing"
    if group == "scenario" and (remedy := _of_ones_own(Path(name))):
        return f"there is no scenario {name!r}; {remedy}"
    remedy = suggest(name, list(error.options), "there are")
    return f"there is no {group} {name!r}; {remedy}{composer.config_path.edit(group, name)}"


def _of_ones_own(path: Path) -> str:
    """Say how a scenario is chosen that was given by the folder that it lies in."""
    if (path / "scenario" / f"{path.name}.yaml").is_file():
        return f"it lies in the folder {path}: write --config-dir {shlex.quote(str(path))} scenario={path.name}"
    return ""


def _remedy(composer: Composer, key: str) -> str:
    """Say what is accepted where an unknown key was given."""
    composed = composer.composed_for_keys()
    if composed is None:
        return "see --cfg job for the keys there are"
    inner: Any = composed
    path: list[str] = []
    for step in key.split("."):
        if not isinstance(inner, DictConfig) or step not in inner:
            break
        path.append(step)
        inner = inner._get_node(step)
    under = ".".join(path)
    if under == key == "doubt":
        return "give the range of the effectiveness, such as doubt=[0.5,1.5]"
    if not isinstance(inner, DictConfig):
        return f"{under} is a value and has no keys"
    if key == "doubt" and key not in inner:
        return "it belongs to a strategy: arms.ARM.BRAND.strategy.doubt=[0.5,1.5], or the name of a file"
    if key in GROUPS and key not in inner:
        return f"{key} is a group; say for which brand of which arm: arms.ARM.BRAND.{key}=NAME"
    step = key.split(".")[len(path)] if len(path) < len(key.split(".")) else ""
    if not path and step in _ELSEWHERE:
        return _ELSEWHERE[step]
    whole = [] if path else _whole_keys(composed, step)
    if whole:
        whole.sort(key=lambda place: place.count("."))
        more = ", ..." if len(whole) > _MOST_KEYS else ""
        return f"give the whole key: {', '.join(whole[:_MOST_KEYS])}{more}"
    known = [str(name) for name in inner if name != "hydra"]
    known = known if path or "market" not in known else ["scenario", *known]
    if len(path) == 2 and path[0] == "arms":
        known = list(dict.fromkeys([*known, *map(str, _brands(composed))]))
    remedy = suggest(step, known, f"accepted under {under}:" if under else "accepted:", under=under)
    # A brand is the one thing of a market that is there because it was named.
    return f"{remedy}; to add a brand, write +{key}={{price: ...}}" if key == f"market.brands.{step}" else remedy


def completed(error: Exception, composer: Composer) -> list[str]:
    """Return the overrides with a key completed: one that stands at one place alone, or a brand's in an arm.

    `currency=EUR` is `market.economics.currency=EUR`; `arms.proactive.peak.strategy=NAME` adds the brand to the arm
    where only `focal` and `competitors` were in it. None where nothing can be completed.

    Parameters
    ----------
    error : Exception
        What Hydra refused.
    composer : Composer

    Returns
    -------
    list of str
    """
    message = " ".join(str(error).split())
    if not isinstance(error, HydraException) or not message.startswith("Could not override '"):
        return []
    key = message.split("'")[1]
    composed = composer.composed_for_keys()
    if "." in key:
        added = _brand_of_arm(key, composed)
        if not added:
            return []
        return [f"+{word}" if word.startswith((f"{added}.", f"{added}=")) else word for word in composer.overrides]
    whole = [] if composed is None or key in composed or key in GROUPS else _whole_keys(composed, key)
    if len(whole) != 1:
        return []
    return [f"{whole[0]}{word[len(key) :]}" if word.startswith(f"{key}=") else word for word in composer.overrides]


def _brand_of_arm(key: str, composed: DictConfig | None) -> str:
    """Return `arms.ARM.BRAND` where a key begins so, the market has the brand, and the arm does not name it yet."""
    words = key.split(".")
    if composed is None or len(words) < 3 or words[0] != "arms":
        return ""
    _, arm, brand = words[:3]
    there = (composed.get("arms") or {}).get(arm)
    is_new = isinstance(there, DictConfig) and brand in _brands(composed) and brand not in there
    return f"arms.{arm}.{brand}" if is_new else ""


def _brands(composed: DictConfig) -> Any:
    """Return the brands of the market; none where it has none."""
    market = composed.get("market")
    return (market.get("brands") if isinstance(market, DictConfig) else None) or {}


def _whole_keys(composed: DictConfig, key: str) -> list[str]:
    return [place for place in _keys(composed) if place.endswith(f".{key}")]


def _keys(node: DictConfig, before: str = "") -> Iterator[str]:
    """Yield the dotted key of every value of a configuration."""
    for name in node:
        inner = node._get_node(name)
        place = f"{before}.{name!s}" if before else str(name)
        if isinstance(inner, DictConfig) and not inner._is_none():
            if name != "hydra":
                yield from _keys(inner, place)
        else:
            yield place


def _explain_group(composer: Composer) -> str:
    """Say which group was given something that is no name."""
    for override in OverridesParser.create().parse_overrides(composer.overrides):
        group, value = override.key_or_group, override.value()
        if group in (*GROUPS, *OWN_GROUPS, "") and not isinstance(value, str | list):
            if not group:
                return f"{show(value)} is given to a key without a name; write key=value"
            names = composer.groups(group)
            known = f"; there are {', '.join(names)}" if names else ""
            return f"{group} is {show(value)}; give the name of a file{known}"
    return "a group is given something that is no name; give the name of a file"
