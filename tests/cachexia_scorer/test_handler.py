"""Events in whatever order give one score, which its stored evidence gives again."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radloom.errors import Rejected
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.cachexia_scorer_service_pb2 import ScoreRequest
from radloom.wire.v1.cachexia_scorer_service_pb2_grpc import (
    CachexiaScorerServiceStub,
    add_CachexiaScorerServiceServicer_to_server,
)
from services.cachexia_scorer import tables
from services.cachexia_scorer.app import Door, add_routes
from services.cachexia_scorer.handler import completed_years
from services.cachexia_scorer.outcome import outcome
from services.cachexia_scorer.score import score
from services.cachexia_scorer.trend import value_of
from tests.cachexia_scorer.events import (
    DAY,
    KEY,
    Stage,
    cancer,
    gone,
    lab,
    muscle,
    person,
    refused,
    report,
    stage,
    whole_story,
)

SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"
FHIR = {"Content-Type": "application/fhir+json"}
_folders = count()


@pytest.fixture
def on(tmp_path: Path) -> Stage:
    return stage(tmp_path)


def results(scored: CachexiaScored | None) -> dict[str, Any]:
    assert scored is not None
    return {criterion.name: value_of(criterion) for criterion in scored.criteria}


def same(one: CachexiaScored | None, other: CachexiaScored | None) -> bool:
    """Whether two scores are one result: all but how often the subject was scored."""
    assert one is not None
    assert other is not None
    copies = []
    for scored in (one, other):
        copy = CachexiaScored()
        copy.CopyFrom(scored)
        copy.revision = 0
        copies.append(copy)
    return copies[0] == copies[1]


def test_two_laboratory_values_are_a_score_with_what_is_missing(on: Stage) -> None:
    (first,) = on.handle(lab("height", "170", "cm"))
    assert set(results(first).values()) == {None}
    on.handle(lab("albumin", "31", "g/L"))
    (scored,) = on.handle(lab("crp", "12", "mg/L"))
    assert results(scored)["mgps"] == 2
    fearon = next(c for c in scored.criteria if c.name == "fearon_2011_cachexia")
    assert fearon.WhichOneof("result") is None
    assert fearon.missing
    assert {"Observation/albumin-0", "Observation/crp-0"} <= set(scored.evidence)
    assert scored.at.ToDatetime(UTC) == DAY


def test_a_score_in_shadow_mode_says_so_and_names_its_models(on: Stage) -> None:
    scored = on.all([cancer(), lab("albumin", "31", "g/L")])
    assert scored is not None
    assert [risk.head for risk in scored.risks] == ["early", "full"]
    for risk in scored.risks:
        assert risk.mode == "shadow"
        assert risk.interval.low <= risk.probability <= risk.interval.high
    assert scored.survival.mode == "shadow"
    assert [m.training_provenance for m in scored.models] == ["simulation", "simulation"]
    assert all(len(m.sha256) == 64 for m in scored.models)


def test_the_muscle_that_was_published_is_what_is_scored(on: Stage) -> None:
    scored = on.all([lab("weight", "74", "kg"), lab("height", "170", "cm"), muscle()])
    assert scored is not None
    low = next(c for c in scored.criteria if c.name == "martin_2013_low_muscle_index")
    index = next(item for item in low.inputs if item.name == "smi")
    assert index.number == 41.0
    assert list(index.evidence) == ["muscle/2.25.1#smi"]
    assert index.observed_at.ToJsonString() == "2026-03-30T00:00:00Z"


def test_muscle_of_a_day_that_nobody_knows_is_missing(on: Stage) -> None:
    on.all([lab("weight", "74", "kg"), lab("albumin", "31", "g/L"), muscle(acquired="")])
    low = next(c for c in on.said[-1].criteria if c.name == "martin_2013_low_muscle_index")
    assert low.WhichOneof("result") is None


def test_the_symptoms_of_a_report_decide(on: Stage) -> None:
    before = [cancer(), lab("weight", "74", "kg"), lab("height", "170", "cm")]
    assert results(on.all(before))["fearon_2011_cachexia"] is None
    assert results(on.all([report()]))["fearon_2011_cachexia"] is True


def test_the_same_event_again_says_nothing(on: Stage) -> None:
    events = whole_story()
    on.all(events)
    said = len(on.said)
    on.all(events)
    assert len(on.said) == said


RETRACTIONS: list[tuple[Message, Message]] = [
    (lab("crp", "25", "mg/L", name="x"), gone("x")),
    (
        lab("crp", "25", "mg/L", name="x"),
        lab("crp", "25", "mg/L", name="x", version=1, status="entered-in-error"),
    ),
    (muscle(90), refused()),
]


@pytest.mark.parametrize(
    ("added", "taken_back"), RETRACTIONS, ids=["deleted", "entered in error", "refused"]
)
def test_a_retraction_undoes(added: Message, taken_back: Message, tmp_path: Path) -> None:
    base: list[Message] = [
        cancer(),
        lab("albumin", "31", "g/L"),
        lab("weight", "74", "kg"),
        lab("height", "170", "cm"),
    ]
    without = stage(tmp_path / "without").all(base)
    on = stage(tmp_path / "with")
    on.all(base)
    assert not same(on.all([added]), without)
    assert same(on.all([taken_back]), without)
    assert on.said[-1].result_id == on.said[-3].result_id


def test_a_score_of_which_all_evidence_is_taken_back_ends(on: Stage) -> None:
    on.all([lab("albumin", "31", "g/L", name="a"), lab("crp", "12", "mg/L", name="c")])
    on.all([gone("a"), gone("c")])
    last = on.said[-1]
    assert set(results(last).values()) == {None}
    assert not last.evidence or all(name.startswith("Patient#") for name in last.evidence)


def test_evidence_dated_ahead_of_its_record_does_not_make_the_rest_stale(on: Stage) -> None:
    on.all([lab("albumin", "31", "g/L"), lab("crp", "12", "mg/L")])
    slip = lab("albumin", "20", "g/L", name="slip", version=1)
    slip.effective.FromDatetime(datetime(2206, 4, 1, tzinfo=UTC))
    on.handle(slip)
    assert results(on.said[-1])["mgps"] == 2
    assert on.said[-1].at.ToDatetime(UTC) == DAY


def test_a_birth_date_that_the_record_corrects_is_asked_for_again(on: Stage) -> None:
    on.all([cancer(), lab("albumin", "31", "g/L")])
    on.ingest.birth_date = "20150101"
    (scored,) = on.handle(person())
    assert all("instrument is for adults" in c.missing for c in scored.criteria)


@pytest.mark.parametrize(
    ("born", "years"),
    [("19550401", 71), ("19550402", 70), ("20270101", None), ("", None), ("1955", None),
     ("19551340", None)],
)  # fmt: skip
def test_age_is_in_completed_years_on_the_day_of_the_score(born: str, years: int | None) -> None:
    assert completed_years(born, DAY) == years


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.permutations(whole_story()), st.lists(st.integers(0, 13), max_size=4))
def test_any_order_with_any_repetition_gives_the_same_score(
    tmp_path: Path, events: Sequence[Message], again: Sequence[int]
) -> None:
    expected = stage(tmp_path / f"e{next(_folders)}").all(whole_story())
    on = stage(tmp_path / f"s{next(_folders)}")
    assert same(on.all([*events, *(events[k] for k in again)]), expected)


def test_every_score_is_computed_again_from_its_stored_evidence(on: Stage) -> None:
    on.all(whole_story())
    assert len(on.said) > 5
    for said in on.said:
        with on.scorer.database.reading() as connection:
            listed = tables.listed(connection, KEY, said.revision)
        again = outcome(
            score(listed, said.at.ToDatetime(UTC), on.scorer.ask), KEY, on.scorer.engine
        )
        again.revision = said.revision
        again.scored_at.CopyFrom(said.scored_at)
        assert again == said


def test_the_birth_date_is_kept_nowhere(on: Stage) -> None:
    on.all(whole_story())
    with on.scorer.database.reading() as connection:
        for table in ("subjects", "sources", "scores"):
            rows = repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())  # noqa: S608 - our names
            assert "1955" not in rows


@pytest.fixture
def doors(on: Stage) -> Iterator[tuple[str, CachexiaScorerServiceStub]]:
    app = http_app("cachexia_scorer", {})
    add_routes(app, on.scorer)
    http = HttpServer(app, host="127.0.0.1", port=0)
    server = GrpcServer(
        [lambda s: add_CachexiaScorerServiceServicer_to_server(Door(on.scorer), s)],
        host="127.0.0.1",
        port=0,
    )
    http.start()
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield f"http://127.0.0.1:{http.port}", CachexiaScorerServiceStub(channel)
    server.stop()
    http.stop()


def test_a_bundle_is_scored_alike_by_http_and_grpc(
    doors: tuple[str, CachexiaScorerServiceStub],
) -> None:
    url, stub = doors
    answer = httpx.post(f"{url}/score", content=SAMPLE.read_bytes(), headers=FHIR, timeout=30)
    assert answer.status_code == 200
    told = answer.json()
    scored = stub.Score(ScoreRequest(bundle=SAMPLE.read_bytes()), timeout=30).result
    assert {c["name"]: c["result"] for c in told["criteria"]} == results(scored)
    assert told["risk"]["probability"] == scored.risks[0].probability
    assert told["risk"]["mode"] == "shadow"
    at = "2027-04-03T09:00:00Z"
    later = httpx.post(
        f"{url}/score",
        params={"at": at},
        content=SAMPLE.read_bytes(),
        headers=FHIR,
        timeout=30,
    )
    assert later.json()["at"] == "2027-04-03T09:00:00+00:00"
    assert {c["name"]: c["result"] for c in later.json()["criteria"]}["mgps"] is None


def test_a_subject_is_scored_by_its_key_and_its_scores_have_a_history(
    on: Stage, doors: tuple[str, CachexiaScorerServiceStub]
) -> None:
    url, stub = doors
    on.all(whole_story())
    scored = stub.Score(ScoreRequest(subject_key=KEY), timeout=30).result
    assert results(scored) == results(on.said[-1])
    assert scored.result_id == on.said[-1].result_id
    history = httpx.get(f"{url}/subjects/{KEY}/scores").json()
    assert [entry["revision"] for entry in history] == list(range(1, len(on.said) + 1))
    assert history[-1]["criteria"] == results(on.said[-1])
    for former, entry in pairwise(history):
        changed = {change["name"] for change in entry["changes"]}
        differing = {
            name for name, value in entry["criteria"].items() if value != former["criteria"][name]
        }
        assert changed == differing


def test_what_cannot_be_scored_is_refused_by_name(
    doors: tuple[str, CachexiaScorerServiceStub],
) -> None:
    url, stub = doors
    for request in (ScoreRequest(bundle=b"[]"), ScoreRequest(), ScoreRequest(bundle=b"\xff")):
        with pytest.raises(grpc.RpcError) as refused_call:
            stub.Score(request, timeout=30)
        assert refused_call.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as unknown:
        stub.Score(ScoreRequest(subject_key="00" * 32), timeout=30)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert httpx.get(f"{url}/subjects/{'00' * 32}/scores").status_code == 404
    answer = httpx.post(f"{url}/score", json={"resourceType": "Patient", "name": "Canary"})
    assert answer.status_code == 400
    assert "Canary" not in answer.text


def test_the_doors_describe_their_answers(doors: tuple[str, CachexiaScorerServiceStub]) -> None:
    url, _ = doors
    schemas = httpx.get(f"{url}/openapi.json").json()["components"]["schemas"]
    assert {"ScoredAnswer", "CriterionAnswer", "RiskAnswer", "ScoreAt", "Change"} <= set(schemas)


def test_a_contradictory_measurement_is_rejected(on: Stage) -> None:
    wrong = muscle()
    wrong.measurement.smi_cm2_per_m2 = 10
    with pytest.raises(Rejected):
        on.handle(wrong)
