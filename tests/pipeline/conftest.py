"""The whole stack as its users run it: child processes, local bus, real files."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from radloom.cli.stack import Export, Plan, Stack, free_port

Starter = Callable[..., Stack]


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[Starter]:
    """Starts a stack whose results go to a folder, or to the URLs given; stops it after."""
    with ExitStack() as running:

        def start(
            archive_url: str = "",
            record_url: str = "",
            quiet_s: float = 1.0,
            exports: tuple[Export, ...] = (),
        ) -> Stack:
            results = (tmp_path / "results").as_uri()
            plan = Plan(
                data_dir=tmp_path / "data",
                archive_url=archive_url or results,
                record_url=record_url or results,
                http_port=free_port(),
                dimse_port=free_port(),
                quiet_s=quiet_s,
                exports=exports,
            )
            return running.enter_context(Stack(plan))

        yield start
