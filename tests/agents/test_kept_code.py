"""Machine code of earlier processes: it gives the same numbers without Numba, and where it cannot be used Numba is asked."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import llvmlite.binding as llvm
import numba
import pytest

from agents import kept_code
from agents.compiled_sources import is_source
from agents.kept_code import ObjectCode
from agents.rules import numerics

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or not kept_code.can_link(),
    reason="nothing is kept here",
)

ASK = """
import json, sys
from agents.rules.numerics import exp, uniform
print(json.dumps([exp(0.25), uniform(7), "numba" in sys.modules]))
"""


def python(program, *arguments, home=None, **settings):
    """Run a program in a process of its own, with the modules of a folder; return what it prints, in words."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **settings}
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def ask(cache, **settings):
    return json.loads(" ".join(python(ASK, NUMBA_CACHE_DIR=str(cache), **settings)))


def test_the_next_process_gets_the_same_numbers_without_numba_unless_a_file_is_damaged_or_settings_differ(tmp_path):
    *first, with_numba = ask(tmp_path)
    assert with_numba
    assert ask(tmp_path) == [*first, False]
    files = list(tmp_path.glob("*/linked/agents.rules.numerics.*"))
    assert len(files) == 2
    damaged = bytearray(files[0].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    files[0].write_bytes(damaged)
    assert ask(tmp_path) == [*first, True]
    assert ask(tmp_path) == [*first, False]
    assert ask(tmp_path, NUMBA_OPT="1") == [*first, True]


#: As on a file system of others, which lets even the superuser only read.
READ_ONLY = """
import tempfile
def refuse(*arguments, **named):
    raise PermissionError("read-only")
tempfile.TemporaryFile = tempfile.NamedTemporaryFile = refuse
"""


def test_a_folder_that_only_others_can_write_to_is_read(tmp_path):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    *first, _ = ask(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert json.loads(" ".join(python(READ_ONLY + ASK, **cache))) == [*first, False]
    more = READ_ONLY + "from agents.rules.numerics import log\nprint(log(1.0))"
    assert python(more, **cache) == ["0.0"]
    assert sorted(tmp_path.rglob("*")) == before


def test_code_that_calls_what_is_not_there_is_not_linked():
    linker = kept_code._linker()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    module = llvm.parse_assembly(
        "declare void @no_such_function()\ndefine void @f() {\n call void @no_such_function()\n ret void\n}"
    )
    code = machine.emit_object(module)
    assert kept_code._wanted_names(code) == ["no_such_function"]
    assert linker.link("f", [ObjectCode("a.slot", "f", "", code)]) is None
    assert "a.slot" not in linker.words
    assert not llvm.address_of_symbol("a.slot")


def test_code_that_calls_a_kernel_without_an_address_is_not_linked():
    """As where compiling the kernel was interrupted."""
    word = ctypes.c_void_p(None)
    kept_code.register_word("a.kernel.of.this.test", word)
    assert not kept_code._is_there("a.kernel.of.this.test")
    word.value = 1
    assert kept_code._is_there("a.kernel.of.this.test")


EDITED = """
import sys
from pathlib import Path
import agents.compiled
rule = Path(sys.argv[1])
if len(sys.argv) > 2:
    if sys.argv[2] == "first":
        import agents.rules.experience
    rule.write_text(rule.read_text("utf-8").replace("return satisfaction + rate *", "return satisfaction + 2 * rate *"), "utf-8")
from agents.rules.experience import satisfaction_after
print(satisfaction_after(0.0, 1.0, 0.25, 2.0), agents.compiled_sources.cache_folder() is None)
"""


@pytest.mark.parametrize(
    ("imported", "number"), [pytest.param("first", "0.25", marks=pytest.mark.slow), ("later", "0.5")]
)
def test_an_edit_between_import_and_first_call_leaves_nothing_under_the_wrong_hash(tmp_path, imported, number):
    shutil.copytree(
        Path(numerics.__file__).parents[1], tmp_path / "agents", ignore=shutil.ignore_patterns("__pycache__")
    )
    rule = tmp_path / "agents" / "rules" / "experience.py"
    text = rule.read_text("utf-8")
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "home": tmp_path}
    assert python(EDITED, rule, imported, **cache) == [number, "True"]
    assert python(EDITED, rule, **cache) == ["0.5", "False"]
    rule.write_text(text, "utf-8")
    assert python(EDITED, rule, **cache) == ["0.25", "False"]


SOURCES_READ = """
import sys
from pathlib import Path
from unittest import mock
import agents.compiled_sources as sources
with mock.patch.object(sources, "_read_sources", side_effect=sources._read_sources) as read:
    found = sources._find_sources()
print(read.call_count, found == sources._read_sources(*read.call_args.args)[0] if read.called else found.digest_of_all)
"""


def test_sources_are_read_again_only_where_one_has_another_stamp_or_is_young(tmp_path):
    folder = tmp_path / "agents"
    shutil.copytree(Path(numerics.__file__).parents[1], folder, ignore=shutil.ignore_patterns("__pycache__"))
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "home": tmp_path}
    assert python(SOURCES_READ, **cache) == ["1", "True"]  # young: what is edited now may keep its stamp
    assert not (tmp_path / "cache" / "sources").exists()
    time.sleep(3.1)
    first = python(SOURCES_READ, **cache)
    assert first[0] == "0"
    rule = folder / "rules" / "experience.py"
    was = rule.stat()
    rule.write_text(rule.read_text("utf-8").replace("rate", "etar"), "utf-8")
    os.utime(rule, ns=(was.st_atime_ns, was.st_mtime_ns))  # same size, same age: the time of the change tells
    assert python(SOURCES_READ, **cache) == ["1", "True"]
    (folder / "new.py").touch()
    assert python(SOURCES_READ, **cache) == ["1", "True"]


