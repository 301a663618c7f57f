"""Whatever a record sends, a body is kept whole or refused by name, and nothing else happens."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radloom.errors import Rejected
from services.ingest.fhir_intake import read_body
from tests.ingest.example import Stage, stage

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"

STRANGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "Patient/example", "\ud800", "1e400", "2026-02-30", "0001-01-01T00:00:00+14:00",
         "9999-12-31T23:59:59-12:00", "DELETE", "Observation", "urn:uuid:x", "\x00"]
    )
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["value", "code", "coding", "system", "id"]), inner,
                      max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


BUNDLE = json.loads(SAMPLE.read_text())
PLACES = list(places(BUNDLE))


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("ingest")) as made:
        yield made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), STRANGE), min_size=1, max_size=3))
def test_a_mutated_bundle_is_kept_or_refused_by_name(
    on: Stage, changes: list[tuple[tuple[str | int, ...], object]]
) -> None:
    bundle: Any = copy.deepcopy(BUNDLE)
    for path, strange in changes:
        parent = bundle
        try:
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = strange
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    said = refusal(on, bundle)
    assert said is None or (said.reason and "EXAMPLE-1" not in str(said))


def refusal(on: Stage, bundle: object) -> Rejected | None:
    """Why a bundle was refused; None when it was kept."""
    try:
        on.ingest.keep_clinical(read_body(json.dumps(bundle).encode(), "Bundle"))
    except Rejected as refused:
        return refused
    return None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["Observation", "Bundle", "Patient"]))
def test_bytes_that_are_nothing_are_refused_by_name(body: bytes, kind: str) -> None:
    with pytest.raises(Rejected):
        read_body(body, kind)
