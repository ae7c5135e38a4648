"""New: a folder of one's own with scenario, market, personas and journey, made from a template."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.quantity import quantity, text
from sim.scenario.calendar import WEEKS_A_YEAR
from sim.scenario.config_path import ConfigPath
from sim.scenario.errors import ConfigError, suggest
from sim.scenario.resolve import RESERVED_BRANDS
from sim.scenario.schema import show
from sim.scenario.template import Template, read_templates
from sim.terminal import is_ascii
from sim.verbs.frame import Command, Job, Session

__all__ = ["COMMAND", "NewKeys"]

#: A name: it becomes a folder, a brand, a key, and the beginning of the names of two journeys.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
_WORDS_OF_YAML = ("true", "false", "null", "none", "nan", "inf", "yes", "no", "on", "off")
#: Keys that every verb accepts and that say nothing about a new folder.
_INDIFFERENT = ("population", "horizon", "burn_in", "precision")
_LONGEST_TITLE = 60
_WIDTH_OF_A_FILE = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """What the folder is called, from which template it is made, and where it is put."""

    name: Any = quantity("name of the folder, the brand, the scenario and the market", default=None)
    like: Any = quantity("the template", default=None)
    title: Any = quantity("how people read the name", default=None)
    folder: str = text(".", "where the new folder is put")


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A folder that can be written."""

    template: Template
    name: str
    title: str
    path: Path


def _prepare(job: Job[NewKeys, None]) -> NewPlan | None:
    """Check everything; without any key there is nothing to write, and the table is shown."""
    for key in job.rest:
        if key not in _INDIFFERENT:
            raise ConfigError(f"{key} is given, but a template brings its own; leave it out, and edit the new files")
    keys, templates = job.keys, read_templates()
    if keys.name is None and keys.like is None:
        return None
    if keys.like is None:
        raise ConfigError(f"like is missing; give like=TEMPLATE, one of {', '.join(templates)}; journey new shows them")
    template = _find_template(keys.like, templates)
    name = _check_name(keys.name, template, job.config_path)
    return NewPlan(template, name, _check_title(keys.title, name), _check_place(keys.folder, name))


def _find_template(like: object, templates: Mapping[str, Template]) -> Template:
    """Return a template by its name; of a business, such as insurance, say which template fits it."""
    asked = str(like).casefold()
    if asked in templates:
        return templates[asked]
    opening, names = f"there is no template {show(like)}", suggest(like, templates, "there are")
    fits = [template for template in templates.values() if len(asked) > 2 and template.is_for(asked)]
    # A name that is only misspelled is the name that was meant.
    if len(fits) == 1 and names.startswith("there are"):
        raise ConfigError(f"{opening}; like={fits[0].name} fits that: {fits[0].fits}")
    raise ConfigError(f"{opening}; {names}")


def _check_name(name: object, template: Template, config_path: ConfigPath) -> str:
    if name is None:
        raise ConfigError(f"name is missing; give one, such as journey new my_{template.name} like={template.name}")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in _WORDS_OF_YAML:
        raise ConfigError(
            f"name is {show(name)}; give a letter from a to z and up to 47 more, digits, '_' or '-',"
            " and a longer one in title=..."
        )
    if name in RESERVED_BRANDS or name in template.market()["brands"]:
        raise ConfigError(f"name is {name!r}, which another thing in the folder is called; give another")
    for group in ("scenario", "market", "personas"):
        if config_path.find(group, name) is not None:
            raise ConfigError(f"name is {name!r}, and there is a {group} {name!r} already; give another, or my_{name}")
    return name


def _check_title(title: object, name: str) -> str:
    if title is None:
        words = re.sub("[_-]+", " ", name).strip()
        return words[0].upper() + words[1:]
    if not isinstance(title, str) or not title.strip() or not title.isprintable() or set(title) & set('"\\$'):
        raise ConfigError(f'title is {show(title)}; give words without ", \\ and $')
    if len(title) > _LONGEST_TITLE:
        raise ConfigError(f"title has {len(title)} characters; give up to {_LONGEST_TITLE}")
    return title.strip()


def _check_place(folder: str, name: str) -> Path:
    home = Path(folder).expanduser()
    if not home.is_dir():
        raise ConfigError(f"folder is {folder!r}, which is no folder; make it first, or leave folder out")
    path = home / name
    if path.exists() or path.is_symlink():
        raise ConfigError(f"{str(path)!r} exists already; give another name, or remove it first")
    return path


def _run(job: Job[NewKeys, NewPlan | None], session: Session) -> Sequence[str]:
    """Write the folder, or show the templates."""
    from sim.results.folder import write_folder  # loads what draws pages: only when something is written

    plan = job.plan
    if plan is None:
        return _table(read_templates())
    called = shlex.quote(str(plan.path))

    def fill(folder: Path) -> None:
        plan.template.write(folder, name=plan.name, title=plan.title, called=called)

    write_folder(plan.path, fill)
    if job.settings.quiet:
        return [str(plan.path)]
    edit = {
        f"market/{plan.name}.yaml": "how many customers there are, your price and margin, the others, channels, needs",
        f"scenario/{plan.name}.yaml": "what is compared: the levels and the costs, the horizon",
        f"personas/{plan.name}.yaml": "kinds of customers and their shares",
        f"journey/{plan.name}_classic.yaml": "how customers buy today; journey/…_proactive.yaml is the same, led",
    }
    width = max(len(str(plan.path / file)) for file in edit)
    return [
        f"{plan.path}: {plan.title}, from the template {plan.template.name}. It runs as it is:",
        f"  journey compare --config-dir {called} scenario={plan.name}",
        "",
        "Edit first, in this order:",
        *(f"  {plan.path / file!s:<{width}}  {what}" for file, what in edit.items()),
        "",
        f"{plan.path / 'README.md'} says more.",
    ]


def _table(templates: Mapping[str, Template]) -> Sequence[str]:
    """Draw the templates: which fits which business, with need interval, channels and journey."""
    from rich.box import ASCII, HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=ASCII if is_ascii(sys.stdout) else HEAVY_HEAD, show_edge=False, show_lines=True, expand=True)
    for head, ratio in {"template": 0, "fits": 5, "needed every": 3, "channels": 3, "journey": 6}.items():
        drawn.add_column(head, ratio=ratio or None, no_wrap=not ratio)
    for template in templates.values():
        market = template.market()
        drawn.add_row(
            template.name,
            template.fits,
            _interval(market["need"]),
            _listed(market["channels"]),
            _listed(template.stages()),
        )
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False, no_color=True)
    with console.capture() as told:
        console.print(drawn)
    first = next(iter(templates))
    return [
        told.get().rstrip("\n"),
        "",
        "Make one of your own with a name that you choose:",
        f"  journey new gym like={first}",
    ]


def _interval(need: Mapping[str, Any]) -> str:
    years, weeks = divmod(need["mean_weeks"], WEEKS_A_YEAR)
    interval = f"{need['mean_weeks']} weeks" if weeks or years < 2 else f"{years:.0f} years"
    return f"{interval} (renewal)" if need["kind"] == "cyclical" else f"about {interval}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


COMMAND = Command(keys=NewKeys, prepare=_prepare, run=_run, scenario=False)