def test_settings_that_a_program_changed_are_not_those_that_code_is_kept_for(monkeypatch):
    assert kept_code.settings_hold()
    for name, value in (("OPT", 1), ("BOUNDSCHECK", 1), ("CPU_NAME", "generic"), ("CPU_FEATURES", "+sse2")):
        with monkeypatch.context() as changed:
            changed.setattr(numba.config, name, value)
            assert not kept_code.settings_hold()
            assert kept_code._place("f", (float,)) is None
    assert kept_code.settings_hold()


def test_only_code_of_the_simulator_is_kept_and_only_for_types_that_are_known(tmp_path):
    assert is_source(numerics.__file__)
    assert not is_source(__file__)
    assert kept_code._said((int, float)) == "(int,float)"
    assert kept_code._said((int, str)) is None


LOOPS = """
from __future__ import annotations
import numpy as np
from agents.compiled import Int
from agents.kernel import calls, kernel

@kernel(values=("int64", 1))
def total(values: np.ndarray) -> Int:
    out = 0
    for value in values:
        out += value
    return out

@calls(total)
def twice(values):
    return 2 * total(values)

@calls(total)
def thrice(values):
    return 3 * total(values)
"""

CALLS = """
import sys, threading
import numpy as np
from agents import loops

start, found = threading.Barrier(len(sys.argv) - 1), {}

def call(name):
    if THREADS:
        start.wait()
    found[name] = getattr(loops, name)(np.arange(4))

for thread in [threading.Thread(target=call, args=[name]) for name in sys.argv[1:]]:
    thread.start()
    if not THREADS:
        thread.join()
while threading.active_count() > 1:
    pass
# What was compiled here has a dispatcher.
print(*(f"{name}={found[name]},{'compiled' in vars(getattr(loops, name))}" for name in sys.argv[1:]))
"""


@pytest.mark.slow
def test_loops_that_are_linked_and_loops_that_are_compiled_call_the_same_kernels(tmp_path):
    agents, cache = tmp_path / "agents", tmp_path / "cache"
    shutil.copytree(Path(numerics.__file__).parents[1], agents, ignore=shutil.ignore_patterns("__pycache__"))
    (agents / "loops.py").write_text(LOOPS)

    def called(*names, together=False):
        program = CALLS.replace("THREADS", str(together))
        return python(program, *names, NUMBA_CACHE_DIR=str(cache), home=tmp_path)

    def forget(name):
        (file,) = cache.glob(f"*/linked/agents.loops.{name}.*")
        file.unlink()

    both = ("twice", "thrice")
    assert called(*both, together=True) == ["twice=12,True", "thrice=18,True"]
    assert called(*both) == ["twice=12,False", "thrice=18,False"]
    assert called(*both, together=True) == ["twice=12,False", "thrice=18,False"]
    forget("thrice")
    assert called(*both) == ["twice=12,False", "thrice=18,True"]
    forget("twice")
    assert called(*both) == ["twice=12,True", "thrice=18,False"]
    forget("twice")
    assert called(*both, together=True) == ["twice=12,True", "thrice=18,False"]
