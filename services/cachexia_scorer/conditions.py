"""FHIR Conditions as evidence: malignancy, its stage, symptoms that are coded as diagnoses."""

from collections.abc import Iterator, Mapping
from typing import Any

from radloom.fhir.staging import stage_of
from services.cachexia_scorer.clinical_codes import (
    is_malignant,
    is_past_malignancy,
    symptom,
)
from services.cachexia_scorer.evidence import Evidence, Polarity, Status
from services.cachexia_scorer.fhir_values import (
    codings,
    mapping,
    mappings,
    moment,
    recorded,
    status_code,
    words,
)

SOURCE = "fhir"

_PAST = {"inactive", "remission", "resolved"}
_UNSURE = {"unconfirmed", "provisional", "differential"}


def stated(identity: str, resource: Mapping[str, Any]) -> Iterator[Evidence]:
    """The evidence of one Condition."""
    status: Status = "present"
    if status_code(resource.get("verificationStatus")) == "entered-in-error":
        status = "retracted"
    kind, word, polarity = _meaning(resource)
    if not kind:
        return
    observed_at = moment(resource.get("recordedDate")) or moment(resource.get("onsetDateTime"))
    common: dict[str, Any] = {
        "observed_at": observed_at,
        "recorded_at": recorded(resource),
        "status": status,
        "source": SOURCE,
    }
    problem = "" if observed_at or kind == "diagnosis" else "no day: expected recordedDate"
    yield Evidence(id=identity, kind=kind, word=word, polarity=polarity, problem=problem, **common)
    if kind == "diagnosis":
        for stage in mappings(resource.get("stage")):
            group = stage_of(words(stage.get("summary")))
            if group:
                yield Evidence(id=f"{identity}#stage", kind="stage", word=group, **common)
                return


def _meaning(resource: Mapping[str, Any]) -> tuple[str, str, Polarity]:
    """Kind of evidence, word and polarity; an empty kind when it says nothing here."""
    polarity = _polarity(resource)
    for system, code in codings(mapping(resource).get("code")):
        if is_malignant(system, code):
            return "diagnosis", "malignancy", polarity
        if is_past_malignancy(system, code):
            return "diagnosis", "malignancy", "historical"
        name = symptom(system, code)
        if name:
            return "symptom", name, polarity
    return "", "", "other"


def _polarity(resource: Mapping[str, Any]) -> Polarity:
    verification = status_code(resource.get("verificationStatus"))
    if verification == "refuted":
        return "absent"
    if verification in _UNSURE:
        return "other"
    return "historical" if status_code(resource.get("clinicalStatus")) in _PAST else "present"
