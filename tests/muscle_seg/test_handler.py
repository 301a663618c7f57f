"""The handler with the shipped models on the sample study, a real CT."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from radloom.adapters.object_store import FileObjectStore
from radloom.adapters.onnx import EmbeddedInference
from radloom.dicom.part10 import decode
from radloom.dicom.segmentation import VISCERAL_FAT, mask_of
from radloom.errors import Rejected, Unavailable
from radloom.ports import Archive, StoredInstance
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest
from radloom.wire.v1.study_received_pb2 import StudyReceived
from services.muscle_seg.handler import MuscleSeg
from tests.muscle_seg.example import series

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
KEY = "5f" * 32


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Held:
    """Ingest that holds the images given; silent when told so."""

    images: Sequence[Dataset]
    silent: bool = False

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        return [ds for ds in self.images if ds.StudyInstanceUID == study_instance_uid]

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        if self.silent:
            raise Unavailable("no answer", dependency="ingest")
        found = self.series(study_instance_uid)
        return [ds for ds in found if ds.SeriesInstanceUID == series_instance_uid]

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        raise Unavailable(f"{len(instances)} instances at a source", dependency="ingest")


@cache
def sample() -> tuple[Dataset, ...]:
    return tuple(dcmread(path) for path in sorted((ROOT / "samples/ct_torso").glob("*.dcm")))


def fresh() -> list[Dataset]:
    return [copy.deepcopy(ds) for ds in sample()]


@cache
def inference() -> EmbeddedInference:
    return EmbeddedInference(ROOT / "triton_models")


@pytest.fixture
def service(tmp_path: Path) -> Callable[[Sequence[Dataset]], MuscleSeg]:
    def made(images: Sequence[Dataset]) -> MuscleSeg:
        archive: Archive = Held(images)
        return MuscleSeg(archive, inference(), FileObjectStore(tmp_path), StoppedClock())

    return made


def received(images: Sequence[Dataset], revision: int = 1) -> StudyReceived:
    event = StudyReceived(
        study_instance_uid=images[0].StudyInstanceUID, subject_key=KEY, revision=revision
    )
    for uid, modality in sorted({(str(ds.SeriesInstanceUID), str(ds.Modality)) for ds in images}):
        event.series.add(series_instance_uid=uid, modality=modality)
    return event


def outcome(handler: MuscleSeg, images: Sequence[Dataset], revision: int = 1) -> MuscleMeasured:
    (event,) = handler.on_study_received(received(images, revision)).events
    assert isinstance(event, MuscleMeasured)
    return event


def gates(event: MuscleMeasured) -> list[str]:
    assert not event.HasField("measurement")
    return [gate.gate for gate in event.refusal.gates]


Service = Callable[[Sequence[Dataset]], MuscleSeg]


def test_the_sample_is_measured_with_everything_the_event_promises(service: Service) -> None:
    handler = service(sample())
    event = outcome(handler, sample())
    m = event.measurement
    assert (event.subject_key, event.study_revision) == (KEY, 1)
    assert event.measured_at.ToDatetime(UTC) == NOW
    assert [use.name for use in event.models] == ["l3_locator", "muscle_ensemble"]
    assert all(len(use.sha256) == 64 and use.mode == "embedded" for use in event.models)
    assert {use.training_provenance for use in event.models} == {"simulation"}
    slices = {str(ds.SOPInstanceUID): ds for ds in sample()}
    l3 = slices[m.l3.sop_instance_uid]
    assert float(l3.ImagePositionPatient[2]) == m.l3.z_mm
    # The published vertebra labels of the sample put the centre of L3 at z 310.3 mm.
    assert m.l3.interval_mm.low <= 310.3 <= m.l3.interval_mm.high
    assert abs(m.l3.z_mm - 310.3) <= 10
    assert 120 < m.area_cm2 < 190
    assert m.area_interval_cm2.low < m.area_cm2 < m.area_interval_cm2.high
    assert 0 < m.mean_hu < 60
    assert m.grade in {"A", "B"}
    assert m.smi_cm2_per_m2 == pytest.approx(m.area_cm2 / float(l3.PatientSize) ** 2)


def test_the_numbers_are_those_of_the_stored_segmentation(service: Service) -> None:
    handler = service(sample())
    m = outcome(handler, sample()).measurement
    seg = decode(handler.objects.get(m.segmentation))
    source = next(ds for ds in sample() if ds.SOPInstanceUID == m.l3.sop_instance_uid)
    mask, _ = mask_of(seg, m.l3.sop_instance_uid)
    pixel_cm2 = float(source.PixelSpacing[0]) * float(source.PixelSpacing[1]) / 100
    hu = source.pixel_array * float(source.RescaleSlope) + float(source.RescaleIntercept)
    assert mask.sum() * pixel_cm2 == pytest.approx(m.area_cm2)
    assert hu[mask].mean() == pytest.approx(m.mean_hu, abs=1e-6)
    low = (hu[mask] >= -29) & (hu[mask] <= 29)
    assert low.mean() == pytest.approx(m.low_attenuation_fraction)
    fat, _ = mask_of(seg, m.l3.sop_instance_uid, VISCERAL_FAT)
    assert fat.sum() * pixel_cm2 == pytest.approx(m.vat_area_cm2)
    # Its skin touches the edge: what was cut off cannot be counted.
    assert not m.HasField("sat_area_cm2")
    assert [remark.name for remark in m.remarks] == ["sat_withheld"]


def test_every_number_lies_in_its_interval_and_the_area_is_the_median_of_three(
    service: Service,
) -> None:
    m = outcome(service(sample()), sample()).measurement
    for value, interval in (
        (m.area_cm2, m.area_interval_cm2),
        (m.mean_hu, m.mean_hu_interval),
        (m.smi_cm2_per_m2, m.smi_interval_cm2_per_m2),
        (m.low_attenuation_fraction, m.low_attenuation_interval),
        (m.vat_area_cm2, m.vat_interval_cm2),
    ):
        assert interval.low < value < interval.high
        assert interval.coverage == 0.9
    areas = sorted(each.area_cm2 for each in m.slices)
    assert areas[1] == pytest.approx(m.area_cm2)
    assert m.error_bound == pytest.approx(m.area_interval_cm2.high / m.area_cm2 - 1)


def test_bone_confirms_the_level_and_other_places_are_named(service: Service) -> None:
    l3 = outcome(service(sample()), sample()).measurement.l3
    assert {mark.name: mark.agrees for mark in l3.evidence} == {
        "iliac_crest": True,
        "last_rib": True,
        "lumbar_count": True,
    }
    assert 1 <= len(l3.candidates) <= 3
    shares = [candidate.probability for candidate in l3.candidates]
    assert shares == sorted(shares, reverse=True)


def test_the_votes_are_a_picture_of_the_slice_measured(service: Service) -> None:
    handler = service(sample())
    m = outcome(handler, sample()).measurement
    votes = np.asarray(Image.open(BytesIO(handler.objects.get(m.votes))))
    mask, _ = mask_of(decode(handler.objects.get(m.segmentation)), m.l3.sop_instance_uid)
    assert votes.shape == mask.shape
    assert votes[mask].mean() > 200
    assert (votes > 127).sum() == pytest.approx(mask.sum(), rel=0.05)


def shuffled(images: list[Dataset]) -> list[Dataset]:
    order = np.random.default_rng(1).permutation(len(images))
    return [images[k] for k in order]


def flipped(images: list[Dataset]) -> list[Dataset]:
    """The same anatomy with rows stored from back to front."""
    for ds in images:
        pixels = ds.pixel_array[::-1]
        top = np.array([float(v) for v in ds.ImagePositionPatient])
        down = np.array([float(v) for v in ds.ImageOrientationPatient[3:]])
        bottom = top + down * float(ds.PixelSpacing[0]) * (ds.Rows - 1)
        ds.ImagePositionPatient = [float(v) for v in bottom]
        ds.ImageOrientationPatient = [*ds.ImageOrientationPatient[:3], *(float(v) for v in -down)]
        ds.PixelData = np.ascontiguousarray(pixels).tobytes()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return images


@pytest.mark.parametrize("change", [shuffled, lambda images: images[::-1], flipped])
def test_order_and_direction_of_storage_change_no_number(
    change: Callable[[list[Dataset]], list[Dataset]], service: Service
) -> None:
    expected = outcome(service(sample()), sample()).measurement
    images = change(fresh())
    m = outcome(service(images), images).measurement
    assert m.l3.sop_instance_uid == expected.l3.sop_instance_uid
    assert m.area_cm2 == pytest.approx(expected.area_cm2, rel=1e-6)
    assert m.mean_hu == pytest.approx(expected.mean_hu, rel=1e-6)
    assert m.agreement == pytest.approx(expected.agreement, rel=1e-6)


def test_the_same_study_gives_the_same_result_and_another_revision_too(service: Service) -> None:
    handler = service(sample())
    first, again = outcome(handler, sample()), outcome(handler, shuffled(fresh()), revision=2)
    assert again.study_revision == 2
    assert again.result_id == first.result_id
    assert again.measurement == first.measurement


def test_a_result_of_other_pixels_has_another_id_under_the_same_tracking_uid(
    service: Service,
) -> None:
    images = fresh()
    expected = outcome(service(sample()), sample())
    pixels = images[0].pixel_array.copy()
    pixels[0, 0] += 1
    images[0].PixelData = pixels.tobytes()
    images[0].file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    event = outcome(service(images), images)
    assert event.result_id != expected.result_id
    assert event.measurement.tracking_uid == expected.measurement.tracking_uid


def test_corrected_pixel_spacing_is_another_result_with_another_number(service: Service) -> None:
    expected = outcome(service(sample()), sample())
    images = fresh()
    for ds in images:
        ds.PixelSpacing = [2.9, 2.9]
    event = outcome(service(images), images)
    assert event.result_id != expected.result_id
    assert event.measurement.area_cm2 < expected.measurement.area_cm2


def test_a_corrected_name_leaves_the_result_and_stores_its_own_segmentation(
    service: Service,
) -> None:
    handler = service(sample())
    expected = outcome(handler, sample())
    images = fresh()
    for ds in images:
        ds.PatientName = "Corrected^Name"
    event = outcome(service(images), images)
    assert event.result_id == expected.result_id
    assert decode(handler.objects.get(event.measurement.segmentation)).PatientName == (
        "Corrected^Name"
    )
    assert decode(handler.objects.get(expected.measurement.segmentation)).PatientName == (
        sample()[0].PatientName
    )


def test_a_series_that_ingest_holds_only_in_part_is_tried_again(service: Service) -> None:
    event = received(sample())
    event.series[0].instance_count = len(sample())
    with pytest.raises(Unavailable, match=f"{len(sample()) - 1} of {len(sample())}") as partial:
        service(sample()[1:]).on_study_received(event)
    assert not partial.value.affects_all  # other studies must not wait for this one


def test_a_series_without_instances_is_tried_again(service: Service) -> None:
    with pytest.raises(Unavailable, match="0 of 1"):
        service(()).on_study_received(received(sample()))


def lowest(ds: Dataset) -> float:
    return float(ds.ImagePositionPatient[2])


def refused() -> Iterator[object]:
    ordered = sorted(sample(), key=lowest)
    chest = ordered[85:]
    yield pytest.param(chest, "l3_not_covered", id="above L3")
    yield pytest.param(ordered[:40], "l3_not_covered", id="pelvis alone")
    yield pytest.param(ordered[::2][:5], "too_few_slices", id="a few slices")
    scout = [copy.deepcopy(ordered[0])]
    scout[0].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    yield pytest.param(scout, "localizer", id="scout")
    other = copy.deepcopy(ordered[0])
    other.Modality = "MR"
    yield pytest.param([other], "not_ct", id="another modality")
    yield pytest.param(series(30), "l3_not_covered", id="a phantom")


@pytest.mark.parametrize(("images", "gate"), list(refused()))
def test_what_must_not_be_measured_is_refused_by_name_in_an_event(
    images: list[Dataset], gate: str, service: Service
) -> None:
    event = outcome(service(images), images)
    assert gate in gates(event)
    assert event.result_id
    assert event.models
    assert event.subject_key == KEY


@pytest.mark.parametrize(
    ("first", "last"), [(0, 87), (0, 92), (24, 107), (45, 95), (48, 97), (54, 97), (0, 112)]
)
def test_a_part_of_the_scan_is_measured_at_l3_or_refused(
    first: int, last: int, service: Service
) -> None:
    part = sorted(sample(), key=lowest)[first:last]
    event = outcome(service(part), part)
    if event.HasField("measurement"):
        # The published vertebra labels of the sample put L3 between these heights.
        assert 289 <= event.measurement.l3.z_mm <= 331
    else:
        assert set(gates(event)) <= {"l3_not_covered", "l3_ambiguous"}


def test_a_truncated_field_of_view_is_refused(service: Service) -> None:
    images = fresh()
    for ds in images:
        pixels = ds.pixel_array[:, 18:-18]
        ds.Columns = pixels.shape[1]
        ds.PixelData = np.ascontiguousarray(pixels).tobytes()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    assert gates(outcome(service(images), images)) == ["fov_truncated"]


def test_the_good_series_of_a_study_is_measured_beside_a_scout(service: Service) -> None:
    scout = copy.deepcopy(sample()[0])
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.SeriesInstanceUID, scout.SOPInstanceUID = "2.25.11", "2.25.12"
    images = [scout, *sample()]
    event = outcome(service(images), images)
    assert event.series_instance_uid == sample()[0].SeriesInstanceUID
    assert event.HasField("measurement")


def test_without_height_there_is_no_index(service: Service) -> None:
    images = fresh()
    for ds in images:
        ds.PatientSize = "178"  # centimetres, in a field of metres
    m = outcome(service(images), images).measurement
    assert m.area_cm2 > 0
    assert not m.HasField("smi_cm2_per_m2")
    assert not m.HasField("height_m")


def test_when_ingest_is_silent_nothing_is_decided(service: Service) -> None:
    handler = replace(service(()), archive=Held(sample(), silent=True))
    with pytest.raises(Unavailable):
        handler.on_study_received(received(sample()))


def test_when_inference_is_out_of_time_nothing_is_decided(service: Service, tmp_path: Path) -> None:
    handler = replace(service(sample()), inference_deadline_s=-1.0)
    with pytest.raises(Unavailable):
        handler.on_study_received(received(sample()))
    assert list(tmp_path.rglob("*.dcm")) == []


def test_a_caller_who_waits_gets_the_same_measurement(service: Service) -> None:
    handler = service(sample())
    uid = str(sample()[0].StudyInstanceUID)
    answer = handler.measure_study(MeasureRequest(study_instance_uid=uid)).result
    assert answer.measurement == outcome(handler, sample()).measurement


def test_a_caller_who_asks_for_an_unknown_study_is_told_so(service: Service) -> None:
    with pytest.raises(Rejected) as unknown:
        service(sample()).measure_study(MeasureRequest(study_instance_uid="2.25.1"))
    assert unknown.value.reason == "not_found"


def test_a_caller_who_asks_for_an_unknown_series_is_told_so(service: Service) -> None:
    uid = str(sample()[0].StudyInstanceUID)
    request = MeasureRequest(study_instance_uid=uid, series_instance_uid="2.25.1")
    with pytest.raises(Rejected, match="no such series") as unknown:
        service(sample()).measure_study(request)
    assert unknown.value.reason == "not_found"


def test_a_caller_who_asks_for_another_modality_is_refused_by_its_name(service: Service) -> None:
    other = series(Modality="MR")
    request = MeasureRequest(study_instance_uid="2.25.5", series_instance_uid="2.25.6")
    event = service(other).measure_study(request).result
    assert gates(event) == ["not_ct"]
    assert "MR" in event.refusal.gates[0].reason
    assert event.series_instance_uid == "2.25.6"
