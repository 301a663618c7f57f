"""The sample study through every service into a real archive and a real FHIR server."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset

from radloom.adapters.dicomweb import DicomWebArchive
from radloom.cli.sample_run import (
    results,
    sample_folder,
    send_sample,
    study_spans,
    wait_for_result,
)
from radloom.cli.stack import Plan, Stack, free_port
from radloom.dicom.part10 import encode
from radloom.dicom.segmentation import segment_number
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest
from radloom.wire.v1.muscle_seg_service_pb2_grpc import MuscleSegServiceStub
from tests.peers import medplum_router
from tests.peers.medplum_router import Medplum
from tests.peers.orthanc import Orthanc, orthanc

pytestmark = pytest.mark.peer


@dataclass(frozen=True)
class Delivered:
    """What one study led to."""

    stack: Stack
    archive: Orthanc
    record: Medplum
    row: dict[str, Any]

    def instances(self) -> dict[str, Dataset]:
        """Objects in the archive by modality."""
        with requests.Session() as session:
            client = DICOMwebClient(self.archive.dicomweb_url, session=session)
            found = client.retrieve_study(self.row["study_instance_uid"])
        assert Counter(ds.Modality for ds in found) == Counter(SEG=1, SR=1, OT=3)
        return {str(ds.Modality): ds for ds in found}

    def observations(self) -> list[dict[str, Any]]:
        """Observations in the record."""
        answer = httpx.get(f"{self.record.url}/Observation?_count=100", timeout=10).json()
        return [entry["resource"] for entry in answer["entry"]]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    with ExitStack() as running:
        archive = running.enter_context(orthanc())
        record = running.enter_context(medplum_router.running())
        plan = Plan(
            data_dir=tmp_path_factory.mktemp("stack"),
            archive_url=archive.dicomweb_url,
            record_url=record.url,
            http_port=free_port(),
            dimse_port=free_port(),
            quiet_s=1.0,
        )
        stack = running.enter_context(Stack(plan))
        send_sample(plan.dicomweb_url)
        row = wait_for_result(plan)
        require_score(plan)
        yield Delivered(stack, archive, record, row)


def require_score(plan: Plan) -> None:
    """Returns when the criteria that read the measurement are delivered too."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if ("cachexia", "delivered") in {(r["kind"], r["status"]) for r in results(plan)}:
            return
        time.sleep(0.2)
    raise AssertionError("no score was delivered in time")


def area_in(observations: list[dict[str, Any]]) -> float:
    areas = [
        o["valueQuantity"]["value"]
        for o in observations
        if "muscle-area-l3" in {coding["code"] for coding in o["code"].get("coding", [])}
    ]
    assert len(areas) == 1
    return float(areas[0])


def numbers_in(report: Dataset) -> dict[str, float]:
    """NUM items of a structured report by unit, wherever they are."""
    found: dict[str, float] = {}

    def walk(item: Dataset) -> None:
        if item.get("ValueType") == "NUM":
            value = item.MeasuredValueSequence[0]
            unit = value.MeasurementUnitsCodeSequence[0].CodeValue
            found.setdefault(str(unit), float(value.NumericValue))
        for child in item.get("ContentSequence", []):
            walk(child)

    walk(report)
    return found


def test_archive_and_record_say_the_number_that_the_mask_shows(delivered: Delivered) -> None:
    objects = delivered.instances()
    seg, report = objects["SEG"], objects["SR"]
    row_mm, column_mm = (
        float(v)
        for v in seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    )
    frames = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    muscle = [plane for k, plane in enumerate(frames, start=1) if segment_number(seg, k) == 1]
    counted = float(np.count_nonzero(muscle)) * row_mm * column_mm / 100
    told = numbers_in(report)["cm2"]
    assert told == pytest.approx(counted, abs=0.05)
    assert area_in(delivered.observations()) == told


def test_all_objects_carry_one_tracking_uid(delivered: Delivered) -> None:
    objects = delivered.instances()
    tracking = objects["SEG"].SegmentSequence[0].TrackingUID
    assert tracking in str(objects["SR"])
    assert f"urn:oid:{tracking}" in json.dumps(delivered.observations())
    assert delivered.row["tracking_uid"] == tracking


