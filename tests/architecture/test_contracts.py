"""Each import contract is broken on purpose in a copy, and must notice."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = [
    ("radloom is layered", "shared/radloom/errors.py", "import radloom.topics"),
    (
        "a service reads app -> handler -> everything else",
        "services/muscle_seg/handler/__init__.py",
        "import services.muscle_seg.app",
    ),
    (
        "services meet only through topics",
        "services/publisher/settings.py",
        "import services.muscle_seg.settings",
    ),
    (
        "only app.py wires adapters and runtime",
        "services/muscle_seg/handler/__init__.py",
        "import radloom.adapters.clock",
    ),
    (
        "only handlers and adapters speak to ports",
        "services/ingest/settings.py",
        "import radloom.ports",
    ),
    ("I/O libraries live in adapters", "services/publisher/settings.py", "import httpx"),
    (
        "no import cycles",
        "services/publisher/settings.py",
        "import services.publisher.app",
    ),
]


def lint_imports(root: Path) -> str:
    program = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{root / 'shared'}:{root}", "PATH": "/usr/bin:/bin"},
    )
    return run.stdout + run.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("shared", "services"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("contract", "path", "line"), VIOLATIONS, ids=[name for name, _, _ in VIOLATIONS]
)
def test_a_seeded_violation_breaks_its_contract(
    contract: str, path: str, line: str, copy: Path
) -> None:
    source = copy / path
    source.write_text(f"{source.read_text()}\n{line}\n")
    assert f"{contract} BROKEN" in lint_imports(copy)


def test_a_module_that_no_layer_lists_is_noticed(copy: Path) -> None:
    (copy / "shared/radloom/utils.py").write_text('"""A name that says nothing."""\n')
    assert "radloom is layered BROKEN" in lint_imports(copy)
