"""Takes clinical resources in: durable with their subject, announced once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from radloom.errors import Rejected
from radloom.identifiers import derived_uuid
from radloom.wire.v1.clinical_observed_pb2 import ClinicalObserved
from radloom.wire.v1.custodian_service_pb2 import ResolvedResource, ResolveResourcesResponse
from services.ingest import resources
from services.ingest.clinical import Clinical, Patient, Person, person_of, persons_of
from services.ingest.fhir_intake import Deleted, Intake, Sent
from services.ingest.handler.studies import StudyIntake
from services.ingest.observed import (
    keyed,
    observed,
    recorded_at,
    resource_key,
    version_key,
    withdrawn,
)
from services.ingest.resources import Kept
from services.ingest.subject import subject_key
from services.ingest.tables import Row, add_subject, aware

SEXES = {"male": "M", "female": "F", "other": "O", "unknown": ""}
"""Patient's Sex (0010,0040) of Patient.gender."""


@dataclass(frozen=True)
class Outcome:
    """What became of a body.

    Attributes:
        kept: Versions that are new.
        unchanged: Versions that were kept before.
        withdrawn: Resources taken back.
    """

    kept: int
    unchanged: int
    withdrawn: int


@dataclass(frozen=True)
class ClinicalIntake(StudyIntake):
    """Custodian of clinical resources too."""

    def keep_clinical(self, intake: Intake) -> Outcome:
        """Makes everything that a body brings durable and announces it; all of it, or none.

        Raises:
            Rejected: A resource speaks of a patient whom ingest cannot name.
            Unavailable: The database does not answer.
        """
        now = self.clock.now()

        def keep(connection: Connection) -> Outcome:
            people = {
                url: persons_of(sent.resource)[0]
                for sent in intake.sent
                if isinstance(sent.resource, Patient)
                for url in _names(sent)
            }
            # Patients first: what follows may name them by reference.
            ranked = sorted(intake.sent, key=lambda s: not isinstance(s.resource, Patient))
            added = [self._keep_one(connection, sent, people, now) for sent in ranked]
            gone = [self._withdraw(connection, item, now) for item in intake.deleted]
            return Outcome(sum(added), len(added) - sum(added), sum(gone))

        return self._transact(keep)

    def resources(self, keys: list[str]) -> ResolveResourcesResponse:
        """What the record calls resources.

        Raises:
            Rejected: A key is unknown.
            Unavailable: The database does not answer.
        """
        with self.database.reading() as connection:
            rows = [resources.latest(connection, key) for key in keys]
        if None in rows:
            raise Rejected("no resource has one of these keys", reason="not_found")
        return ResolveResourcesResponse(
            resources=[
                ResolvedResource(
                    resource_key=row["resource_key"],
                    resource_type=row["resource_type"],
                    resource_id=row["resource_id"],
                    identifier_system=row["identifier_system"],
                    identifier_value=row["identifier_value"],
                )
                for row in rows
                if row is not None
            ]
        )

    def _keep_one(
        self, connection: Connection, sent: Sent, people: Mapping[str, Person], now: datetime
    ) -> bool:
        """Whether this version is new."""
        resource = sent.resource
        key, version = resource_key(self.secret, sent), version_key(self.secret, sent)
        person = self._person(connection, resource, people)
        subject = subject_key(self.secret, person.patient_id, person.issuer)
        former = resources.latest(connection, key)
        recorded = recorded_at(resource, now)
        if not resources.add(
            connection, Kept(key, version, subject, recorded, now), sent, person.patient_id
        ):
            return False
        self._add_person(connection, subject, person, resource, recorded)
        moved = former is not None and former["subject_key"] != subject
        if former is not None and moved and recorded < aware(former["recorded_at"]):
            return True  # a late older version: the resource speaks of somebody else by now
        event = observed(
            resource, subject_key=subject, resource_key=key, version_key=version, recorded=recorded
        )
        self._announce(connection, event)
        if former is not None and moved:
            self._correct_subject(connection, event, former, recorded)
        return True

    def _correct_subject(
        self, connection: Connection, event: ClinicalObserved, former: Row,
        recorded: datetime,
    ) -> None:  # fmt: skip
        """Takes the resource back from the patient of whom it spoke before."""
        gone = withdrawn(
            event.resource_type,
            subject_key=former["subject_key"],
            resource_key=event.resource_key,
            version_key=event.version_key,
            recorded=recorded,
        )
        self._announce(connection, gone)

    def _withdraw(self, connection: Connection, item: Deleted, now: datetime) -> bool:
        key = keyed(self.secret, item.resource_type, "id", item.resource_id)
        former = resources.latest(connection, key)
        if former is None:
            return False
        version = keyed(self.secret, "deleted", former["version_key"])
        event = withdrawn(
            item.resource_type,
            subject_key=former["subject_key"],
            resource_key=key,
            version_key=version,
            recorded=now,
        )
        self._announce(connection, event)
        return True

    def _announce(self, connection: Connection, event: ClinicalObserved) -> None:
        name = derived_uuid(
            "clinical.observed", event.subject_key, event.resource_key, event.version_key
        )
        self.enqueue(connection, event, event_id=str(name))

    def _person(
        self, connection: Connection, resource: Clinical, people: Mapping[str, Person]
    ) -> Person:
        """Whom a resource speaks of: by its identifier, or by a Patient of the body or before."""
        if isinstance(resource, Patient):
            return persons_of(resource)[0]
        subject = resource.subject
        if subject.identifier is not None:
            return person_of(subject.identifier)
        reference = subject.reference.partition("/_history/")[0]
        if reference in people:
            return people[reference]
        identity = reference.rpartition("Patient/")[2] if "Patient/" in reference else ""
        known = resources.patient(connection, keyed(self.secret, "Patient", "id", identity))
        if identity and known is not None:
            return Person(*known)
        raise Rejected(
            f"{resource.resourceType}.subject names a patient whom ingest does not know: send the"
            " Patient first or in the same Bundle, or give subject.identifier",
            reason="unknown_patient",
        )

    @staticmethod
    def _add_person(
        connection: Connection, key: str, person: Person, resource: Clinical, recorded: datetime
    ) -> None:
        add_subject(connection, key, (person.patient_id, person.issuer, "", "", ""))
        if isinstance(resource, Patient):
            day = resource.birthDate.replace("-", "")
            resources.set_demographics(
                connection,
                key,
                recorded,
                birth_date=day if len(day) == len("YYYYMMDD") else "",
                sex=SEXES[resource.gender or "unknown"],
            )


def _names(sent: Sent) -> list[str]:
    """Every way in which resources of the same body refer to a Patient."""
    names = [sent.url] if sent.url else []
    return [*names, f"Patient/{sent.resource.id}"] if sent.resource.id else names