def test_the_same_study_sent_again_changes_nothing(delivered: Delivered) -> None:
    before = {o["id"]: o["meta"]["versionId"] for o in delivered.observations()}
    send_sample(delivered.stack.plan.dicomweb_url)
    time.sleep(3 * delivered.stack.plan.quiet_s)
    rows = results(delivered.stack.plan)
    assert [row["result_id"] for row in rows if row["kind"] == "muscle"] == [
        delivered.row["result_id"]
    ]
    assert sorted(row["kind"] for row in rows) == ["cachexia", "muscle"]
    assert {o["id"]: o["meta"]["versionId"] for o in delivered.observations()} == before
    delivered.instances()


def test_one_trace_spans_all_services_and_names_nobody(delivered: Delivered) -> None:
    spans = study_spans(delivered.stack.plan.trace_file)
    services = {"ingest", "muscle_seg", "cachexia_scorer", "publisher"}
    assert {span["service"] for span in spans} == services
    text = delivered.stack.plan.trace_file.read_text()
    source = pydicom.dcmread(next(sample_folder().glob("*.dcm")), stop_before_pixels=True)
    for secret in ("INVENTED", source.PatientID, source.PatientBirthDate, source.StudyInstanceUID):
        assert str(secret) not in text


def test_a_caller_who_waits_gets_the_delivered_measurement(delivered: Delivered) -> None:
    port = delivered.stack.plan.ports["muscle_seg_grpc"]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        door = MuscleSegServiceStub(channel)
        uid = delivered.row["study_instance_uid"]
        result = door.Measure(MeasureRequest(study_instance_uid=uid), timeout=60).result
        assert result.result_id == delivered.row["result_id"]
        assert area_in(delivered.observations()) == round(result.measurement.area_cm2, 1)
        with pytest.raises(grpc.RpcError) as unknown:
            door.Measure(MeasureRequest(study_instance_uid="2.25.1"), timeout=60)
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_no_log_names_the_patient_or_the_study(delivered: Delivered) -> None:
    source = pydicom.dcmread(next(sample_folder().glob("*.dcm")), stop_before_pixels=True)
    secrets = ("INVENTED", source.PatientID, source.PatientBirthDate)
    for service in ("ingest", "muscle_seg", "cachexia_scorer", "publisher"):
        text = delivered.stack.log_file(service).read_text()
        assert not re.search("|".join(map(re.escape, map(str, secrets))), text)


def test_a_study_that_must_not_be_measured_is_withheld_and_sent_nowhere(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = start_stack()
    datasets = [pydicom.dcmread(path) for path in sample_folder().glob("*.dcm")]
    pelvis = sorted(datasets, key=lambda ds: float(ds.ImagePositionPatient[2]))[:40]
    with DicomWebArchive(stack.plan.dicomweb_url) as archive:
        archive.store([encode(ds) for ds in pelvis])
    row = wait_for_result(stack.plan)
    assert row["status"] == "withheld"
    assert "l3_not_covered" in str(row["gates"])
    assert list((tmp_path / "results").rglob("*.dcm")) == []


def test_dicom_from_a_modality_arrives_by_the_other_door_too(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    from pynetdicom import AE  # noqa: PLC0415 - this test's own peer

    stack = start_stack(quiet_s=5.0)
    files = sorted(sample_folder().glob("*.dcm"))
    half = len(files) // 2
    ae = AE("MODALITY")
    ae.add_requested_context(pydicom.uid.CTImageStorage, pydicom.uid.ExplicitVRLittleEndian)
    assert stack.plan.dimse_port
    association = ae.associate("127.0.0.1", stack.plan.dimse_port, ae_title="RADLOOM")
    assert association.is_established
    for path in files[:half]:
        status = association.send_c_store(pydicom.dcmread(BytesIO(path.read_bytes())))
        assert status.Status == 0
    association.release()
    with DicomWebArchive(stack.plan.dicomweb_url) as archive:
        archive.store([path.read_bytes() for path in files[half:]])
    row = wait_for_result(stack.plan)
    assert row["status"] == "delivered", row["gates"]
    assert len(list((tmp_path / "results").rglob("seg.dcm"))) == 1
