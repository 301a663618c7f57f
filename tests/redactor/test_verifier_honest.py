"""No false alarm: ordinary objects, redacted by the real engine, pass."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.sc import SCImage
from highdicom.seg import Segmentation, SegmentDescription
from pydicom import dcmread
from pydicom.sr.codedict import codes

from radloom.errors import Rejected
from services.redactor.attributes import redact_attributes
from services.redactor.guard import admit
from services.redactor.identity import Identity
from services.redactor.layout import finish
from services.redactor.profiles import BASIC, LONGITUDINAL, Profile, declare_pixels
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import RedactedText
from services.redactor.structured_content import redact_content
from services.redactor.text import text_redactor
from services.redactor.verifier import verify
from tests.redactor.planted_files import written

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # shipped values are odd on purpose

PSEUDONYMS = Pseudonyms(b"k" * 32)
SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
SAMPLE = Path(__file__).parents[2] / "samples" / "ct_torso"
UNDECODABLE = {"JPEG-lossy", "JPGExtended", "JPEG2000-embedded-sequence-delimiter", "badVR"}
"""No installed decoder opens their frames, so the verifier holds them, as it should."""


def redacted(content: bytes, profile: Profile) -> bytes:
    ds = admit(content)
    subject = Subject(str(ds.get("PatientID", "")))
    redactor = text_redactor(Identity.gather([admit(content)]), PSEUDONYMS, subject)

    def redact_text(text: str) -> RedactedText:
        return redactor(text)

    redact_content(ds, redact_text=redact_text, pseudonyms=PSEUDONYMS, subject=subject)
    redact_attributes(
        ds, profile=profile, pseudonyms=PSEUDONYMS, subject=subject, redact_text=redact_text
    )
    if "PixelData" in ds:
        declare_pixels(ds, cleaned=True)
    return finish(ds, redact_text=redact_text).content


def shipped() -> Iterator[bytes]:
    """Objects of pydicom's wheel; of its file set, which repeats three series, the first slices."""
    for path in sorted(SHIPPED.glob("*.dcm")):
        if path.stem not in UNDECODABLE:
            yield path.read_bytes()
    slices = sorted(path for path in (SHIPPED / "dicomdirtests").rglob("*") if path.is_file())
    yield from (path.read_bytes() for path in slices[:8])


@pytest.mark.parametrize("profile", [BASIC, LONGITUDINAL], ids=lambda one: one.name)
def test_objects_of_many_kinds_pass(profile: Profile) -> None:
    classes, count = set(), 0
    for content in shipped():
        try:
            output = redacted(content, profile)
        except Rejected:
            continue
        assert verify([content], [output]) == ()
        classes.add(dcmread(BytesIO(output), stop_before_pixels=True).SOPClassUID)
        count += 1
    assert count >= 60
    assert len(classes) >= 9


def test_a_study_with_a_segmentation_and_a_capture_passes() -> None:
    slices = [dcmread(path) for path in sorted(SAMPLE.glob("*.dcm"))[:6]]
    mask = np.stack([one.pixel_array > 1000 for one in slices])
    described = SegmentDescription(
        segment_number=1,
        segment_label="muscle",
        segmented_property_category=codes.SCT.Tissue,
        segmented_property_type=codes.SCT.Muscle,
        algorithm_type="MANUAL",
    )
    segmentation = Segmentation(
        source_images=slices,
        pixel_array=mask,
        segmentation_type="BINARY",
        segment_descriptions=[described],
        series_number=9,
        instance_number=1,
        manufacturer="ACME",
        manufacturer_model_name="One",
        software_versions="1",
        device_serial_number="SN88412-B",
        series_instance_uid="1.2.276.0.7230010.3.1.3.987654.9",
        sop_instance_uid="1.2.276.0.7230010.3.1.4.987654.9",
    )
    capture = SCImage.from_ref_dataset(
        slices[0],
        pixel_array=np.zeros((16, 16), np.uint8),
        photometric_interpretation="MONOCHROME2",
        bits_allocated=8,
        coordinate_system="PATIENT",
        series_instance_uid="1.2.276.0.7230010.3.1.3.987654.8",
        sop_instance_uid="1.2.276.0.7230010.3.1.4.987654.8",
        patient_orientation=("L", "P"),
        series_number=8,
        instance_number=1,
        manufacturer="ACME",
    )
    study = [written(one) for one in (*slices, segmentation, capture)]
    assert verify(study, [redacted(one, BASIC) for one in study]) == ()
