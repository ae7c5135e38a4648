"""Arguments: what is typed behind `journey VERB`, turned into the overrides and options that Hydra reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sim.command_line.config_folder import config_of_run
from sim.scenario.errors import ConfigError, points_in_thousands
from sim.verbs import VERBS

__all__ = ["translate"]

#: Keys whose values are sentences: taken as they stand, whatever Hydra would read into a comma or a bracket.
_SENTENCES = re.compile(r"(sql|where|columns|sort|to|x|y)=(.*)", re.DOTALL)
#: A statement that stands without its key: `results query "select …"`.
_STATEMENT = re.compile(r"\s*(?:select|with)\s.*", re.DOTALL | re.IGNORECASE)
_PLAIN_OPTION = re.compile(r"--(format|output-dir|run|action)(?:=(.*))?")
#: A key without its value.
_KEY = re.compile(r"[A-Za-z][\w.@/-]*=?")
#: A word that sets a key.
_SETS = re.compile(r"[+~]{0,2}[A-Za-z][\w.@/]*=")
#: A key and its value in one word, with blanks around the sign.
_APART = re.compile(r"^\s*([+~]{0,2}[A-Za-z][\w.@/]*)(?:\s+=\s*|=\s+)(?=\S)(.*)$", re.DOTALL)
_FILE_OF_A_SCENARIO = re.compile(r"scenario=[^,\[\]]+\.ya?ml")
#: A key whose value people read, and that is neither nothing nor in quotes.
_WORDS = re.compile(r"((?:[\w.]+\.)?(?:title|save_title|case))=(?!null$)(?!(['\"]).*\2$)(.*)", re.DOTALL)
#: A value with signs that Hydra's grammar does not know, that is neither in quotes nor brackets, nor a list of several.
_FOREIGN = re.compile(r"[^=]+=(?=.*[^\x00-\x7f]|.*[\"'<>&!;#^`])(?!['\"(\[{]|\w+\()[^,$]*")
#: Conditions in a list, whose signs Hydra's grammar does not know: `limits=[payback_week <= 104]`.
_CONDITIONS = re.compile(r"limits=\[([^'\"\[\]]*[<>=][^'\"\[\]]*)\]")
#: A strategy of a brand that is given the name of a file; `strategy@` is Hydra's way to write it.
_NAMED_STRATEGY = re.compile(
    r"\+{0,2}(?:strategy@)?(arms\.[^.=]+\.[^.=]+\.strategy)=(?!(?:null|true|false)$)([A-Za-z]\w*)"
)
_OPTIONS_WITH_VALUE = (
    "--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd",
)  # fmt: skip


def translate(verb: str, words: Sequence[str]) -> list[str]:
    """Turn plain words and plain options into keys: `results show NAME --format csv`, `from=FOLDER`."""
    words = list(_closed_up(words))
    translated: list[str] = []
    names = list(VERBS[verb].words)
    value_follows = False
    position = 0
    while position < len(words):
        word = _with_its_key(verb, _without_thousands(words[position]))
        position += 1
        option = _PLAIN_OPTION.fullmatch(word) if VERBS[verb].words else None
        if value_follows:
            translated.append(word)
            value_follows = False
        elif option is not None:
            value = option[2]
            if value is None:
                if position >= len(words):
                    raise ConfigError(f"{word} has no value; give one, such as {VERBS[verb].example!r}")
                value = words[position]
                position += 1
            translated.append(f"{option[1].replace('-', '_')}={_quote(value)}")
        elif VERBS[verb].words and _SENTENCES.fullmatch(word):
            key, _, value = word.partition("=")
            translated.append(f"{key}={_quoted(value)}")
        elif sentence := _WORDS.fullmatch(word):
            translated.append(f"{sentence[1]}={_quoted(sentence[3])}")
        elif word.startswith("scenario.ensemble="):
            # A scenario is a group, whose keys stand at the top.
            translated.append(word.removeprefix("scenario."))
        elif word.startswith("from="):
            translated += _from(verb, word.removeprefix("from="), words)
        elif _FILE_OF_A_SCENARIO.fullmatch(word):
            translated += _scenario_file(word.removeprefix("scenario="), words)
        elif word.startswith("--") and (given := _as_key(word, words[position : position + 1])):
            words.insert(position, given)
            if "=" not in word:
                del words[position + 1]
        elif word.startswith("-"):
            translated.append(word)
            value_follows = word in _OPTIONS_WITH_VALUE
        elif names and "=" not in word and not word.startswith("~"):
            translated.append(_standing_for(names.pop(0), word, words, translated))
        elif word.partition("=")[0] in VERBS[verb].lists and "," in word and "[" not in word:
            key, _, value = word.partition("=")
            translated.append(f"{key}=[{value}]")
        elif not VERBS[verb].words and _is_factor(word.partition("=")[0]):
            # Laid over the factors as a mapping: a key with spaces is none of Hydra's.
            key, _, value = word.partition("=")
            translated.append(f"++factors={{{key}: {value}}}" if " " in key else f"++factors.{word}")
        elif word.startswith(tuple(f"{key}{sign}" for key in VERBS[verb].open for sign in (".", "={"))):
            translated.append(f"++{word}")
        elif conditions := _CONDITIONS.fullmatch(word):
            translated.append(f"limits=[{','.join(_quoted(item.strip()) for item in conditions[1].split(','))}]")
        elif _FOREIGN.fullmatch(word):
            key, _, value = word.partition("=")
            translated.append(f"{key}={_quoted(value)}")
        else:
            translated.append(word)
    return _over_named_strategies(translated)


def _over_named_strategies(words: Sequence[str]) -> list[str]:
    """Return the words with a strategy's file before what is changed of it: Hydra would lose either of the two."""
    names = {match[1]: match[2] for match in map(_NAMED_STRATEGY.fullmatch, words) if match}
    changes: list[str] = []
    others: list[str] = []
    for word in words:
        named = _NAMED_STRATEGY.fullmatch(word)
        key = word.lstrip("+").partition("=")[0]
        if named:
            others.append(f"{named[1]}={named[2]}")
        elif place := next((place for place in names if key == place or key.startswith(f"{place}.")), None):
            laid_over = f"++{place}={{use: {names[place]}}}"
            changes += [*([] if laid_over in changes else [laid_over]), f"++{word.lstrip('+')}"]
        else:
            others.append(word)
    return others + changes


