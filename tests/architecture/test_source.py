"""What linters cannot know about the source."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("shared/radloom", "services", "training", "samples")
    for path in (ROOT / folder).rglob("*.py")
    if "wire" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield node


def ninetieth_percentile(values: list[int]) -> float:
    return quantiles(values, n=10)[-1]


def test_files_and_functions_stay_short() -> None:
    files = [path.read_text().count("\n") for path in SOURCES]
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1 for path in SOURCES for node in functions(path)
    ]
    assert ninetieth_percentile(files) <= 300
    assert ninetieth_percentile(lengths) <= 25


def test_public_functions_of_the_package_are_documented() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        if "radloom" in path.parts
        for node in functions(path)
        if not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not is_nested(path, node)
    ]
    assert bare == []


def is_nested(path: Path, node: Function) -> bool:
    return any(
        inner.lineno == node.lineno
        for outer in functions(path)
        if outer.lineno != node.lineno
        for inner in ast.walk(outer)
        if isinstance(inner, Function)
    )


def test_names_say_what_a_module_is() -> None:
    vague = re.compile(r"^(utils?|helpers?|common|misc|managers?|base|core)$")
    assert [path for path in SOURCES + TESTS if vague.match(path.stem)] == []


def test_tests_replace_no_code_of_ours() -> None:
    banned = re.compile(r"mock\.patch|monkeypatch\.setattr|unittest\.mock|MagicMock")
    here = Path(__file__)
    assert [p for p in TESTS if p != here and banned.search(p.read_text())] == []


def test_only_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"os\.(environ|getenv)", path.read_text())
    ]
    # The stack hands settings to its children through their environment.
    assert set(readers) <= {"shared/radloom/cli/stack.py"}


def tracked_text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    suffixes = {".py", ".md", ".toml", ".proto", ".yaml", ".sh", ".js", ".json", ".pbtxt", ""}
    return [ROOT / name for name in listed if Path(name).suffix in suffixes]


@pytest.mark.parametrize("pattern", [r"(?<![\w.:])/(work|root|home|farm)/\w"], ids=["own machine"])
def test_no_file_names_the_machine_it_was_written_on(pattern: str) -> None:
    here = Path(__file__)
    assert [
        path.relative_to(ROOT).as_posix()
        for path in tracked_text_files()
        if path != here and path.is_file() and re.search(pattern, path.read_text())
    ] == []


PORTS_WITHOUT_CONTRACT = {
    "Clock",  # one method; nothing an adapter could get wrong that a suite would see
    "Custodian",  # one adapter; tested against the service itself in tests/ingest
    "Enqueue",  # part of the transactions contract
    "Incoming",  # part of the instance store's contract
    "Subscription",  # part of the bus contract
}


def test_every_port_has_a_contract_suite() -> None:
    tree = ast.parse((ROOT / "shared/radloom/ports.py").read_text())
    ports = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases)
    }
    suites = {path.stem for path in (ROOT / "tests/contracts").glob("test_*.py")}
    missing = {
        port
        for port in ports - PORTS_WITHOUT_CONTRACT
        if "test_" + re.sub(r"(?<!^)(?=[A-Z])", "_", port).lower() not in suites
    }
    assert missing == set()
