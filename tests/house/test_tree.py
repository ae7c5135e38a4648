"""The tree explains the model: no import circles, short functions and files, documented functions, the field's words."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agents", "configs", "sim")
LONGEST_FILE = 600
LONGEST_FUNCTION = 60

#: Words of the project's first years that no stranger understands: see the vocabulary in CONTRIBUTING.md.
RETIRED = re.compile(
    r"\b(gauged?|dials?|surroundings|crowd|customers_week|weigh|call_in|read_ahead|own_zeros|passage|desk|(?<!thin.)plates?|"
    r"spine|ribbons|shelf|wording|tally|breathe|had it been exactly right|told from 0|made a moment|whose week)\b",
    re.IGNORECASE,
)


@cache
def sources() -> dict[str, Path]:
    """Return every module of the three packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(sources()[name].read_text("utf-8"))


def imported(name: str) -> set[str]:
    """Return the modules that one imports anywhere: inside a function and for type checking count as well."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name}: write whole names of modules"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in sources() else node.module)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.count(".") > 0:
            # Imported by its name, as `sim` does for what it offers.
            found.add(node.value)
    return (found & set(sources())) - {name}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            members = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(members) > 1:
                found.append(sorted(members))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_the_search_finds_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_import_circles():
    """Lazy imports and imports for type checking included; what a package offers by name in `sim/__init__` too."""
    assert circles({name: imported(name) for name in sources()}) == []


def test_no_layer_contract_has_an_exception():
    assert "ignore_imports" not in (ROOT / "pyproject.toml").read_text("utf-8")


def functions(name: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree(name)) if isinstance(node, ast.FunctionDef)]


def lines_of_code(function: ast.FunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    body = function.body
    documented = ast.get_docstring(function) is not None
    said = (body[0].end_lineno - body[0].lineno + 1) if documented else 0
    return function.end_lineno - function.lineno + 1 - said


@pytest.mark.parametrize("name", sorted(sources()))
def test_files_and_functions_are_short(name):
    lines = len(sources()[name].read_text("utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{name} has {lines} lines; divide it by noun"
    long = {f.name: lines_of_code(f) for f in functions(name) if lines_of_code(f) > LONGEST_FUNCTION}
    assert long == {}, f"{name}: functions of more than {LONGEST_FUNCTION} lines"


def exported(name: str) -> list[ast.FunctionDef]:
    """Return the public functions at the top of a module, and public methods of its public classes."""
    found = [node for node in tree(name).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    for kind in tree(name).body:
        if isinstance(kind, ast.ClassDef) and not kind.name.startswith("_"):
            found += [node for node in kind.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return found


def parameters(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


@pytest.mark.parametrize("name", sorted(sources()))
def test_functions_of_three_parameters_say_what_they_take(name):
    missing = []
    for function in exported(name):
        said = ast.get_docstring(function) or ""
        if len(parameters(function)) < 3 or any("overload" in ast.dump(d) for d in function.decorator_list):
            continue
        block = re.search(r"Parameters\n-+\n(.*?)(\n\n\w[^\n]*\n-{3,}|\Z)", said, re.DOTALL)
        lacking = [p for p in parameters(function) if block is None or not re.search(rf"\b{p}\b", block.group(1))]
        returns = function.returns is not None and ast.unparse(function.returns) not in ("None", "NoReturn")
        if lacking or (returns and not re.search(r"(Returns|Yields)\n-+\n", said)):
            missing.append(f"{function.name}: {', '.join(lacking) or 'Returns'}")
    assert missing == [], name


@pytest.mark.parametrize("name", sorted(n for n in sources() if n.startswith("agents.rules.")))
def test_every_rule_has_an_example(name):
    rules = [f for f in tree(name).body if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")]
    assert [f.name for f in rules if ">>>" not in (ast.get_docstring(f) or "")] == []


@pytest.mark.parametrize("name", sorted(sources()))
def test_the_words_are_the_fields(name):
    text = sources()[name].read_text("utf-8")
    strays = [f"{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if RETIRED.search(line)]
    assert strays == [], name


def test_a_class_name_means_one_thing():
    places: dict[str, list[str]] = {}
    for name in sorted(sources()):
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
