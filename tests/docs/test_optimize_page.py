"""The page on optimize and on competitors who answer: every command that it shows runs."""

from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "optimize.md"


@pytest.mark.slow
def test_its_commands_run(commands, run_small, folder):
    pytest.importorskip("sklearn")
    listed = commands(PAGE)
    assert {words[0] for words in listed} == {"compare", "optimize"} and len(listed) >= 5
    for words in listed:
        run_small(words)
