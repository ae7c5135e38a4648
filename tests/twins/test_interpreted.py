"""Every rule gives the same bits compiled and interpreted.

Run as a script, this file prints a digest of each rule's answers; the test runs it so with JIT switched off.
"""

import hashlib
import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import config

import agents.rules
from agents.compiled import Int
from agents.rules.experience import Felt

UNIT, WIDE = (0.0, 1.0), (-4.0, 4.0)
#: Ranges of arguments that are no plain number within [-4, 4], by name.
RANGES: dict[str, tuple[float, float]] = {
    "u": (1e-9, 1.0 - 1e-9),
    "x": (1e-6, 50.0),
    "log_of_complement": (-20.0, 0.0),
    "gap": (0.0, 70_000.0),
    "weeks_early": (-10.0, 100.0),
    "fatigue": (0.0, 8.0),
    "stock": (0.0, 10.0),
    "mean": (0.0, 3.0),
    "loss_aversion": (1.0, 10.0),
    "salience": UNIT,
}
WHOLE: dict[str, tuple[int, int]] = {
    "word": (0, 2**32 - 1),
    "code": (0, 65_535),
    "experiment": (0, 63),
    "week": (0, 65_000),
    "due": (128, 255),
    "gap": (1, 65_000),
    "since_need": (0, 65_000),
}
ANSWERS = 400


def rules() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every rule of the rulebook by its full name."""
    for module in pkgutil.iter_modules(agents.rules.__path__):
        book = importlib.import_module(f"agents.rules.{module.name}")
        for name in book.__all__:
            if inspect.isfunction(getattr(book, name)) or hasattr(getattr(book, name), "py_func"):
                yield f"{module.name}.{name}", getattr(book, name)


def arguments(function: Callable[..., Any], luck: np.random.Generator) -> list[Any]:
    """One set of arguments out of the ranges that the rule is written for."""
    found: list[Any] = []
    for name, parameter in inspect.signature(getattr(function, "py_func", function)).parameters.items():
        if parameter.annotation is Felt:
            found.append(Felt(*luck.uniform(*UNIT, size=len(Felt._fields)).tolist()))
        elif parameter.annotation in (int, Int):
            found.append(int(luck.integers(*WHOLE[name], endpoint=True)))
        else:
            found.append(float(luck.uniform(*RANGES.get(name, WIDE))))
    return found


def digests() -> dict[str, str]:
    """Digest of the answers of every rule to the same questions."""
    found = {}
    for name, function in rules():
        luck = np.random.default_rng(7)
        answers = np.array([function(*arguments(function, luck)) for _ in range(ANSWERS)], dtype=np.float64)
        assert np.isfinite(answers).all(), name
        found[name] = hashlib.sha256(answers.tobytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def without_jit() -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve())],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_every_rule_is_asked(without_jit):
    assert len(without_jit) > 30
    assert set(without_jit) == {name for name, _ in rules()}


@pytest.mark.parametrize("name", [name for name, _ in rules()])
def test_compiled_and_interpreted_give_the_same_bits(name, without_jit):
    assert digests_once()[name] == without_jit[name]


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="without JIT there is no compiled rule to take apart")
@pytest.mark.parametrize(("name", "function"), list(rules()))
def test_the_source_of_a_compiled_rule_gives_its_bits(name, function):
    luck = np.random.default_rng(11)
    for _ in range(50):
        given = arguments(function, luck)
        one, other = np.float64(function(*given)), np.float64(function.py_func(*given))
        assert one.tobytes() == other.tobytes(), (name, given)


_ONCE: dict[str, str] = {}


def digests_once() -> dict[str, str]:
    if not _ONCE:
        _ONCE.update(digests())
    return _ONCE


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    print(json.dumps(digests()))
