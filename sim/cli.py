"""Command line: `journey VERB [key=value ...]`. One clear message for bad input, and an exit status that tells.

Exit status 0: done; 1: a failure of the simulator or its environment; 2: bad input; 130: interrupted by Ctrl-C;
143: ended by kill.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from agents.kept_patterns import KeptPatterns
from sim.command_line.arguments import translate
from sim.command_line.config_folder import rerun_of, with_config_dir
from sim.command_line.kept_methods import KeptMethods
from sim.data.quick_arrow import leave_clouds_out, load_arrow
from sim.scenario.errors import ConfigError, suggest
from sim.terminal import complain, say
from sim.verbs import VERBS

if TYPE_CHECKING:
    from sim.command_line.composer import Composer
    from sim.scenario.config_path import ConfigPath
    from sim.verbs.frame import Job

__all__ = ["main"]

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
#: New objects between two looks for rings of them that nobody holds any more; Python's own rate is 700.
RARELY = 500_000
#: Options of Hydra that load a pickle or move the shipped configuration away.
REFUSED_OPTIONS: dict[str, str] = {
    "experimental_rerun": "run a result again with from=results/compare/RUN",
    "config_path": "add a folder of your own with --config-dir DIR",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows `journey`; what this process was called with by default.

    Returns
    -------
    int
        The exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 -- stays open as long as the process
    if sys.stdout is None:
        complain("standard output is closed; let it go to a file, or to /dev/null")
        return FAILED
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that a terminal cannot show is no reason to fail
    often = gc.get_threshold()
    # Modules, configurations and figures are many small objects that live as long as they are needed: looking for
    # rings among them at the usual rate takes a tenth of the time that is not simulation.
    gc.set_threshold(RARELY, *often[1:])
    # Arrow's own pool takes memory in huge pages, which the kernel may have to make first: up to 0.3 s of a command.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # A thread of NumPy's linear algebra that has nothing to do looks for work, awake, for 2^26 ticks of the processor's
    # clock, in each process that is forked: a fifteenth of a small comparison. So it sleeps after 2^4.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    if arguments is None:
        if words[:1] in (["discover"], ["validate"]):
            # Its matrices are small: threads of the linear algebra that wait for the next one took a fifteenth of it.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            # It makes hardly any ring, and looking for them once takes 50 ms of its second or two.
            gc.set_threshold(0)
        atexit.register(_keep_all)
        verb = words[0] if words else ""
        KeptMethods(verb).use()
        patterns = KeptPatterns(verb)
        patterns.use()
        atexit.register(patterns.keep)
        leave_clouds_out()
        if words[:1] in (["discover"], ["validate"]):
            load_arrow()  # a command has no table of pandas
    try:
        with _Ending():
            status = _dispatch(words)
        sys.stdout.flush()
        return status
    except ConfigError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        complain("interrupted; finished runs are kept, nothing half-written is left")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, say) has seen enough. Python would complain once more when it flushes at exit.
        _forget_output()
        return 0
    except OSError as error:
        _forget_output()
        complain(f"standard output cannot be written: {error.strerror or error}")
        return FAILED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    finally:
        if arguments is not None:
            # A command ends here: what waits for its threads would look for rings among all that it made.
            gc.set_threshold(*often)


def _keep_all() -> None:
    """Look for no rings at the end: the process is this command's, and there is no need to find all that it made.

    DuckDB is bound by nanobind, which counts what is left and writes a page of it to standard error.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()


