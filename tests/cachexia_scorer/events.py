"""Events about one subject, and the scorer over a real database with its shipped models."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from google.protobuf.message import Message
from sqlalchemy import Connection

from radloom.adapters.database import Database
from radloom.adapters.onnx import EmbeddedInference
from radloom.errors import Rejected
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.clinical_observed_pb2 import (
    ClinicalCode,
    ClinicalObserved,
    ObservedQuantity,
)
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from services.cachexia_scorer.app import MIGRATIONS
from services.cachexia_scorer.handler import CachexiaScorer

KEY = "5f" * 32
DAY = datetime(2026, 4, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MODELS = Path(__file__).parents[2] / "triton_models"

LOINC_OF = {"albumin": "1751-7", "crp": "1988-5", "weight": "29463-7", "height": "8302-2"}


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Ingest:
    """Custodian that knows sex and birth date of one subject."""

    sex: str = "M"
    birth_date: str = "19550412"

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        assert subject_key == KEY
        return ResolveSubjectResponse(patient_sex=self.sex, patient_birth_date=self.birth_date)

    def document(self, document_id: str) -> GetDocumentResponse:
        raise Rejected(f"{len(document_id)} characters", reason="not_found")

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(f"{len(resource_keys)} keys", reason="not_found")


@cache
def models() -> EmbeddedInference:
    return EmbeddedInference(MODELS)


@dataclass
class Stage:
    """The scorer; `handle` does what the worker does."""

    scorer: CachexiaScorer
    ingest: Ingest = field(default_factory=Ingest)
    said: list[CachexiaScored] = field(default_factory=list)

    def handle(self, event: Message) -> list[CachexiaScored]:
        match event:
            case MuscleMeasured():
                reaction = self.scorer.on_muscle_measured(event)
            case ReportStructured():
                reaction = self.scorer.on_report_structured(event)
            case ClinicalObserved():
                reaction = self.scorer.on_clinical_observed(event)
            case _:
                raise AssertionError(event)
        with self.scorer.database.transaction() as connection:
            made = [m for decide in reaction.decisions for m in decide(connection)]
        scored = [message for message in made if isinstance(message, CachexiaScored)]
        self.said += scored
        return scored

    def all(self, events: Iterable[Message]) -> CachexiaScored | None:
        """Handles events; returns the score that stands after them."""
        for event in events:
            self.handle(event)
        return self.said[-1] if self.said else None


class NoDatabase:
    """For scores that nobody keeps."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        raise AssertionError(durable)

    def reading(self) -> AbstractContextManager[Connection]:
        raise AssertionError


@cache
def stage_scorer() -> CachexiaScorer:
    """A scorer that only answers."""
    return CachexiaScorer(models(), Ingest(), NoDatabase(), StoppedClock())


