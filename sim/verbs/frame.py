"""Frame: what every verb does alike.

1. Read: the common settings, the verb's own keys, the scenario; a key that is left over is refused.
2. Prepare: the verb checks its keys against the scenario. So far nothing is simulated or written.
3. Run: the verb simulates, with the executor and the progress bar of its session, and returns an answer.
4. Publish: the result folder is written, whole or not at all.
5. Print: the lines of the answer and the path of its report.

A verb's module declares its keys, as a dataclass, and its functions in a :class:`Command` called `COMMAND`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from sim.progress import Progress, RunProgress
from sim.scenario.config_path import ConfigPath
from sim.scenario.schema import plain, read
from sim.scenario.settings import Settings, check_writable, lasting, read_settings
from sim.terminal import complain_once, say
from sim.verbs import load_verb

if TYPE_CHECKING:
    from sim.execution.store import Store
    from sim.results.answer import Answer
    from sim.scenario.scenario import Scenario

__all__ = ["Command", "Job", "Session", "perform", "prepare"]

K = TypeVar("K")
P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[K, P]):
    """One run of a verb, read and checked.

    Attributes
    ----------
    verb : str
    keys
        The verb's own keys.
    settings : Settings
        The keys that all verbs share.
    output_dir : Path
        Folder of all results, which can be written to.
    plan
        What the verb's `prepare` returned.
    rest : mapping
        Of a verb without a scenario, whatever else was composed.
    """

    verb: str
    keys: K
    settings: Settings
    output_dir: Path
    plan: P
    asked: Scenario | None = None
    config_path: ConfigPath = field(compare=False)
    rest: Mapping[str, Any] = field(compare=False)

    @property
    def scenario(self) -> Scenario:
        """The scenario that was asked for."""
        if self.asked is None:
            raise TypeError(f"journey {self.verb} has no scenario")
        return self.asked

    def config(self, own: Mapping[str, Any] | None = None, asked: Scenario | None = None) -> dict[str, Any]:
        """Return the whole configuration as it can be run again; where it runs and what it shows are no part of it.

        Parameters
        ----------
        own : mapping, optional
            The verb's own keys where they differ from what was given: defaults that were looked up, say.
        asked : Scenario, optional
            The scenario of a verb that reads its own.
        """
        asked = asked or self.asked
        scenario = {} if asked is None else asked.to_dict()
        return {**scenario, **(plain(self.keys) if own is None else own), **lasting(self.settings)}


class Session:
    """What a verb runs with. The executor and the bar are opened when they are asked for and closed at the end.

    Parameters
    ----------
    job : Job
        Whose session it is.
    """

    def __init__(self, job: Job[Any, Any]) -> None:
        self._job = job
        self._stack = ExitStack()
        self._bar: Progress | RunProgress | None = None
        self._store: Store | None = None
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self._clock = perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @property
    def seconds(self) -> float:
        """Seconds since the session began."""
        return perf_counter() - self._clock

    def executor(self) -> Any:
        """Open the executor that the settings name."""
        from sim.execution.executors import make_executor

        return self.keep(make_executor(**plain(self._job.settings.executor)))

    def keep(self, resource: AbstractContextManager[T]) -> T:
        """Open a resource, a file say, that is needed until the answer is published."""
        return self._stack.enter_context(resource)

    def store(self) -> Store:
        """Return the store of single runs, so that nothing is simulated a second time."""
        from sim.execution.store import Store
        from sim.execution.store_folder import STORE

        self._store = Store(self._job.output_dir / STORE)
        return self._store

    def options(self) -> dict[str, Any]:
        """Return how a scenario is run: replicates, seed, engine, threads, executor."""
        settings = self._job.settings
        return {
            "replicates": settings.replicates,
            "seed": settings.seed,
            "engine": settings.engine,
            "threads": settings.threads,
            "executor": self.executor(),
        }

    def kept_options(self, progress: Progress) -> dict[str, Any]:
        """Return how a scenario is run by a question whose finished replicates are kept in the store."""
        return {
            **self.options(),
            "store": self.store(),
            "on_progress": progress.advance,
            "on_done": progress.tell,
        }

    def progress(self, total: int, title: str = "") -> Progress:
        """Show a bar of customer-weeks; its title is the scenario's by default."""
        self._bar = bar = self.keep(Progress(total, self._job.settings, title or self._title()))
        return bar

    def run_progress(self, total: int, title: str) -> RunProgress:
        """Show a bar of runs."""
        self._bar = bar = self.keep(RunProgress(total, self._job.settings, title))
        return bar

    def counts(self) -> dict[str, Any]:
        """Return how many runs were simulated and how many found, for the manifest; nothing without a store."""
        if self._store is None or self._bar is None:
            return {}
        return {"model": self._store.model, "lived": self._bar.lived, "held": self._bar.held}

    def count_lines(self) -> list[str]:
        """Return the line that says so; no file of the result has it, which must not depend on what was found."""
        if self._store is None or self._bar is None:
            return []
        bar = self._bar
        return ["", f"{bar.lived:,} runs simulated, {bar.held:,} found in {self._store.folder}, {bar.failed:,} failed."]

    def report(self) -> None:
        """Say on the bar that the report is being written."""
        if self._bar is not None:
            self._bar.say("writing the report")

    def _title(self) -> str:
        scenario = self._job.scenario
        return scenario.title or scenario.name


