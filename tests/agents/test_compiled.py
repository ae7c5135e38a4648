"""How compiled code is asked for and uses the processor; that it gives the same bits is for the twins to say."""

import copy
import pickle
from types import BuiltinFunctionType

import numba
import numpy as np
import pytest
from llvmlite import binding

from agents import compiled, compiler
from agents.rules import numerics
from sim.engine import schedule

WIDE = {"avx2": True, "avx512f": True}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with AVX-512 whose user asked for nothing."""
    monkeypatch.setattr(numba.config, "CPU_NAME", None)
    monkeypatch.setattr(numba.config, "CPU_FEATURES", None)
    monkeypatch.setattr(numba.config, "ENABLE_AVX", 1)
    monkeypatch.setattr(binding, "get_host_cpu_name", lambda: "emeraldrapids")
    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: binding.FeatureMap(WIDE))
    return monkeypatch


def test_loops_may_use_512_bits(asked: pytest.MonkeyPatch) -> None:
    compiler._use_whole_vectors()
    assert numba.config.CPU_FEATURES == "+avx2,+avx512f,-prefer-256-bit"


@pytest.mark.parametrize("name", ["CPU_NAME", "CPU_FEATURES"])
def test_what_the_user_asks_for_stands(asked: pytest.MonkeyPatch, name: str) -> None:
    asked.setattr(numba.config, name, "as asked")
    before = numba.config.CPU_FEATURES
    compiler._use_whole_vectors()
    assert before == numba.config.CPU_FEATURES


def test_processors_without_them_or_slowed_by_them_are_left_alone(asked: pytest.MonkeyPatch) -> None:
    asked.setattr(binding, "get_host_cpu_name", lambda: "cascadelake")
    compiler._use_whole_vectors()
    assert numba.config.CPU_FEATURES is None
    asked.setattr(binding, "get_host_cpu_name", lambda: "znver3")
    asked.setattr(binding, "get_host_cpu_features", lambda: binding.FeatureMap({"avx2": True, "avx512f": False}))
    compiler._use_whole_vectors()
    assert numba.config.CPU_FEATURES is None


def test_nothing_is_compiled_where_a_program_says_so_after_numba_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert compiled.is_interpreted()
    assert compiled.rule(abs) is abs
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    assert not compiled.is_interpreted()


def test_what_is_compiled_is_pickled_by_its_name() -> None:
    for function in (numerics.exp, schedule.find_active, schedule.load_lanes):
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(function) is function


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_whole_numbers_of_64_bits_without_a_sign_are_of_a_kind_of_their_own() -> None:
    @compiled.rule
    def same(value):  # type: ignore[no-untyped-def]
        return value

    large = 2**63 + 4
    assert same(large) == large
    assert same(-4) == -4
    assert same(large) == same(value=large) == large
    assert set(same._entries) == {(np.uint64,), (int,)}
    with pytest.raises(OverflowError):
        same(-(2**63) - 1)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_a_rule_of_numbers_alone_is_called_without_python_and_two_of_them_do_not_share_their_code() -> None:
    @compiled.rule
    def half(value: float) -> float:
        return value * 0.5

    @compiled.typed_rule
    def scaled(value: float, times: compiled.Int) -> float:
        return value * times

    for _ in range(2):
        assert [half(1), half(np.float32(1.0)), half(True)] == [0.5] * 3  # type: ignore[arg-type]
        assert scaled(0.5, 6) == scaled(0.5, np.int64(6)) == 3.0
    assert set(half._entries) == {(float,)}  # type: ignore[attr-defined]
    assert set(scaled._entries) == {(float, int)}  # type: ignore[attr-defined]
    for direct in (half, scaled):
        assert isinstance(type(direct).__call__, BuiltinFunctionType)
    with pytest.raises(TypeError):
        half(None)  # type: ignore[arg-type]