def stage(folder: Path, url: str = "", schema: str = "cachexia_scorer") -> Stage:
    """The scorer on a file in `folder`, or on `url` when it names another database."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(url or f"sqlite:///{folder / 'scorer.sqlite'}", schema=schema)
    database.upgrade(*MIGRATIONS)
    ingest = Ingest()
    return Stage(CachexiaScorer(models(), ingest, database, StoppedClock()), ingest)


def lab(
    kind: str, value: str, unit: str, *, days: int = 0, name: str = "", version: int = 0,
    status: str = "final",
) -> ClinicalObserved:  # fmt: skip
    """An Observation `days` before `DAY`; later versions are recorded later."""
    event = ClinicalObserved(
        subject_key=KEY,
        resource_type="Observation",
        resource_key=name or f"{kind}-{days}",
        version_key=f"v{version}",
        status=status,
        codes=[ClinicalCode(system="http://loinc.org", code=LOINC_OF[kind])],
        quantity=ObservedQuantity(value=value, unit=unit),
    )
    event.effective.FromDatetime(DAY - timedelta(days=days))
    event.recorded.FromDatetime(DAY - timedelta(days=days) + timedelta(hours=1 + version))
    return event


def gone(name: str, *, version: int = 9) -> ClinicalObserved:
    """The resource was deleted."""
    event = ClinicalObserved(
        subject_key=KEY,
        resource_type="Observation",
        resource_key=name,
        version_key=f"v{version}",
        status="entered-in-error",
    )
    event.recorded.FromDatetime(DAY + timedelta(hours=1 + version))
    return event


def cancer(*, stage_group: str = "III", status: str = "confirmed") -> ClinicalObserved:
    event = ClinicalObserved(
        subject_key=KEY,
        resource_type="Condition",
        resource_key="c1",
        version_key=f"{stage_group} {status}",
        status=status,
        clinical_status="active",
        codes=[ClinicalCode(system="http://hl7.org/fhir/sid/icd-10-cm", code="C25.9")],
        stage_group=stage_group,
    )
    event.effective.FromDatetime(DAY - timedelta(days=30))
    event.recorded.FromDatetime(DAY - timedelta(days=29))
    return event


def muscle(
    area_cm2: float = 118.48, *, revision: int = 1, height_m: float | None = 1.7, grade: str = "B",
    acquired: str = "2026-03-30",
) -> MuscleMeasured:  # fmt: skip
    event = MuscleMeasured(
        result_id=f"m{revision}",
        subject_key=KEY,
        study_instance_uid="2.25.1",
        study_revision=revision,
        acquired=acquired,
        models=[ModelUse(name="m", version="1", sha256="ab" * 32)],
    )
    event.measured_at.FromDatetime(DAY + timedelta(minutes=revision))
    m = event.measurement
    m.area_cm2, m.mean_hu, m.agreement, m.grade = area_cm2, 36.42, 0.97, grade
    m.area_interval_cm2.low, m.area_interval_cm2.high = area_cm2 - 8, area_cm2 + 8
    m.area_interval_cm2.coverage = 0.95
    if height_m is not None:
        m.height_m, m.smi_cm2_per_m2 = height_m, area_cm2 / height_m**2
    return event


def refused(*, revision: int = 2) -> MuscleMeasured:
    event = MuscleMeasured(
        result_id="m0", subject_key=KEY, study_instance_uid="2.25.1", study_revision=revision
    )
    event.measured_at.FromDatetime(DAY + timedelta(minutes=revision))
    event.refusal.gates.add(gate="l3_not_covered", reason="P(L3 covered) is 0.03; limit 0.5")
    return event


def report(*, loses: bool = True, structuring: int = 1, authored: str = "") -> ReportStructured:
    event = ReportStructured(
        document_id="d1",
        subject_key=KEY,
        result_id=f"r{structuring}",
        authored_at=authored or "2026-03-31T10:00:00Z",
    )
    event.structured_at.FromDatetime(DAY + timedelta(minutes=structuring))
    event.symptoms.add(symptom="fatigue", status="present", start=10, end=17)
    if loses:
        event.symptoms.add(
            symptom="weight_loss", status="present", start=40, end=60, value=20, unit="lb",
            interval_days=180,
        )  # fmt: skip
    return event


def person() -> ClinicalObserved:
    """A Patient resource: says only that sex or birth date may have changed."""
    event = ClinicalObserved(
        subject_key=KEY, resource_type="Patient", resource_key="p1", version_key="v1"
    )
    event.recorded.FromDatetime(DAY)
    return event


def whole_story() -> list[Message]:
    """Corrections, retractions and refusals among first versions."""
    return [
        person(),
        cancer(),
        lab("height", "170", "cm", days=300),
        lab("weight", "80", "kg", days=170),
        lab("weight", "74", "kg"),
        lab("albumin", "41", "g/L", name="alb"),
        lab("albumin", "31", "g/L", name="alb", version=1, status="corrected"),
        lab("crp", "25", "mg/L", name="crp"),
        gone("crp"),
        lab("crp", "12", "mg/L", name="crp-2"),
        muscle(),
        muscle(121.0, revision=2),
        report(),
        report(loses=False, structuring=2),
    ]
