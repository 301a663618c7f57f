"""What people decide about held copies, and what leaves because of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from radloom.errors import Rejected
from radloom.wire.v1.redaction_quarantined_pb2 import QuarantinedInstance
from radloom.wire.v1.redactor_service_pb2 import DecideQuarantinedRequest
from services.redactor.evidence import Signer, opened
from tests.ingest.example import SERIES
from tests.redactor.flow import KEYS, Stage, received, report, stage, study, suspicious_of

Start = Callable[..., Stage]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as running:
        yield lambda files, **options: running.enter_context(stage(tmp_path, files, **options))


def held_of(on: Stage) -> tuple[str, dict[str, QuarantinedInstance]]:
    """Redaction and its held instances by the last number of their UID."""
    _, quarantined = on.both()
    instances = on.held(quarantined).instances
    return quarantined.redaction_id, {i.sop_instance_uid: i for i in instances}


def decision(
    redaction_id: str,
    uid: str,
    sha256: str = "",
    **other: Any,  # noqa: ANN401 - fields of the message
) -> DecideQuarantinedRequest:
    values: dict[str, Any] = {
        "accepted": True,
        "reason": "the word is a body part",
        "decided_by": "Dr. Reviewer",
    }
    return DecideQuarantinedRequest(
        redaction_id=redaction_id,
        sop_instance_uid=uid,
        candidate_sha256=sha256,
        **values | other,
    )


def test_an_accepted_copy_leaves_byte_for_byte_in_a_new_release(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    answer = on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    assert (answer.status, answer.release) == ("accepted", 2)
    (event,) = on.enqueued()
    assert (event.release, event.released_count, event.quarantined_count) == (2, 2, 0)
    assert event.manifest == answer.manifest
    assert on.objects.get(instance.candidate) in on.released(event).values()


def test_evidence_of_an_accepted_copy_tells_what_was_overruled(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    (event,) = on.enqueued()
    key = Signer.derived(KEYS["lung"]).public_key
    lines = on.objects.get(event.evidence).decode().splitlines()
    verdicts = [opened(line, key)["verdict"] for line in lines]
    assert sorted(v["release"] for v in verdicts) == ["review", "verified"]
    assert {o for v in verdicts for o in v["overruled"]} == set(instance.reasons)
    assert "Reviewer" not in "".join(lines)


def test_other_bytes_than_the_reviewer_saw_never_leave(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    with pytest.raises(Rejected) as other:
        on.redactor.decide(decision(redaction_id, uid, "0" * 64))
    assert other.value.reason == "candidate"
    file = on.folder / "objects" / instance.candidate.key
    file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(Rejected) as changed:
        on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    assert changed.value.reason == "digest"
    assert on.enqueued() == []


def test_the_same_decision_again_releases_nothing_again(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    request = decision(redaction_id, uid, instance.candidate.sha256)
    assert on.redactor.decide(request).release == on.redactor.decide(request).release == 2
    assert len(on.enqueued()) == 1


def test_the_first_decision_stands(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    rejected = decision(redaction_id, uid, accepted=False)
    assert on.redactor.decide(rejected).status == "rejected"
    assert on.redactor.decide(rejected).status == "rejected"
    with pytest.raises(Rejected) as late:
        on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    assert late.value.reason == "decided"
    assert on.enqueued() == []


def test_an_instance_without_copy_can_only_be_rejected(start: Start) -> None:
    on = start(study(1, _9=b"no DICOM at all"))
    redaction_id, held = held_of(on)
    (uid,) = held
    with pytest.raises(Rejected) as nothing:
        on.redactor.decide(decision(redaction_id, uid, "0" * 64))
    assert nothing.value.reason == "no_candidate"
    assert on.redactor.decide(decision(redaction_id, uid, accepted=False)).status == "rejected"


def test_who_was_held_for_a_reference_leaves_with_what_it_refers_to(start: Start) -> None:
    files = study(1, 2, _1=report(f"{SERIES}.2"))
    on = start(files, validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    assert len(held) == 2
    instance = held[f"{SERIES}.2"]
    on.redactor.decide(decision(redaction_id, f"{SERIES}.2", instance.candidate.sha256))
    (event,) = on.enqueued()
    assert (event.released_count, event.quarantined_count) == (3, 0)


def test_accepting_who_refers_to_a_held_instance_waits_for_that(start: Start) -> None:
    files = study(1, 2, _1=report(f"{SERIES}.2", number=4))
    on = start(files, validate=suspicious_of(2, 4))
    redaction_id, held = held_of(on)
    referrer, referred = f"{SERIES}.7.1", f"{SERIES}.2"
    first = decision(redaction_id, referrer, held[referrer].candidate.sha256)
    assert on.redactor.decide(first).release == 1
    assert on.enqueued() == []
    on.redactor.decide(decision(redaction_id, referred, held[referred].candidate.sha256))
    (event,) = on.enqueued()
    assert (event.release, event.released_count) == (2, 3)


def test_a_copy_of_an_older_revision_is_not_decided_about(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    on.source.files = study(1, 2, 3)
    on.handle(received(on.source.files, revision=2))
    with pytest.raises(Rejected) as late:
        on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    assert late.value.reason == "superseded"


def test_a_decision_does_not_hold_for_another_revision(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    on.source.files = study(1, 2, 3)
    _, quarantined = on.both(revision=2)
    assert [i.sop_instance_uid for i in on.held(quarantined).instances] == [uid]


def test_a_redaction_that_is_repeated_keeps_what_was_decided(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256))
    assert on.redacted().released_count == 2


@pytest.mark.parametrize(
    "change",
    [{"reason": " "}, {"decided_by": ""}, {"reason": "x" * 501}, {"decided_by": "x" * 201}],
)
def test_a_decision_without_reason_or_name_is_none(change: dict[str, str], start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, held = held_of(on)
    ((uid, instance),) = held.items()
    with pytest.raises(Rejected) as refused:
        on.redactor.decide(decision(redaction_id, uid, instance.candidate.sha256, **change))
    assert refused.value.reason == "decision"


def test_what_is_not_in_quarantine_cannot_be_decided_about(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redaction_id, _ = held_of(on)
    for request in (
        decision("unknown", f"{SERIES}.2", "0" * 64),
        decision(redaction_id, f"{SERIES}.1", "0" * 64),
    ):
        with pytest.raises(Rejected) as unknown:
            on.redactor.decide(request)
        assert unknown.value.reason == "not_found"


def test_the_desk_sees_what_waits_and_what_was_decided(start: Start) -> None:
    on = start(study(1, 2, 3), validate=suspicious_of(2, 3))
    redaction_id, held = held_of(on)
    (row,) = on.redactor.waiting("lung")
    assert (row["redaction_id"], row["held"], row["released"]) == (redaction_id, 2, 1)
    assert on.redactor.waiting("heart") == []
    for uid in held:
        on.redactor.decide(decision(redaction_id, uid, accepted=False))
    assert on.redactor.waiting() == []
    shown = on.redactor.held(redaction_id)
    assert {i["sop_instance_uid"] for i in shown["instances"]} == set(held)
    assert {i["decision"]["decided_by"] for i in shown["instances"]} == {"Dr. Reviewer"}
    with pytest.raises(Rejected):
        on.redactor.held("unknown")
