"""How compiled code uses the processor; that it gives the same bits is for the twins to say."""

import numba
import pytest
from llvmlite import binding

from agents import compiler

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
