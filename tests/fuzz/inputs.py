"""Inputs: the kinds of what comes in, and how a changed one is given to the simulator."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import Scenario, compare
from sim.cli import main
from sim.execution.executors import make_executor
from sim.execution.store import Store, check_chunk_file, chunk_files
from sim.execution.trials import Trial, run_trials
from sim.results import find_run, write
from sim.results.table import read_table
from sim.scenario.errors import ConfigError
from sim.scenario.yaml_reader import read_yaml, write_yaml
from tests.fuzz.mutation import changed_bytes, changed_text, changed_tree, odd_values

__all__ = ["KINDS", "Kind"]

_SCENARIOS = ("treadmill", "cosmetics", "sungevity")
_TABLES = ("weekly", "flows", "events", "market")


class Kind:
    """A kind of input; made in a folder of its own.

    Attributes
    ----------
    name : str
    tells : bool
        Whether what is said on standard error counts as a refusal: what is damaged there is left out, and named.
    """

    name = ""
    tells = False

    def __init__(self, place: Path, seed: int) -> None:
        self.place = place
        self.odd = odd_values(seed)

    def run(self, luck: random.Random) -> str:
        """Run one case; return `used`, `the same` where the change made no difference, or what is wrong."""
        raise NotImplementedError


class Configurations(Kind):
    """Scenarios as users write them: a tree or its YAML text changed, read, resolved, and some of them run."""

    name = "configurations"

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self.trees = [Scenario.load(name).to_dict() for name in _SCENARIOS]
        self.texts = [write_yaml(tree) for tree in self.trees]

    def run(self, luck: random.Random) -> str:
        if luck.random() < 0.5:
            tree = luck.choice(self.trees)
            for _ in range(luck.choice((1, 1, 2, 3))):
                tree = changed_tree(tree, luck, self.odd)
        else:
            path = self.place / "scenario.yaml"
            text = changed_text(luck.choice(self.texts), luck, self.odd)
            path.write_bytes(text.encode("utf-8", "replace"))
            tree = read_yaml(path)
        if not isinstance(tree, dict):
            return "used"
        scenario = Scenario.from_dict(tree)
        if luck.random() < 0.01:
            small = replace(scenario, population=20, horizon=3, burn_in=1)
            compare(small, replicates=2, seed=1, threads=1, effectiveness=False)
        return "used"


class CommandLines(Kind):
    """Whole commands: words added, changed, swapped."""

    name = "command_lines"
    _LINES: tuple[tuple[str, ...], ...] = (
        (
            "compare",
            "scenario=treadmill",
            "market.price_elasticity=-1.2",
            "arms.proactive.focal.strategy.automation=50%",
        ),
        ("compare", "scenario=cosmetics", "~record.events", "seed=3", "precision=null"),
        ("sweep", "market.contact.fatigue=0.05,0.1", "metric=npv"),
        ("results", "list"),
        ("results", "query", "sql=select count(*) from runs"),
        ("results", "table", "columns=contribution", "format=csv"),
        ("map", "scenario=treadmill"),
        ("attribute", "metric=contribution", "contacts=player"),
        ("calibrate", "targets={initial_share: 49 %}", "scan=8", "rounds=0", "members=2", "fit_population=100"),
    )
    _SMALL = ("population=20", "horizon=3", "burn_in=1", "replicates=2", "progress=false", "threads=1")

    def run(self, luck: random.Random) -> str:
        words = list(luck.choice(self._LINES))
        for _ in range(luck.choice((1, 1, 2))):
            at = luck.randrange(len(words))
            word, kind = words[at], luck.randrange(6)
            if kind == 0 and len(words) > 1:
                del words[at]
            elif kind == 1:
                words.append(f"{luck.choice(words).partition('=')[0]}={luck.choice(self.odd)}")
            elif kind == 2:
                words[at] = f"{word.partition('=')[0]}={luck.choice(self.odd)}"
            elif kind == 3:
                place = luck.randrange(len(word) + 1)
                words[at] = word[:place] + luck.choice("=,:[]{}~+@$\\'\" \x1b-é.") + word[place:]
            elif kind == 4:
                words[at] = word[: luck.randrange(len(word) + 1)]
            else:
                words.insert(at, luck.choice(("--cfg", "job", "--help", "-m", "--config-dir", str(self.place), "-x")))
        # A verb that waits for ever is no hang, and where results go is not for luck to say.
        if words[:1] in (["app"], ["--multirun"]) or any("output_dir" in word for word in words):
            return "the same"
        small = [] if words and words[0] in ("results", "map") else list(self._SMALL)
        status = main([*words, *small, f"output_dir={self.place / 'results'}"])
        if status not in (0, 1, 2):
            return f"wrong status {status}"
        return "used" if status == 0 else "refused" if status == 2 else self._judge(words)

    def _judge(self, words: list[str]) -> str:
        # Status 1 is for what does not hold and for what the machine refuses; a fault of ours prints its traceback.
        import sys

        said = getattr(sys.stderr, "getvalue", str)()
        return f"traceback after {words}: {said[-200:]}" if "Traceback" in said else "refused"


class Shards(Kind):
    """Files of the store: every changed byte is found."""

    name = "shards"

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        scenario = Scenario.load("treadmill", population=40, horizon=6, burn_in=2)
        with make_executor("serial") as executor:
            list(run_trials([Trial(scenario, 1, (0, 1))], executor=executor, store=Store(place / "store")))
        self.file = next(chunk_files(place / "store"))
        self.content = self.file.read_bytes()

    def run(self, luck: random.Random) -> str:
        bad = changed_bytes(self.content, luck)
        self.file.write_bytes(bad)
        check_chunk_file(self.file).read()
        return "the same" if bad == self.content else "wrong numbers: a changed file was used"


class ResultFolders(Kind):
    """Result folders: a file of one changed, cut, taken away or replaced by another thing."""

    name = "result_folders"
    tells = True

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        scenario = Scenario.load("treadmill", population=30, horizon=5, burn_in=2, record={"events": 5})
        done = compare(scenario, replicates=2, seed=1, threads=1, effectiveness=False)
        self.folder = write(done, place / "results", report=False)
        self.files = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        self.before = self._content()

    def _content(self) -> list[Any]:
        run = find_run(self.place / "results", self.folder.name)
        return [run.manifest, run.summary, run.config.read_bytes(), *(read_table(run.path, name) for name in _TABLES)]

    def _ask(self) -> list[Any]:
        """Return what each reader returns; None for a reader that refuses."""
        run = find_run(self.place / "results", self.folder.name)
        readers: list[Callable[[], Any]] = [lambda: run.manifest, lambda: run.summary, lambda: run.config.read_bytes()]
        readers += [lambda name=name: read_table(run.path, name) for name in _TABLES]  # type: ignore[misc]
        found = []
        for read in readers:
            try:
                found.append(read())
            except ConfigError:
                found.append(None)
        return found

    def run(self, luck: random.Random) -> str:
        name = luck.choice(list(self.files))
        path, content = self.folder / name, self.files[name]
        kind = luck.randrange(10)
        bad: bytes | None = None
        path.unlink()
        if kind == 0:
            path.mkdir()
        elif kind == 1:
            os.mkfifo(path)
        elif kind == 2:
            path.symlink_to(luck.choice(["/etc/passwd", "/dev/zero", str(path), "nowhere"]))
        elif kind == 3:
            path.write_bytes(bad := luck.choice(list(self.files.values())))
        elif kind > 4:
            path.write_bytes(bad := changed_bytes(content, luck))
        try:
            found = self._ask()
        finally:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
        for before, now in zip(self.before, found, strict=True):
            if now is not None and now != before:
                return f"wrong numbers: {name} was changed and used"
        return "the same" if bad == content or None not in found else "refused"


class Purchases(Kind):
    """Tables of purchases: cells, lines and bytes changed; every row that was read is counted once."""

    name = "purchases"

    def run(self, luck: random.Random) -> str:
        from sim.data.layout import Layout
        from sim.data.transactions import read_transactions

        sign, stop = luck.choice(",;\t|"), "\n" if luck.random() < 0.8 else "\r\n"
        head = sign.join(
            luck.choice((("customer", "date", "amount"), ("id", "day", "price"), ("cust", "when", "value")))
        )
        written = luck.choice(("2024-{1:02}-{0:02}", "{0:02}.{1:02}.2024", "{1}/{0}/2024"))
        rows = []
        for _ in range(luck.randint(1, 40)):
            day = written.format(luck.randint(1, 28), luck.randint(1, 12))
            rows.append(sign.join((f"c{luck.randint(1, 9)}", day, f"{luck.uniform(-5, 500):.2f}")))
        text = stop.join([head, *rows]) + stop
        for _ in range(luck.randrange(3)):
            text = changed_text(text, luck, self.odd)
        content = text.encode(luck.choice(("utf-8", "utf-8", "latin-1", "utf-16")), "replace")
        if luck.random() < 0.4:
            content = changed_bytes(content, luck)
        path = self.place / luck.choice(("data.csv", "data.txt", "data.csv.gz", "data.parquet"))
        path.write_bytes(content)
        ledger = read_transactions(path, Layout(bad_rows=luck.choice(("skip", "refuse"))))
        return _judged(ledger)


def _judged(ledger: Any) -> str:
    """Say whether the counts of a ledger add up."""
    import numpy as np

    counts = ledger.counts
    sums = (
        (ledger.rows, counts["rows"]),
        (counts["rows"], counts["rows_used"] + counts["rows_left_out"]),
        (counts["rows_used"], counts["purchases"] + counts["merged_within_a_day"]),
        (counts["rows_left_out"], sum(ledger.left_out.values())),
        (counts["purchases"], len(ledger.day)),
    )
    if any(one != other for one, other in sums):
        return f"wrong numbers: counts do not add up: {dict(counts)}, {dict(ledger.left_out)}"
    return "used" if np.isfinite(ledger.amount).all() else "wrong numbers: an amount is not finite"


class Logs(Kind):
    """Event logs in every format: cells, lines and bytes changed; every row that was read is counted once."""

    name = "logs"

    def run(self, luck: random.Random) -> str:
        from sim.data.log_file import read_event_log

        events = [
            (f"c{luck.randint(1, 5)}", luck.choice("abcd"), f"2024-01-{luck.randint(1, 28):02}T03:04:05Z")
            for _ in range(luck.randint(1, 20))
        ]
        suffix, written = luck.choice((("csv", _csv_log), ("xes", _xes_log), ("ocel.json", _ocel_log)))
        text = written(events)
        for _ in range(luck.randrange(3)):
            text = changed_text(text, luck, self.odd)
        content = text.encode("utf-8", "replace")
        path = self.place / f"log.{suffix}"
        path.write_bytes(changed_bytes(content, luck) if luck.random() < 0.5 else content)
        log = read_event_log(path)
        used = len(log.case)
        if log.rows != used + sum(log.left_out.values()):
            return f"wrong numbers: {log.rows} rows, {used} used, {dict(log.left_out)}"
        return "used"


def _csv_log(events: list[tuple[str, str, str]]) -> str:
    return "\n".join(["case,activity,time", *(",".join(event) for event in events)])


def _xes_log(events: list[tuple[str, str, str]]) -> str:
    traces = []
    for case in sorted({event[0] for event in events}):
        lived = "".join(
            f'<event><string key="concept:name" value="{activity}"/><date key="time:timestamp" value="{when}"/></event>'
            for owner, activity, when in events
            if owner == case
        )
        traces.append(f'<trace><string key="concept:name" value="{case}"/>{lived}</trace>')
    return f'<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">{"".join(traces)}</log>'


def _ocel_log(events: list[tuple[str, str, str]]) -> str:
    return json.dumps(
        {
            "objectTypes": [{"name": "customer", "attributes": []}],
            "eventTypes": [{"name": name, "attributes": []} for name in "abcd"],
            "objects": [{"id": case, "type": "customer"} for case in sorted({event[0] for event in events})],
            "events": [
                {
                    "id": f"e{number}",
                    "type": activity,
                    "time": when,
                    "attributes": [],
                    "relationships": [{"objectId": case, "qualifier": "customer"}],
                }
                for number, (case, activity, when) in enumerate(events)
            ],
        }
    )


KINDS: Mapping[str, type[Kind]] = {
    kind.name: kind for kind in (Configurations, CommandLines, Shards, ResultFolders, Purchases, Logs)
}
