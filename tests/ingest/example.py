"""Small CT instances, and ingest over a real database and a real folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from radloom.adapters.database import Database
from radloom.adapters.instance_store import FileInstanceStore
from radloom.dicom.part10 import encode
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.outbox import Outbox
from radloom.wire.v1.study_received_pb2 import StudyReceived
from services.ingest.handler import Ingest
from services.ingest.multipart import Limits
from services.ingest.routes import routes

STUDY, SERIES = "2.25.100", "2.25.200"
PATIENT_ID, ISSUER, PATIENT_NAME = "CANARY-4711", "HOSPITAL-A", "Canary^Nora"
QUIET = timedelta(seconds=30)
LIMITS = Limits(parts=20, part_bytes=2**20, body_bytes=4 * 2**20)
SECRET = b"a secret of the site, 32 bytes or more"
MIGRATIONS = ("radloom.runtime.migrations", "services.ingest.migrations")


def ct(number: int = 1, *, study: str = STUDY, series: str = SERIES, **changed: object) -> Dataset:
    """A CT slice of 16 x 16 pixels; `number` tells it from others of its series."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.Modality, ds.Manufacturer = "CT", "Nobody"
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = PATIENT_NAME, PATIENT_ID, ISSUER
    ds.PatientBirthDate, ds.PatientSex = "19500101", "F"
    ds.StudyDate, ds.StudyTime, ds.StudyID = "20240102", "030405", "1"
    ds.AccessionNumber, ds.ReferringPhysicianName = "A1", "Who^Doctor"
    ds.SeriesNumber, ds.InstanceNumber = 1, number
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 16, 16, 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = np.full((16, 16), number, np.uint16).tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    return ds


def ct_file(number: int = 1, **changed: Any) -> bytes:  # noqa: ANN401 - values of any attribute
    """`ct` as a Part 10 file."""
    return encode(ct(number, **changed))


def ct_file_without(keyword: str) -> bytes:
    """`ct` as a Part 10 file whose data set lacks an attribute."""
    ds = ct()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    del ds[keyword]
    return encode(ds)


@dataclass
class SteppedClock:
    """Implements `ports.Clock`; moves when told to."""

    moment: datetime = field(default=datetime(2026, 11, 1, 12, tzinfo=UTC))

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def pass_time(self, duration: timedelta) -> None:
        """Moves on."""
        self.moment += duration


@dataclass(frozen=True)
class Stage:
    """Ingest with everything it stands on.

    Attributes:
        ingest: The handler.
        database: Its database.
        outbox: Events that it enqueued.
        clock: Its clock.
        folder: Where its instances lie.
    """

    ingest: Ingest
    database: Database
    outbox: Outbox
    clock: SteppedClock
    folder: Path

    def receive(self, *contents: bytes, study: str = "") -> list[int]:
        """Takes instances in; returns 0 for kept, else the failure reason, in order."""
        items = []
        for content in contents:
            item = self.ingest.store.incoming()
            item.write(content)
            items.append(item)
        verdicts = self.ingest.receive(items, study)
        for item in items:
            item.discard()
        return [v.refusal.failure_reason if v.refusal else 0 for v in verdicts]

    def wait_quietly(self) -> int:
        """Lets the quiet time pass; returns how many studies were released."""
        self.clock.pass_time(QUIET)
        return self.ingest.release_quiet_studies()

    def released(self) -> Sequence[StudyReceived]:
        """Events in the outbox, oldest first."""
        rows = self.outbox.unpublished()
        return [StudyReceived.FromString(row.record.value) for row in rows]


@contextmanager
def stage(
    folder: Path, *, url: str = "", clock: SteppedClock | None = None, schema: str = "ingest"
) -> Iterator[Stage]:
    """Ingest on the files in `folder`, and on `url` when it names another database."""
    database = Database(url or f"sqlite:///{folder / 'ingest.sqlite'}", schema=schema)
    database.upgrade(*MIGRATIONS)
    outbox = Outbox(database)
    clock = clock or SteppedClock()
    instances = folder / "instances"
    ingest = Ingest(
        store=FileInstanceStore(instances),
        database=database,
        enqueue=outbox.enqueue,
        clock=clock,
        secret=SECRET,
        quiet=QUIET,
    )
    try:
        yield Stage(ingest, database, outbox, clock, instances)
    finally:
        database.close()


@contextmanager
def dicomweb(ingest: Ingest, limits: Limits = LIMITS) -> Iterator[str]:
    """Root of ingest's HTTP doors, on loopback, until the block ends."""
    app = http_app("ingest", {})
    app.include_router(routes(ingest, limits))
    server = HttpServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


def kept_files(folder: Path) -> list[Path]:
    """Instances that the store keeps."""
    return sorted((folder / "kept").rglob("*.dcm"))


def arriving_files(folder: Path) -> list[Path]:
    """Instances on their way in."""
    return sorted((folder / "arriving").iterdir())