def _nothing(job: Job[Any, Any]) -> None:
    """Prepare nothing: the keys need no scenario to be checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[K, P]):
    """What a verb's module declares.

    Attributes
    ----------
    keys : type
        Dataclass of the verb's own keys, declared with :mod:`agents.quantity`. A field of type Any is not checked.
    run : callable
        Simulates, and returns an answer to be published and printed, or lines that are printed alone.
    prepare : callable
        Checks the keys against the scenario, raising ConfigError, and returns what `run` finds as ``job.plan``.
    scenario : bool
        Whether a scenario is read.
    answers : bool
        Whether it looks for the best responses of competitors.
    """

    keys: type[K]
    run: Callable[[Job[K, P], Session], Answer | Sequence[str]]
    prepare: Callable[[Job[K, Any]], P] = _nothing  # type: ignore[assignment]
    scenario: bool = True
    answers: bool = False


def prepare(verb: str, data: Mapping[str, Any], config_path: ConfigPath) -> Job[Any, Any]:
    """Read and check the whole configuration of a verb.

    Parameters
    ----------
    verb : str
        Name of the verb.
    data : mapping
        The composed configuration.
    config_path : ConfigPath
        Where files that it names are looked up.

    Returns
    -------
    Job

    Raises
    ------
    ConfigError
        If any key or value cannot be used, a package is missing, or results cannot be written where they are to go.
    """
    command: Command[Any, Any] = load_verb(verb).COMMAND
    settings, rest = read_settings(data)
    names = [own.name for own in fields(command.keys)]
    keys = read(command.keys, {name: rest.pop(name) for name in names if name in rest})
    job: Job[Any, Any] = Job(
        verb=verb,
        keys=keys,
        settings=settings,
        output_dir=Path(settings.output_dir).expanduser(),
        plan=None,
        asked=_scenario(rest, config_path) if command.scenario else None,
        config_path=config_path,
        rest={} if command.scenario else rest,
    )
    plan = command.prepare(job)
    if job.asked is not None:
        from sim.world.compile import compile_world  # of verbs that simulate alone

        asked = job.asked.waiting() if command.answers else job.asked
        for arm in asked.arms.values():
            compile_world(asked, arm, job.settings.seed, 0)  # says now what no run could count
    return replace(job, plan=plan, output_dir=check_writable(settings.output_dir, verb))


def _scenario(data: Mapping[str, Any], config_path: ConfigPath) -> Scenario:
    from sim.scenario.scenario import Scenario  # only of a verb that asks for one: it takes numpy

    return Scenario.from_dict(data, config_path=config_path)


def perform(job: Job[Any, Any]) -> Path | None:
    """Run a verb, publish and print its answer, and return its result folder if it has one.

    Raises
    ------
    SystemExit
        With status 1, if the answer is that something does not hold.
    """
    command: Command[Any, Any] = load_verb(job.verb).COMMAND
    with Session(job) as session:
        answer = command.run(job, session)
        _say_if_compiled_for_once()
        if not isinstance(answer, Sequence):
            folder = _publish(answer, job, session)
            answer = replace(answer, lines=[*answer.lines, *session.count_lines()])
    if isinstance(answer, Sequence):
        say(*answer)
        return None
    _print(answer, folder, quiet=job.settings.quiet)
    if answer.status:
        raise SystemExit(answer.status)
    return folder


def _say_if_compiled_for_once() -> None:
    """Say that the next command will compile as long as this one, where this one could not keep what it compiled."""
    # What was compiled before is linked without Numba.
    if "numba" not in sys.modules or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return
    from agents.compiled_sources import unwritable_home

    if (home := unwritable_home()) is not None:
        complain_once(
            f"compiled code cannot be kept in {home!r}: every command compiles anew, about a minute long; make it"
            " writable, or set NUMBA_CACHE_DIR to a folder that is"
        )


def _publish(answer: Answer, job: Job[Any, Any], session: Session) -> Path:
    from sim.results.answer import write_answer

    session.report()
    answer = replace(answer, manifest={**answer.manifest, **session.counts()})
    if not answer.started:
        answer = replace(answer, started=session.started, wall_seconds=session.seconds)
    return write_answer(answer, job.output_dir, job.verb)


def _print(answer: Answer, folder: Path, *, quiet: bool) -> None:
    if quiet:
        say(folder)
        return
    if answer.display is not None:
        answer.display()
    say(*answer.lines)
    if answer.commands:
        say("", *(command.replace("RESULT", str(folder)) for command in answer.commands))
    if answer.display is not None or answer.lines:
        say("")
    say(*(folder / name for name in answer.shown))
