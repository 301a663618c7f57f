import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from radloom.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GROUP = get_command(app)
assert isinstance(GROUP, TyperGroup)


def commands_of(
    group: TyperGroup, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands_of(command, (*path, name))
        elif isinstance(command, TyperCommand):
            yield " ".join((*path, name)), command


COMMANDS = dict(commands_of(GROUP))


def sections() -> dict[str, str]:
    parts = re.split(r"^### `radloom ([a-z]+(?:[- ][a-z]+)*)[^`]*`$", README, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (text.split("\n## ")[0] for text in parts[2::2]), strict=True))


def test_the_readme_documents_every_command_and_no_other() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_readme_documents_every_option_and_no_other(name: str) -> None:
    options = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, TyperOption)
        for option in parameter.opts
    } - {"--help"}
    assert set(re.findall(r"`(--[\w-]+)`", sections()[name])) == options


def test_the_two_commands_of_the_readme_are_targets_that_set_everything_up() -> None:
    commands = re.findall(r"^make (\w+)\s+#", README, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert commands == ["demo", "test"]
    assert all(re.search(rf"^{name}: \S", makefile, re.MULTILINE) for name in commands)


def test_files_that_the_readme_names_exist() -> None:
    named = re.findall(r"`((?:docs|samples|triton_models|services|shared)/[\w/.-]*)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
