"""Machine code of earlier processes: it gives the same numbers without Numba, and where it cannot be used Numba is asked."""

import json
import os
import subprocess
import sys

import llvmlite.binding as llvm
import numba
import pytest

from agents import kept_code
from agents.compiled_sources import cache_folder, is_source
from agents.kept_code import ObjectCode
from agents.rules import numerics

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT) or kept_code._made_for() is None or cache_folder() is None,
    reason="nothing is kept here",
)

ASK = """
import json, sys
from agents.rules.numerics import exp, uniform
print(json.dumps([exp(0.25), uniform(7), "numba" in sys.modules]))
"""


def ask(cache, **settings):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), **settings}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


def test_code_that_calls_what_is_not_there_is_not_linked():
    linker = kept_code._linker()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    module = llvm.parse_assembly(
        "declare void @no_such_function()\ndefine void @f() {\n call void @no_such_function()\n ret void\n}"
    )
    code = machine.emit_object(module)
    assert kept_code._wanted_names(code) == ["no_such_function"]
    assert linker.link("f", [ObjectCode("a.slot", "f", "", code)]) is None
    assert "a.slot" not in linker.slots


def test_only_code_of_the_simulator_is_kept_and_only_for_types_that_are_known(tmp_path):
    assert is_source(numerics.__file__)
    assert not is_source(__file__)
    assert kept_code._said((int, float)) == "(int,float)"
    assert kept_code._said((int, str)) is None
