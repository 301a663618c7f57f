"""Keeps the evidence of every subject and says when the score changes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from sqlalchemy import Connection

from radloom.errors import Rejected
from radloom.ports import Clock, Custodian, Inference, ModelDescription, Reaction, Transactions
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.cachexia_scorer_service_pb2 import ScoreRequest, ScoreResponse
from radloom.wire.v1.clinical_observed_pb2 import ClinicalObserved
from radloom.wire.v1.common_pb2 import ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from services.cachexia_scorer import answers, risk, survival, tables
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import Features
from services.cachexia_scorer.outcome import fingerprint, outcome
from services.cachexia_scorer.relevance import moment_of
from services.cachexia_scorer.score import Predictions, Score, predicted, score
from services.cachexia_scorer.sources import Source, of_muscle, of_report, of_resource
from services.cachexia_scorer.vector import values_of

SEXES = {"M": "male", "F": "female", "O": "other"}
"""FHIR AdministrativeGender of Patient's Sex (0010,0040)."""

DATE_CHARACTERS = 8

tracer = trace.get_tracer("services.cachexia_scorer")


@dataclass(frozen=True)
class CachexiaScorer:
    """Handler of everything that is evidence, and behind the doors.

    Attributes:
        inference: Runs the risk and survival models.
        custodian: Ingest, which knows sex and birth date.
        database: Evidence and scores.
        clock: Tells when a score was computed; no part of the score.
        inference_deadline_s: Longest single inference, seconds.
    """

    inference: Inference
    custodian: Custodian
    database: Transactions
    clock: Clock
    inference_deadline_s: float = 10.0
    engine: str = field(default_factory=lambda: version("radloom"))

    def on_muscle_measured(self, event: MuscleMeasured) -> Reaction:
        """Takes a measurement as evidence; a refusal takes the study's former one back.

        Raises:
            Rejected: The event contradicts itself.
        """
        return self._reaction(event.subject_key, of_muscle(event))

    def on_report_structured(self, event: ReportStructured) -> Reaction:
        """Takes the symptoms of a document as evidence, in place of what it said before."""
        return self._reaction(event.subject_key, of_report(event))

    def on_clinical_observed(self, event: ClinicalObserved) -> Reaction:
        """Takes a resource of the record as evidence, in place of its former version."""
        return self._reaction(event.subject_key, of_resource(event))

    def score(self, request: ScoreRequest) -> ScoreResponse:
        """Scores a bundle or a known subject for a caller who waits; nothing is kept.

        Raises:
            Rejected: Neither is given, the bundle cannot be used, nothing is known of the subject.
            Unavailable: Models or ingest do not answer.
        """
        at = request.at.ToDatetime(UTC) if request.HasField("at") else None
        key = ""
        match request.WhichOneof("patient"):
            case "bundle":
                evidence: list[Evidence] = list(evidence_of(parsed(request.bundle)))
                at = at or answers.newest(tuple(evidence))
            case "subject_key":
                key = request.subject_key
                with self.database.reading() as connection:
                    evidence, recorded = tables.evidence(connection, key)
                at = at or moment_of(evidence) or recorded
                if at is None:
                    raise Rejected("nothing is known of the subject", reason="not_found")
                evidence += self._demographics(key, at)
            case _:
                raise Rejected("neither bundle nor subject key is given", reason="no_patient")
        made = outcome(score(evidence, at, self.ask), key, self.engine)
        made.scored_at.FromDatetime(self.clock.now())
        return ScoreResponse(result=made)

    def score_bundle(self, bundle: Mapping[str, Any], at: datetime | None = None) -> dict[str, Any]:
        """The score of the patient of a FHIR R4 Bundle as plain values; see `answers.scored`."""
        return answers.scored(bundle, at, lambda state: predicted(self.ask(state)))

    def ask(self, state: Features) -> Predictions:
        """What the models say about a feature state.

        Raises:
            Unavailable: A model does not answer.
        """
        given = risk.inputs(values_of(state))
        risk_model, survival_model = (
            self.inference.describe(name) for name in (risk.MODEL, survival.MODEL)
        )
        heads = self._answer(risk_model, given)
        found = [risk.risk(given, heads, head) for head in risk.HEADS]
        curve = survival.survival(given, self._answer(survival_model, given))
        return Predictions(
            risks=tuple(r for r in found if r is not None),
            survival=curve,
            risk_mode=risk.mode_of(risk_model.parameters),
            survival_mode=risk.mode_of(survival_model.parameters),
            models=(self._use(risk_model), self._use(survival_model)),
        )

    def _answer(self, model: ModelDescription, given: risk.Inputs) -> Mapping[str, Any]:
        return self.inference.infer(
            model.name,
            given.tensors,
            version=model.version,
            deadline_s=self.inference_deadline_s,
        ).outputs

    def _use(self, model: ModelDescription) -> ModelUse:
        return ModelUse(
            name=model.name,
            version=model.version,
            sha256=model.sha256,
            mode=self.inference.mode,
            training_provenance=model.parameters.get("training_provenance", ""),
        )

    def _reaction(self, subject_key: str, source: Source) -> Reaction:
        return Reaction(decisions=(lambda c: self._decide(c, subject_key, source),))

    def _decide(
        self, connection: Connection, subject_key: str, source: Source
    ) -> tuple[CachexiaScored, ...]:
        """Keeps a source and computes the score again, in one transaction that others wait for."""
        standing = tables.lock(connection, subject_key)
        if not tables.keep(connection, subject_key, source):
            return ()
        evidence, recorded = tables.evidence(connection, subject_key)
        at = moment_of(evidence) or (recorded if standing.revision else None)
        if at is None:
            return ()  # nothing dated is known, and nothing was said that would have to end
        made = self._scored(subject_key, evidence, at)
        event = outcome(made, subject_key, self.engine)
        told = fingerprint(event)
        if told == standing.fingerprint or not (standing.revision or made.says_something):
            return ()
        event.revision = standing.revision + 1
        event.scored_at.FromDatetime(self.clock.now())
        tables.add_score(connection, event, told, made.evidence)
        return (event,)

    def _scored(self, subject_key: str, evidence: list[Evidence], at: datetime) -> Score:
        with tracer.start_as_current_span("score", attributes={"radloom.count": len(evidence)}):
            return score([*evidence, *self._demographics(subject_key, at)], at, self.ask)

    def _demographics(self, subject_key: str, at: datetime) -> Iterator[Evidence]:
        """Sex, and age on the day of the score: the birth date itself is not kept here."""
        known = self.custodian.resolve_subject(subject_key)
        sex = SEXES.get(known.patient_sex)
        if sex:
            yield Evidence(id="Patient#sex", kind="sex", word=sex, source="ingest")
        years = completed_years(known.patient_birth_date, at)
        if years is not None:
            yield Evidence(
                id="Patient#age",
                kind="age",
                value=Fraction(years),
                unit="a",
                observed_at=at,
                source="ingest",
            )


def completed_years(birth_date: str, at: datetime) -> int | None:
    """Age on the day of `at`; None when the DICOM date is missing, no date, or later."""
    if len(birth_date) != DATE_CHARACTERS:
        return None
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    today = at.astimezone(UTC).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years if years >= 0 else None


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object that bytes hold.

    Raises:
        Rejected: They hold none.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Rejected("the bundle is no JSON object in UTF-8", reason="not_json")
    return found