def _standing_for(key: str, word: str, words: Sequence[str], translated: Sequence[str]) -> str:
    """Return a word behind the key that it stands for, unless that is given as well."""
    # A query is asked of all runs together.
    key = "sql" if key == "run" and "action=query" in translated else key
    if twice := next((other for other in words if other.startswith(f"{key}=")), ""):
        raise ConfigError(f"{word!r} stands for {key}={word}, and {twice} is given as well; leave one out")
    return f"{key}={_quote(word)}"


def _without_thousands(word: str) -> str:
    """Return a word, unless it is a whole number with points between its thousands: `population=20.000`."""
    key, _, value = word.partition("=")
    if asked := points_in_thousands(key.lstrip("+~"), value):
        raise ConfigError(asked)
    return word


def _with_its_key(verb: str, word: str) -> str:
    """Return a word; for `results` a statement behind its key, and a run's key in quotes."""
    if verb == "results" and re.match(r"run=\d", word):
        return f"run={_quote(word.removeprefix('run='))}"
    return f"sql={word}" if verb == "results" and _STATEMENT.fullmatch(word) else word


def _closed_up(words: Iterable[str]) -> Iterator[str]:
    """Yield the words with what was typed apart put together: `population = 2000`, in one word or in three."""
    waiting = ""
    for given in words:
        word = _APART.sub(r"\1=\2", given, count=1)
        if waiting and waiting.endswith("="):
            if not _SETS.match(word) or _SENTENCES.fullmatch(waiting):
                yield waiting + word
                waiting = ""
                continue
            # An empty value, not one that stands apart: the next word sets another key.
            yield waiting
            waiting = ""
        if waiting and word.startswith("=") and not word.startswith("=="):
            waiting += word
            if waiting.endswith("="):
                continue
            yield waiting
            waiting = ""
            continue
        if waiting:
            yield waiting
        waiting = word if _KEY.fullmatch(word) else ""
        if not waiting:
            yield word
    if waiting:
        yield waiting


def _is_factor(key: str) -> bool:
    """Whether a key names a factor, such as `capability_cost`; of a verb that reads a scenario."""
    from sim.experiments.factors import is_named

    return is_named(key)


def _as_key(option: str, following: Sequence[str]) -> str:
    """Return the key that was written as an option, `--population 2000`, or nothing where Hydra has such an option."""
    name, equals, value = option.removeprefix("--").partition("=")
    if f"--{name}" in _OPTIONS_WITH_VALUE or not _KEY.fullmatch(name):
        return ""
    from sim.command_line.hydra_compose import option_names  # Hydra, which a kept composition does without

    if f"--{name}" in option_names():
        return ""
    if not equals:
        if not following or following[0].startswith("-") or "=" in following[0]:
            return ""
        value = following[0]
    return f"{name.replace('-', '_')}={value}"


def _scenario_file(place: str, words: Sequence[str]) -> list[str]:
    """Turn the path of a scenario's file into the options that find it: `--config-dir FOLDER scenario=NAME`."""
    path = Path(place)
    if not path.is_file():
        raise ConfigError(
            f"scenario is {place!r}, and there is no such file; give the name of a scenario, such as"
            f" scenario={path.stem}, or its file"
        )
    if path.absolute().parent.name != "scenario":
        remedy = (
            f"move it to a folder {path.parent / 'scenario'} and give --config-dir {path.parent} scenario={path.stem}"
        )
        raise ConfigError(f"scenario is {place!r}, which does not lie in a folder called scenario; {remedy}")
    if any(word.partition("=")[0] in ("--config-dir", "-cd") for word in words):
        raise ConfigError(f"scenario is {place!r} and --config-dir is given as well; give scenario={path.stem}")
    return ["--config-dir", str(path.absolute().parent.parent), f"scenario={path.stem}"]


def _from(verb: str, place: str, words: Sequence[str]) -> list[str]:
    """Turn a result folder, its config.yaml or its name into the options that run it again."""
    path = config_of_run(verb, place, words)
    return ["--config-dir", str(path.parent), "--config-name", path.stem]


def _quote(value: str) -> str:
    # What begins with a digit may be read as a number: a run's key such as 262531e27813 is infinite then.
    return value if re.fullmatch(r"(?:[^\W\d][\w./-]*)?", value, re.ASCII) else _quoted(value)


def _quoted(value: str) -> str:
    # Hydra reads a backslash as itself but where a quote follows.
    return "'" + re.sub(r"(\\+)(?='|$)", r"\1\1", value).replace("'", "\\'") + "'"
