"""Topics are handled side by side: no score may miss what another one has just written."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from radloom.adapters.database import Database
from services.cachexia_scorer import tables
from tests.cachexia_scorer.events import KEY, stage, whole_story
from tests.cachexia_scorer.test_handler import same
from tests.peers.postgres import postgres

_schemas = count()


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.mark.parametrize("seed", range(3))
def test_events_handled_side_by_side_give_the_score_of_one_after_the_other(
    seed: int, url: str, tmp_path: Path
) -> None:
    expected = stage(tmp_path / "expected").all(whole_story())
    on = stage(tmp_path / "on", url, f"scorer_{next(_schemas)}")
    events = whole_story()
    random.Random(seed).shuffle(events)  # noqa: S311 - a test's dice
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(on.handle, events))
    with on.scorer.database.reading() as connection:
        scores = tables.scores(connection, KEY)
    assert [score.revision for score in scores] == list(range(1, len(scores) + 1))
    assert same(scores[-1], expected)
    database = on.scorer.database
    assert isinstance(database, Database)
    database.close()