def _forget_output() -> None:
    """Let what could not be written go nowhere, so that Python does not complain of it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        say(_overview())
        return 0
    if words[0] == "--version":
        from sim import __version__

        say(f"journey {__version__}")
        return 0
    words = with_config_dir(words)
    verb, rest = words[0], words[1:]
    if verb not in VERBS:
        return _refuse(f"there is no verb {verb!r}; {suggest(verb, VERBS, 'there are')}; try: journey --help")
    verb, rest = rerun_of(verb, rest)
    if not VERBS[verb].draws:
        return _run(verb, translate(verb, rest))
    from sim.reports import drawing_process

    with drawing_process.offered():
        return _run(verb, translate(verb, rest))


def _overview() -> str:
    lines = ["journey VERB [key=value ...]", ""]
    width = max(map(len, VERBS))
    for name, verb in VERBS.items():
        lines += [f"  {name:<{width}} {verb.about}", f"  {'':<{width}} {verb.example}"]
    lines += [
        "",
        "journey VERB --help lists a verb's keys; journey VERB --cfg job shows every value.",
        "Start with: journey compare",
    ]
    return "\n".join(lines)


def _run(verb: str, words: list[str]) -> int:
    from sim.command_line.composition_cache import composition_key

    key = None if VERBS[verb].spreads else composition_key(verb, words)
    job = None if key is None else _job_of(verb, key, words)
    return _compose(verb, words, key) if job is None else _perform(job)


def _job_of(verb: str, key: str, words: list[str]) -> Job[Any, Any] | None:
    """Return the job of a configuration that was composed before, or None where it is to be composed."""
    from sim.command_line.composition_cache import find, user_folder

    data = find(key, words)
    if data is None:
        return None
    from sim.scenario.config_path import ConfigPath

    folder = user_folder(words)
    try:
        return _prepared(verb, data, ConfigPath.of(*([folder] if folder else [])))
    except (ConfigError, BrokenPipeError):
        raise
    except Exception:  # composed anew it is explained
        return None


def _prepared(verb: str, data: Mapping[str, Any], config_path: ConfigPath) -> Job[Any, Any]:
    """Check a composed configuration."""
    from sim.verbs import frame

    if data.get("factors"):
        from sim.experiments.factors import set_factors

        data = set_factors(data, config_path)
    else:
        data = {key: value for key, value in data.items() if key != "factors"}
    return frame.prepare(verb, data, config_path)


def _perform(job: Job[Any, Any]) -> int:
    """Run a job that is checked; a failure of it is told apart from a fault of the user."""
    from sim.verbs import frame

    try:
        frame.perform(job)
    except ConfigError:
        raise
    except Exception as error:
        return _fail(error)
    return 0


def _compose(verb: str, words: list[str], key: str | None) -> int:
    """Let Hydra compose the configuration, and keep it under a key for the next time."""
    from sim.command_line.composer import Composer
    from sim.command_line.explanation import completed, explain
    from sim.command_line.hydra_compose import make_parser

    parser = make_parser()
    parser.prog = f"journey {verb}"
    setattr(parser, "error", _refuse_option)  # noqa: B010 -- one line like every message, not argparse's own
    # Keys may stand before and behind an option: argparse alone wants them all on one side.
    options = parser.parse_intermixed_args(words)
    for name, remedy in REFUSED_OPTIONS.items():
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name.replace('_', '-')} is not offered; {remedy}")
    composer = Composer(verb, options)
    try:
        for _ in range(len(composer.overrides) + 1):
            try:
                return _serve(verb, composer, parser, options, key)
            except (ConfigError, BrokenPipeError):
                raise
            except Exception as error:
                # What a help or a configuration is written to may be full; whatever else Hydra raises is bad input.
                if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                    return _fail(error)
                overrides = completed(error, composer)
                if not overrides:
                    raise ConfigError(explain(error, composer)) from error
                composer.overrides = overrides
        return FAILED
    finally:
        composer.close()


def _serve(verb: str, composer: Composer, parser: Any, options: Any, key: str | None) -> int:
    if options.help:
        composer.show_help(parser, options)
    elif options.cfg:
        composer.refuse_unclear()
        composer.show(options.cfg, options.package, resolve=options.resolve)
    elif options.info is not None:
        composer.show_information(options.info)
    else:
        from sim.command_line.composition_cache import keep
        from sim.verbs import frame

        composer.refuse_unclear()
        composer.refuse_idle(VERBS[verb].run)
        failure: list[Exception] = []

        def check(data: Any) -> Job[Any, Any]:
            return _prepared(verb, data, composer.config_path)

        def task(data: Any) -> Any:
            job = check(data)
            if key is not None:
                keep(key, composer.overrides, data)
            try:
                return frame.perform(job)
            except ConfigError:
                raise
            except Exception as error:
                failure.append(error)
                raise

        try:
            if options.multirun:
                composer.sweep(task, check)
            elif VERBS[verb].spreads:
                composer.spread(task)
            else:
                composer.run(task)
        except Exception:
            if failure:
                return _fail(failure[0])
            raise
    return 0


def _fail(error: Exception) -> int:
    """End after a failure that is not the user's: one of the environment in one line, one of ours with its trace."""
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, MemoryError):
        complain("out of memory; give a smaller population, or fewer threads")
        return 1
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
        return 1
    import traceback

    traceback.print_exception(error)
    complain("this is a fault of the simulator, not of your input; please report it")
    return 1


def _refuse_option(message: str) -> NoReturn:
    raise ConfigError(f"{message}; journey VERB --help shows what there is")


def _refuse(message: str) -> int:
    complain(message)
    return BAD_INPUT


class _Ending:
    """Lets `kill` end a run the way Ctrl-C does, so that nothing half-written is left."""

    def __enter__(self) -> None:
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._end)
            self._hook = sys.unraisablehook
            sys.unraisablehook = self._again

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            sys.unraisablehook = self._hook

    def _again(self, lost: Any) -> None:
        """Send a signal once more whose exception Python swallowed, because it arrived while an object was cleared."""
        if isinstance(lost.exc_value, KeyboardInterrupt):
            number = signal.SIGINT
        elif isinstance(lost.exc_value, SystemExit) and lost.exc_value.code == 128 + signal.SIGTERM:
            number = signal.SIGTERM
        else:
            self._hook(lost)
            return
        timer = threading.Timer(0.02, os.kill, (os.getpid(), number))
        timer.daemon = True
        timer.start()

    @staticmethod
    def _end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
