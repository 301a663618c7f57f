"""Objects of many kinds, without planted values: files of pydicom's wheel, and made ones.

Nothing here shows a person: pydicom's files are test data, the CT of `samples/` is licensed and
attributed there, the rest is computed.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import highdicom as hd
import numpy as np
import pydicom
from highdicom.sr.coding import CodedConcept
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
)

ROOT: Final = Path(__file__).parents[2]
WHEEL: Final = Path(pydicom.__file__).parent / "data"
TEST_FILES: Final = (
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_padded.dcm", "693_J2KI.dcm", "JPEG2000.dcm", "JPGExtended.dcm", "image_dfl.dcm",
    "examples_palette.dcm", "examples_rgb_color.dcm", "examples_overlay.dcm", "examples_jpeg2k.dcm",
    "ExplVR_BigEnd.dcm", "SC_rgb_small_odd.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_rle_16bit_2frame.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_jpeg_dcmtk.dcm",
    "liver_1frame.dcm", "rtdose.dcm", "rtdose_1frame.dcm", "rtdose_rle.dcm", "rtplan.dcm",
    "reportsi.dcm", "test-SR.dcm", "waveform_ecg.dcm", "dicomdirtests/77654033/CR1/6154",
    "dicomdirtests/77654033/CT2/17106", "dicomdirtests/98892003/MR1/15820",
)  # fmt: skip
CHARSET_FILES: Final = (
    "chrArab.dcm", "chrFren.dcm", "chrGreek.dcm", "chrH31.dcm", "chrJapMulti.dcm",
    "chrKoreanMulti.dcm", "chrRuss.dcm", "chrX1.dcm",
)  # fmt: skip
SERIES: Final = ("MR1/15820", "MR1/4919", "MR1/5641", "MR2/15970", "MR2/4950", "MR700/4467")
"""Instances of one study of one patient under dicomdirtests/98892003."""


@dataclass(frozen=True)
class Source:
    """One object as it arrives.

    Attributes:
        name: Where it is from.
        content: Part 10 file.
    """

    name: str
    content: bytes

    def dataset(self) -> FileDataset:
        """Read anew, so that it may be changed."""
        return dcmread(io.BytesIO(self.content))


def sources() -> list[Source]:
    """Every object, in a fixed order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # test files are odd on purpose
        return [*_wheel(), *_made()]


def series() -> list[Source]:
    """Six instances of one study of one patient."""
    folder = WHEEL / "test_files/dicomdirtests/98892003"
    return [Source(name, (folder / name).read_bytes()) for name in SERIES]


