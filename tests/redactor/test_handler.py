"""The handler on a real engine: what is released, what is held, and what is never said."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from radloom.dicom.part10 import encode
from radloom.errors import Rejected, Unavailable
from services.redactor.evidence import Signer, leaf_hash, merkle_root, opened
from tests.ingest.example import SERIES, STUDY, ct
from tests.redactor.flow import (
    KEYS,
    PLANTED,
    Stage,
    export,
    received,
    report,
    stage,
    study,
    suspicious_of,
)

Start = Callable[..., Stage]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as running:

        def started(
            files: dict[tuple[str, str], bytes], name: str = "a", **options: object
        ) -> Stage:
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            return running.enter_context(stage(folder, files, **options))  # type: ignore[arg-type]

        yield started


def test_without_an_export_rule_nothing_is_made(start: Start) -> None:
    on = start(study(1, 2), exports=[])
    assert on.handle(received(on.source.files)).events == ()
    assert list((on.folder / "objects").rglob("*.*")) == []


def test_series_of_another_modality_stay(start: Start) -> None:
    on = start(study(1), exports=[export(modalities=["MR"])])
    assert on.handle(received(on.source.files)).events == ()


def test_copies_of_a_study_are_released_with_their_digests(start: Start) -> None:
    on = start(study(1, 2, 3))
    event = on.redacted()
    assert (event.project, event.profile, event.release) == ("lung", "basic", 1)
    assert (event.released_count, event.quarantined_count) == (3, 0)
    files = on.released(event)
    assert len(files) == 3
    for uid, content in files.items():
        ds = dcmread(BytesIO(content))
        assert (ds.SOPInstanceUID, ds.StudyInstanceUID) == (uid, event.study_instance_uid)
        assert ds.PatientID == event.subject_code
        assert ds.PatientIdentityRemoved == "YES"
        assert ds.BurnedInAnnotation == "NO"


def test_nothing_that_leaves_says_who_it_is_about(start: Start) -> None:
    on = start(study(1, 2))
    event = on.redacted()
    leaving = [event.SerializeToString(), on.objects.get(event.manifest)]
    leaving += [on.objects.get(event.evidence), *on.released(event).values()]
    for content in leaving:
        for words in PLANTED:
            assert words.encode() not in content


def test_the_same_study_gives_the_same_bytes_wherever_it_is_redacted(start: Start) -> None:
    first, second = start(study(1, 2)), start(study(1, 2), "b")
    assert first.redacted() == second.redacted()
    assert first.redacted() == second.redacted()


def test_two_projects_share_no_identifier(start: Start) -> None:
    on = start(study(1, 2), exports=[export("lung"), export("heart")])
    lung, heart = on.handle(received(on.source.files)).events
    files = [on.released(event) for event in (lung, heart)]  # type: ignore[arg-type]
    assert not set(files[0]) & set(files[1])
    words = [
        {str(e.value) for f in found.values() for e in dcmread(BytesIO(f)) if e.VR in ("UI", "LO")}
        for found in files
    ]
    shared = {word for word in words[0] & words[1] if word.startswith(("2.25.", "RL"))}
    assert shared == set()


def test_an_instance_that_cannot_be_read_is_held_and_the_rest_released(start: Start) -> None:
    on = start(study(1, 2, _9=b"no DICOM at all"))
    redacted, quarantined = on.both()
    assert redacted.released_count == 2
    assert quarantined.study_instance_uid == STUDY
    assert [(r.reason, r.count) for r in quarantined.reasons] == [("not_part10", 1)]
    (held,) = on.held(quarantined).instances
    assert held.sop_instance_uid == f"{SERIES}.7.9"
    assert not held.HasField("candidate")


def test_what_the_verifier_doubts_is_held_with_its_copy(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    redacted, quarantined = on.both()
    assert len(on.released(redacted)) == 1
    (held,) = on.held(quarantined).instances
    assert held.sop_instance_uid == f"{SERIES}.2"
    assert all(reason.startswith("verifier:") for reason in held.reasons)
    assert on.objects.get(held.candidate)


def test_the_quarantine_names_no_pseudonym_and_no_patient(start: Start) -> None:
    on = start(study(1, 2, 3), validate=suspicious_of(2))
    redacted, quarantined = on.both()
    said = quarantined.SerializeToString() + on.objects.get(quarantined.manifest)
    for words in ("Canary", "CANARY-4711", "19500101", "Who^Doctor"):
        assert words.encode() not in said
    for uid in (*on.released(redacted), redacted.subject_code, redacted.study_instance_uid):
        assert uid.encode() not in said


def test_who_refers_to_a_held_instance_is_held_with_it(start: Start) -> None:
    files = study(1, 2, _1=report(f"{SERIES}.2"), _2=report(f"{SERIES}.1", number=4))
    on = start(files, validate=suspicious_of(2))
    _, quarantined = on.both()
    held = {i.sop_instance_uid: list(i.reasons) for i in on.held(quarantined).instances}
    assert set(held) == {f"{SERIES}.2", f"{SERIES}.7.1"}
    assert "reference:held" in held[f"{SERIES}.7.1"]


def test_half_a_study_waits(start: Start) -> None:
    on = start(study(1, 2))
    event = received(study(1, 2, 3))
    with pytest.raises(Unavailable) as waiting:
        on.handle(event)
    assert not waiting.value.affects_all


def test_an_ingest_that_does_not_answer_is_waited_for(start: Start) -> None:
    on = start(study(1))
    on.source.silent = True
    with pytest.raises(Unavailable):
        on.handle(received(on.source.files))


def test_a_subject_that_ingest_does_not_know_is_a_dead_letter(start: Start) -> None:
    on = start(study(1))
    event = received(on.source.files)
    event.subject_key = "00" * 32
    with pytest.raises(Rejected):
        on.handle(event)


def test_images_of_another_patient_than_ingest_says_are_all_held(start: Start) -> None:
    on = start(study(1, 2))
    on.custodian.patient_id = "SOMEBODY-ELSE"
    (event,) = on.handle(received(on.source.files)).events
    assert event.DESCRIPTOR.name == "RedactionQuarantined"
    assert [(r.reason, r.count) for r in event.reasons] == [("subjects", 2)]  # type: ignore[attr-defined]


def test_a_study_of_two_patients_is_held_whole(start: Start) -> None:
    files = study(1) | {(SERIES, f"{SERIES}.2"): encode(ct(2, PatientID="OTHER-1"))}
    on = start(files)
    (event,) = on.handle(received(files)).events
    assert [(r.reason, r.count) for r in event.reasons] == [("subjects", 2)]  # type: ignore[attr-defined]


def test_an_older_revision_that_comes_late_is_left(start: Start) -> None:
    on = start(study(1, 2))
    on.redacted(revision=2)
    assert on.handle(received(study(1), revision=1)).events == ()


def test_a_later_revision_is_a_redaction_of_its_own_with_the_same_pseudonyms(start: Start) -> None:
    on = start(study(1, 2))
    first = on.redacted()
    before = on.released(first)
    on.source.files = study(1, 2, 3)
    second = on.redacted(revision=2)
    after = on.released(second)
    assert second.redaction_id != first.redaction_id
    assert second.study_instance_uid == first.study_instance_uid
    assert {uid: after[uid] for uid in before} == before


def test_evidence_is_signed_and_stands_under_the_root_of_the_event(start: Start) -> None:
    on = start(study(1, 2, 3))
    event = on.redacted()
    lines = on.objects.get(event.evidence).decode().splitlines()
    public_key = Signer.derived(KEYS["lung"]).public_key
    records = [opened(line, public_key) for line in lines]
    assert merkle_root([leaf_hash(record) for record in records]).hex() == event.evidence_root
    assert {r["sop_instance_uid"] for r in records} == set(on.released(event))
    assert {r["verdict"]["release"] for r in records} == {"verified"}
    tags = {path for record in records for path, *_ in record["actions"]}
    assert {"00100010", "00100020", "0020000D"} <= tags


def test_provenance_and_evidence_are_told_of_what_is_released(start: Start) -> None:
    on = start(study(1, 2))
    event = on.redacted()
    bundle = on.redactor.provenance(event.redaction_id)
    assert event.evidence_root in str(bundle)
    assert event.study_instance_uid in str(bundle)
    assert on.redactor.evidence(event.redaction_id).encode() == on.objects.get(event.evidence)
    for words in PLANTED:
        assert words not in str(bundle)
    with pytest.raises(Rejected):
        on.redactor.provenance("unknown")


def test_the_database_names_the_source_of_held_copies_alone(start: Start) -> None:
    on = start(study(1, 2), validate=suspicious_of(2))
    on.both()
    dump = (on.folder / "redactor.sqlite").read_bytes() + b"".join(
        path.read_bytes() for path in on.folder.glob("redactor.sqlite-*")
    )
    for words in ("Canary", "CANARY-4711", "19500101", "Who^Doctor", f"{SERIES}.1"):
        assert words.encode() not in dump
    assert f"{SERIES}.2".encode() in dump
