"""No stray generator anywhere: all luck of customers and markets comes out of `sim.luck`, keyed.

What searches or samples a space of parameters (a design, a fit's walkers, folds of a cross validation) may draw from
NumPy's generator, but only from one that is seeded where it is made.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("agents", "sim", "configs") for path in (ROOT / folder).rglob("*.py"))

#: Modules that hold a generator, or a source of entropy.
GENERATORS = ("random", "secrets", "uuid", "numpy.random")
#: Names that make or seed one wherever they come from.
MAKERS = (
    "default_rng",
    "RandomState",
    "SeedSequence",
    "PCG64",
    "urandom",
    "getrandom",
    "randbytes",
    "token_bytes",
    "shuffle",
)
#: Clocks may measure and name; they may not decide. These modules may look at one.
CLOCKS = ("time", "time_ns", "perf_counter", "monotonic", "now", "utcnow", "today")
MAY_LOOK_AT_A_CLOCK = (
    "app/",
    "calibration/",
    "execution/",
    "experiments/",
    "reports/",
    "results/",
    "validation/validate.py",
    "verbs/",
    "engine/replicate.py",
    "reference/model.py",
    "progress.py",
)
#: How long ago a source was changed says whether its stamp is to be believed.
TELLS_THE_AGE_OF_FILES = "agents/compiled_sources.py"
#: Where parameters are searched: no customer lives there.
SEARCHES = (
    *("sim/analysis/", "sim/calibration/", "sim/customer_base/", "sim/discovery/", "sim/experiments/"),
    *("sim/gym/policies.py", "sim/validation/"),
)
#: The code that opens the page to a room must not be guessed: nothing that is simulated knows it.
KEEPS_A_SECRET = "sim/verbs/app.py"
TIMELESS = [
    path
    for path in SOURCES
    if not path.relative_to(ROOT)
    .as_posix()
    .startswith((TELLS_THE_AGE_OF_FILES, *(f"sim/{part}" for part in MAY_LOOK_AT_A_CLOCK)))
]


def _dotted(node: ast.expr) -> str:
    """Name of an attribute chain: `np.random.default_rng`."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def _seeded(tree: ast.AST) -> set[ast.AST]:
    """Uses of NumPy's generator that name their seed, and of its type."""
    allowed: set[ast.AST] = set()
    for node in ast.walk(tree):
        seeded = isinstance(node, ast.Call) and len(node.args) == 1 and not isinstance(node.args[0], ast.Constant)
        keyed = isinstance(node, ast.Call) and [word.arg for word in node.keywords] == ["key"] and not node.args
        name = node.func if isinstance(node, ast.Call) else node
        said = _dotted(name) if isinstance(name, ast.Attribute) else ""
        if isinstance(name, ast.Attribute) and (
            (seeded and said == "np.random.default_rng")
            or (keyed and said == "np.random.Philox")
            or said == "np.random.Generator"
        ):
            allowed |= {name, name.value}
    return allowed


def strays(source: str, *, searches: bool = False) -> list[str]:
    """What in a source file could draw, or be seeded, outside `sim.luck`: `line: what`."""
    found = []
    tree = ast.parse(source)
    allowed = _seeded(tree) if searches else set()
    for node in ast.walk(tree):
        if node in allowed:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if any(name == stray or name.startswith(f"{stray}.") for stray in GENERATORS):
                found.append(f"{node.lineno}: imports {name}")
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.lineno}: imports {alias.name}" for alias in node.names if alias.name in MAKERS]
        if isinstance(node, ast.Attribute):
            name = _dotted(node)
            owner, _, last = name.rpartition(".")
            if last in MAKERS or (last == "random" and owner in ("np", "numpy", "self", "model", "self.model")):
                found.append(f"{node.lineno}: uses {name}")
        if isinstance(node, ast.Call) and _dotted(node.func) == "hash":
            found.append(f"{node.lineno}: calls hash, which differs from process to process")
    return found


def clocks(source: str) -> list[str]:
    """Where a source file looks at a clock."""
    return [
        f"{node.lineno}: {_dotted(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _dotted(node.func).rpartition(".")[2] in CLOCKS
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_generator(path):
    searches = path.relative_to(ROOT).as_posix().startswith(SEARCHES)
    found = strays(path.read_text("utf-8"), searches=searches)
    if path.relative_to(ROOT).as_posix() == KEEPS_A_SECRET:
        found = [stray for stray in found if not stray.endswith("imports secrets")]
    assert found == []


@pytest.mark.parametrize("path", TIMELESS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_clock_where_customers_are(path):
    assert clocks(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import numpy as np\nx = np.random.rand()",
        "from numpy.random import default_rng",
        "from numpy import random",
        "import numpy.random as luck",
        "rng = default_rng\nfrom numpy.random import Generator",
        "import os\nos.urandom(4)",
        "import secrets",
        "class A:\n    def step(self):\n        return self.random.random()",
        "class A:\n    def step(self):\n        return self.model.random.choice([1])",
        "agents.shuffle()",
        "key = hash('veronica')",
    ],
)
def test_the_scan_finds_what_it_is_for(source):
    assert strays(source)


def test_a_search_may_draw_from_what_it_seeds():
    seeded = "import numpy as np\ndef f(rng: np.random.Generator, seed: int):\n    return np.random.default_rng(seed)"
    assert strays(seeded, searches=True) == [] and strays(seeded)
    for stray in ("np.random.default_rng()", "np.random.default_rng(None)", "np.random.rand(3)", "np.random.seed(1)"):
        assert strays(f"import numpy as np\nx = {stray}", searches=True)


def test_the_scan_covers_the_house():
    places = {path.relative_to(ROOT).as_posix() for path in SOURCES}
    assert {"sim/luck.py", "sim/engine/customer/consideration.py", "agents/rules/utility.py"} <= places
