"""A FHIR R4 Bundle about one patient as evidence.

Messages name the element, never what is in it: bundles hold names and identifiers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radloom.errors import Rejected
from services.cachexia_scorer import conditions, observations
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.fhir_values import mapping, mappings, recorded, text

_CLINICAL = {"Observation", "Condition"}

ONE_PATIENT = "expected one patient per bundle; send one bundle for each"


@dataclass(frozen=True)
class Entry:
    """A resource of the bundle.

    Attributes:
        place: Where it stands, "entry[3].resource".
        url: Bundle.entry.fullUrl; empty when there is none.
        resource: The resource.
    """

    place: str
    url: str
    resource: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Resource type."""
        return text(self.resource.get("resourceType"))

    @property
    def identity(self) -> str:
        """The same for all versions of the resource.

        Raises:
            Rejected: It has neither id nor fullUrl, so a result could not name it.
        """
        identity = text(self.resource.get("id"))
        if identity:
            return f"{self.type}/{identity}"
        if self.url:
            return self.url
        raise Rejected(
            f"{self.place} has neither id nor fullUrl: expected one, because every result names"
            " its evidence; add Resource.id",
            reason="unnamed_resource",
        )


def evidence_of(bundle: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """All evidence that a bundle holds, in its order; other resources are passed over.

    Raises:
        Rejected: It is no Bundle, it speaks of several patients, or a resource cannot be named.
    """
    entries = _entries(bundle)
    _check_one_patient(entries)
    graded = observations.grades(e.resource for e in entries if e.type == "Observation")
    found: list[Evidence] = []
    for entry in entries:
        if entry.type == "Observation":
            found += observations.observed(entry.identity, entry.resource, graded)
        elif entry.type == "Condition":
            found += conditions.stated(entry.identity, entry.resource)
        elif entry.type == "Patient":
            found += _patient(entry)
    return tuple(found)


def _entries(bundle: Mapping[str, Any]) -> list[Entry]:
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        raise Rejected(
            "resourceType is not Bundle: expected a FHIR R4 Bundle as a JSON object",
            reason="not_a_bundle",
        )
    listed = bundle.get("entry", [])
    if not isinstance(listed, list):
        raise Rejected("Bundle.entry is not an array", reason="not_a_bundle")
    entries = []
    for index, item in enumerate(listed):
        resource = mapping(item).get("resource", {})
        if not isinstance(item, Mapping) or not isinstance(resource, Mapping):
            raise Rejected(
                f"entry[{index}].resource is not an object: expected a FHIR R4 resource",
                reason="not_a_bundle",
            )
        entries.append(Entry(f"entry[{index}].resource", text(item.get("fullUrl")), resource))
    return entries


def _patient(entry: Entry) -> Iterator[Evidence]:
    at = recorded(entry.resource)
    for element, kind in (("gender", "sex"), ("birthDate", "birth_date")):
        word = text(entry.resource.get(element))
        if word:
            yield Evidence(
                id=f"{entry.identity}#{element}",
                kind=kind,
                word=word,
                recorded_at=at,
                source=observations.SOURCE,
            )


def _check_one_patient(entries: Sequence[Entry]) -> None:
    patients = [entry for entry in entries if entry.type == "Patient"]
    if len({patient.identity for patient in patients}) > 1:
        raise Rejected(f"several Patient resources: {ONE_PATIENT}", reason="several_patients")
    subjects = [(e.place, _subject(e)) for e in entries if e.type in _CLINICAL]
    for place, subject in subjects:
        if not subject:
            raise Rejected(
                f"{place}.subject names nobody: expected a reference or an identifier of the"
                " patient; add it",
                reason="no_subject",
            )
    known = _names(patients) if patients else subjects[0][1] if subjects else set()
    for place, subject in subjects:
        if not subject & known:
            raise Rejected(
                f"{place}.subject is not the patient of the bundle: {ONE_PATIENT}, or add the"
                " Patient with all of his or her identifiers",
                reason="several_patients",
            )


def _subject(entry: Entry) -> set[str]:
    """Every way in which a resource names its patient."""
    subject = mapping(entry.resource.get("subject"))
    names = set()
    reference = text(subject.get("reference"))
    if reference:
        names.add(_unversioned(reference))
    identifier = mapping(subject.get("identifier"))
    if identifier.get("value"):
        names.add(_identifier(identifier))
    return names


def _names(patients: Sequence[Entry]) -> set[str]:
    """Every way in which the patient may be named."""
    names = set()
    for patient in patients:
        names |= {patient.identity, patient.url, _unversioned(patient.url)} - {""}
        names |= {
            _identifier(identifier)
            for identifier in mappings(patient.resource.get("identifier"))
            if identifier.get("value")
        }
    return names


def _unversioned(reference: str) -> str:
    """The reference without version, as relative one where it names a Patient on a server."""
    plain, _, _ = reference.partition("/_history/")
    server, found, identity = plain.rpartition("/Patient/")
    return f"Patient/{identity}" if found and server else plain


def _identifier(identifier: Mapping[str, Any]) -> str:
    return f"{text(identifier.get('system'))}|{text(identifier.get('value'))}"