def content_of(ds: Dataset) -> bytes:
    """Part 10 bytes of `ds`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = io.BytesIO()
        ds.save_as(held, enforce_file_format=True)
        return held.getvalue()


def _wheel() -> Iterator[Source]:
    for name in TEST_FILES:
        yield Source(name, (WHEEL / "test_files" / name).read_bytes())
    for name in CHARSET_FILES:
        yield Source(name, (WHEEL / "charset_files" / name).read_bytes())
    structures = dcmread(WHEEL / "test_files/rtstruct.dcm", force=True)
    structures.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    structures.file_meta.MediaStorageSOPClassUID = structures.SOPClassUID
    structures.file_meta.MediaStorageSOPInstanceUID = structures.SOPInstanceUID
    yield Source("rtstruct.dcm", content_of(structures))
    torso = ROOT / "samples/ct_torso/0016.dcm"
    yield Source("ct_torso", torso.read_bytes())


def _made() -> Iterator[Source]:
    image = dcmread(ROOT / "samples/ct_torso/0016.dcm")
    makers: tuple[tuple[str, Callable[[Dataset], Dataset]], ...] = (
        ("segmentation", _segmentation),
        ("measurement_report", _measurement_report),
        ("key_objects", _key_objects),
        ("presentation", _presentation),
        ("parametric_map", _parametric_map),
        ("secondary_capture", _secondary_capture),
        ("pdf", _pdf),
        ("palette_loop", _palette_loop),
    )
    for name, maker in makers:
        yield Source(name, content_of(maker(image)))


MAKER: Final[dict[str, Any]] = {
    "manufacturer": "Acme",
    "manufacturer_model_name": "Maker",
    "software_versions": "1.0",
    "device_serial_number": "1234",
}


def _identity(number: int) -> dict[str, Any]:
    return {
        "series_instance_uid": hd.UID(),
        "series_number": number,
        "sop_instance_uid": hd.UID(),
        "instance_number": 1,
    }


def _segmentation(image: Dataset) -> Dataset:
    mask = np.zeros((1, image.Rows, image.Columns), np.uint8)
    mask[0, 40:80, 40:80] = 1
    described = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="Muscle",
        segmented_property_category=codes.SCT.Tissue,
        segmented_property_type=codes.SCT.Muscle,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )
    made: Dataset = hd.seg.Segmentation(
        source_images=[image],
        pixel_array=mask,
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[described],
        **_identity(100),
        **MAKER,
    )
    return made


def _measurement_report(image: Dataset) -> Dataset:
    observer = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name="Reader^Rita", organization_name="Readers"
        ),
    )
    measured = hd.sr.Measurement(name=codes.SCT.Length, value=12.5, unit=codes.UCUM.Millimeter)
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=hd.UID(), identifier="Lesion 1"),
        measurements=[measured],
    )
    report = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=[group],
    )
    made: Dataset = hd.sr.Comprehensive3DSR(
        evidence=[image],
        content=report[0],
        manufacturer="Acme",
        is_complete=True,
        is_verified=False,
        **_identity(101),
    )
    return made


def _key_objects(image: Dataset) -> Dataset:
    content = hd.ko.KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=[image],
        description="Slice to look at",
    )
    made: Dataset = hd.ko.KeyObjectSelectionDocument(
        evidence=[image], content=content, manufacturer="Acme", **_identity(102)
    )
    return made


def _presentation(image: Dataset) -> Dataset:
    text = hd.pr.TextObject(
        text_value="Lesion",
        units=hd.pr.AnnotationUnitsValues.PIXEL,
        bounding_box=(10.0, 10.0, 60.0, 30.0),
    )
    layer = hd.pr.GraphicLayer("LAYER1", order=1, description="Notes")
    annotation = hd.pr.GraphicAnnotation(
        referenced_images=[image], graphic_layer=layer, text_objects=[text]
    )
    made: Dataset = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[image],
        content_label="LABEL",
        content_description="Notes",
        graphic_layers=[layer],
        graphic_annotations=[annotation],
        **_identity(103),
        **MAKER,
    )
    return made


def _parametric_map(image: Dataset) -> Dataset:
    mapping = hd.pm.RealWorldValueMapping(
        lut_label="1",
        lut_explanation="values",
        unit=codes.UCUM.NoUnits,
        value_range=(0.0, 1.0),
        slope=1.0,
        intercept=0.0,
        quantity_definition=CodedConcept("110852", "DCM", "MR signal intensity"),
    )
    values = np.zeros((1, image.Rows, image.Columns), np.float32)
    made: Dataset = hd.pm.ParametricMap(
        source_images=[image],
        pixel_array=values,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        window_center=0.5,
        window_width=1.0,
        **_identity(104),
        **MAKER,
    )
    return made


def _secondary_capture(image: Dataset) -> Dataset:
    made: Dataset = hd.sc.SCImage.from_ref_dataset(
        image,
        pixel_array=np.full((64, 64), 90, np.uint8),
        photometric_interpretation=hd.PhotometricInterpretationValues.MONOCHROME2,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "P"),
        manufacturer="Acme",
        **_identity(105),
    )
    return made


def _pdf(image: Dataset) -> Dataset:
    ds = _shell(image, EncapsulatedPDFStorage, "DOC")
    ds.DocumentTitle = "Report"
    ds.BurnedInAnnotation = "NO"
    ds.ConversionType = "WSD"
    ds.ConceptNameCodeSequence = [Dataset()]
    ds.ConceptNameCodeSequence[0].CodeValue = "18748-4"
    ds.ConceptNameCodeSequence[0].CodingSchemeDesignator = "LN"
    ds.ConceptNameCodeSequence[0].CodeMeaning = "Diagnostic Imaging Report"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = pdf_of("Report")
    return ds


def _palette_loop(image: Dataset) -> Dataset:
    ds = _shell(image, UltrasoundMultiFrameImageStorage, "US")
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PatientOrientation = ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "PALETTE COLOR"
    ds.Rows, ds.Columns, ds.NumberOfFrames = 64, 64, 3
    ds.FrameIncrementPointer, ds.FrameTime = 0x00181063, "40"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    table = (np.arange(256, dtype="<u2") * 257).tobytes()
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", table)
    ds.PixelData = np.tile(np.arange(64, dtype=np.uint8), (3, 64, 1)).tobytes()
    return ds


def _shell(image: Dataset, sop_class: UID, modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = hd.UID()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    copied = (
        "SpecificCharacterSet StudyDate StudyTime AccessionNumber ReferringPhysicianName "
        "PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyID"
    )
    for keyword in copied.split():
        setattr(ds, keyword, image.get(keyword, ""))
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    ds.SeriesInstanceUID, ds.Modality = hd.UID(), modality
    ds.SeriesNumber, ds.InstanceNumber = 9, 1
    ds.Manufacturer = "Acme"
    return ds


def secondary_capture_shell(image: Dataset) -> FileDataset:
    """Secondary capture without pixels, for images that text is burnt into."""
    ds = _shell(image, SecondaryCaptureImageStorage, "OT")
    ds.ConversionType = "WSD"
    return ds


def pdf_of(text: str) -> bytes:
    """A one-page PDF that shows `text` and has it as its title."""
    shown = text.replace("(", "").replace(")", "")
    stream = f"BT /F1 18 Tf 72 720 Td ({shown}) Tj ET".encode("latin-1", "replace")
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page + b" /Resources << /Font << /F1 " + font + b" >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        f"<< /Title ({shown}) >>".encode("latin-1", "replace"),
    )
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(parts) + 1, table)
    return made + b"trailer << /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(parts) + 1,
        start,
    )
