"""What redacting the attributes of a CT file costs, beside reading and writing it untouched.

Run: `python -m tests.bench.bench_redactor_headers [FOLDER]`; without a folder, on files of 526 KB
with 90 attributes that it makes. CPU time of one core, the best of five rounds; all in one process.
"""

import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from services.redactor.attributes import AttributeRedactor
from services.redactor.profiles import PROFILES
from services.redactor.spans import RedactedText
from tests.redactor.planted_headers import PSEUDONYMS, SUBJECT, element, image, written

ROUNDS = 5
FILES = 60


TEXTS = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"],
    "Modality": "CT",
    "PhotometricInterpretation": "MONOCHROME2",
    "StudyDescription": "CT CHEST W CONTRAST",
    "SeriesDescription": "AXIAL LUNG 1.0 mm",
    "ProtocolName": "CHEST ROUTINE",
    "ContrastBolusAgent": "OMNIPAQUE 350",
    "Manufacturer": "SIEMENS",
    "ManufacturerModelName": "SOMATOM Definition AS",
    "InstitutionName": "General",
    "StationName": "CT1",
    "DeviceSerialNumber": "12345",
    "SoftwareVersions": "syngo CT 2012B",
    "ConvolutionKernel": "B30f",
    "FilterType": "FLAT",
    "PatientName": "White^Ann",
    "PatientAge": "050Y",
    "AccessionNumber": "A1",
    "StudyID": "1",
    "ReferringPhysicianName": "Grey^Bo",
    "OperatorsName": "Green^Di",
    **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), "20200411"),
    **dict.fromkeys(("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"), "101500.000"),
    "PatientBirthDate": "19400411",
    "StudyInstanceUID": "1.2.826.0.1.3680043.9.7777.1",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.9.7777.2",
    "FrameOfReferenceUID": "1.2.826.0.1.3680043.9.7777.3",
    **dict.fromkeys(("KVP", "SliceThickness", "XRayTubeCurrent", "Exposure", "TableHeight"), "120"),
    **dict.fromkeys(("GantryDetectorTilt", "DataCollectionDiameter", "ExposureTime"), "0"),
    **dict.fromkeys(("WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope"), "1"),
    "PixelSpacing": [0.7, 0.7],
    "ImagePositionPatient": [0, 0, 1],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    **dict.fromkeys(("SamplesPerPixel", "PixelRepresentation"), 1),
    **dict.fromkeys(("BitsAllocated", "BitsStored"), 16),
    **dict.fromkeys(("Rows", "Columns"), 512),
}
"""Header of a CT scanner."""


def ct_file(number: int) -> bytes:
    """A slice of 512 x 512 pixels of 16 bit, with a reference and twenty private attributes."""
    ds = image()
    ds.SOPInstanceUID = f"1.2.826.0.1.3680043.9.7777.0.{number}"
    for keyword, text in TEXTS.items():
        setattr(ds, keyword, text)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = ds.SOPClassUID, "1.2.3"
    ds.ReferencedStudySequence = [reference]
    for place in range(20):
        ds[0x00191010 + place] = element(0x00191010 + place, "LO", b"vendor")
    ds[0x00190010] = element(0x00190010, "LO", b"SIEMENS CT VA1 DUMMY")
    ds[0x7FE00010] = element(0x7FE00010, "OW", b"\1\2" * 512 * 512)
    return written(ds)


def milliseconds(step: Callable[[bytes], object], files: list[bytes]) -> float:
    """CPU time of a step per file."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for content in files:
            step(content)
        rounds.append((time.process_time() - start) / len(files) * 1000)
    return min(rounds)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def save(ds: Dataset) -> bytes:
    """Bytes of a file."""
    buffer = BytesIO()
    ds.save_as(buffer)
    return buffer.getvalue()


def main() -> None:
    """Print a line per step."""
    paths = sorted(Path(sys.argv[1]).glob("*"))[:FILES] if sys.argv[1:] else []
    files = [path.read_bytes() for path in paths] or [ct_file(number) for number in range(FILES)]
    attributes = len(dcmread(BytesIO(files[0])))
    say(f"{len(files)} files of {len(files[0]) // 1000} KB, {attributes} attributes")
    read = milliseconds(lambda content: dcmread(BytesIO(content)), files)
    untouched = milliseconds(lambda content: save(dcmread(BytesIO(content))), files)
    say(f"{'read':<32}{read:6.2f} ms per file")
    say(f"{'read, write':<32}{untouched:6.2f} ms per file")
    for profile in PROFILES.values():
        redactor = AttributeRedactor(
            profile,
            PSEUDONYMS,
            SUBJECT,
            lambda text: RedactedText(text, (), 0.0),
        )

        def redacted(content: bytes, redactor: AttributeRedactor = redactor) -> Dataset:
            ds = dcmread(BytesIO(content))
            redactor.redact(ds)
            return ds

        alone = milliseconds(redacted, files) - read
        whole = milliseconds(lambda content: save(redacted(content)), files)
        say(f"{f'read, redact {profile.name}, write':<32}{whole:6.2f} ms per file")
        say(f"{'  of which redacting':<32}{alone:6.2f} ms per file")


if __name__ == "__main__":
    main()
