"""The FHIR transaction in front of validators that others wrote, and of rules they lack."""

import copy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig

from radloom.adapters.fhir_rest import FhirRestServer
from radloom.dicom.report import Predecessor
from radloom.errors import Rejected
from radloom.fhir.cachexia import build_bundle as build_score_bundle
from radloom.fhir.muscle import build_withdrawal
from radloom.fhir.observations import Subject
from radloom.fhir.report import Filing
from radloom.fhir.report import build_bundle as build_report_bundle
from radloom.fhir.shape import check_shape
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from services.publisher.identity import subject_of
from services.publisher.rendering import Current, RenderedResult, render
from tests.peers import medplum_router as medplum
from tests.publisher.example import STUDY, Example, measured
from tests.publisher.report_example import TEXT, cut, written
from tests.publisher.score_example import filing, scored

pytestmark = pytest.mark.peer
Json = dict[str, Any]
SYSTEM = "urn:oid:2.25.999"
DEFINITIONS = Path(__file__).parents[2] / "docs" / "fhir"


def rendered(example: Example, replaces: Current | None = None) -> RenderedResult:
    subject = subject_of(example.source[0], SYSTEM)
    return render(example.event, example.seg, example.source, subject=subject, replaces=replaces)


def successor(first: RenderedResult) -> RenderedResult:
    later = measured(
        revision=2, result_id="0aa1b2c3-0000-4000-8000-000000000002", height_m=None, grade="B"
    )
    report = Predecessor(str(first.sr.SeriesInstanceUID), str(first.sr.SOPInstanceUID))
    return rendered(later, Current(first.statement, report))


def withdrawal(first: RenderedResult) -> Json:
    return build_withdrawal(
        first.statement,
        subject=subject_of(measured().source[0], SYSTEM),
        acquired=None,
        objects=first.objects,
        cause="0aa1b2c3-0000-4000-8000-00000000ff02",
    )


def structured(text: str = TEXT, *, replaces: bool = False, study: str = STUDY) -> Json:
    """Transaction of a report, or of one that replaces another structuring of its document."""
    report = written(text, study=study, accession_number="A1", type_code="24627-2").report
    former = cut(text, [(0, len(text.rstrip()))], study=study).report if replaces else None
    filing = Filing(Subject("PATIENT-7", system=SYSTEM), None, "2.25.78")
    return build_report_bundle(report, filing, replaces=former)


def accepted_event() -> CachexiaScored:
    return scored(mode="active", risk=0.6)


def accepted() -> Json:
    """Transaction of a score whose risk model a site accepted."""
    return build_score_bundle(accepted_event(), filing(accepted_event()))


BUNDLES: dict[str, Callable[[], Json]] = {
    "score": lambda: build_score_bundle(scored(), filing(scored())),
    "score with accepted risk": accepted,
    "score that replaces": lambda: build_score_bundle(
        scored("sex=male; albumin=31 g/L; crp=12 mg/L", revision=2),
        filing(scored()),
        replaces=accepted_event(),
    ),
    "report": structured,
    "report that replaces": lambda: structured(replaces=True),
    "report with characters that FHIR forbids": lambda: structured(
        TEXT.replace("right", "\x0c\x07\xa0right")
    ),
    "first": lambda: rendered(measured()).bundle,
    "without height": lambda: rendered(measured(height_m=None)).bundle,
    "successor": lambda: successor(rendered(measured())).bundle,
    "withdrawal": lambda: withdrawal(rendered(measured())),
}


@pytest.fixture(scope="module", params=BUNDLES)
def bundle(request: pytest.FixtureRequest) -> Json:
    return BUNDLES[request.param]()


@pytest.fixture(scope="module")
def peer() -> Iterator[medplum.Medplum]:
    with medplum.running() as running:
        yield running


def resources(bundle: Json) -> list[Json]:
    return [entry["resource"] for entry in bundle["entry"]]


def objects(value: object) -> Iterator[Json]:
    """Every JSON object inside `value`."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


# ---------------------------------------------------------------- validators of others


def test_the_shape_is_that_of_r4(bundle: Json) -> None:
    check_shape(bundle)


def test_pyrofile_finds_nothing(bundle: Json) -> None:
    validator = Validator(ValidatorConfig(local_package_paths=[str(DEFINITIONS)]))
    for resource in resources(bundle):
        issues = validator.validate_resource(resource).issues
        found = [(issue.code, issue.path, issue.message) for issue in issues]
        # It takes the status codes from the short form of the definition, "amended +".
        assert [f for f in found if "Code 'entered-in-error' is not in required" not in f[2]] == []


def test_medplum_finds_nothing_in_what_it_stored(bundle: Json, peer: medplum.Medplum) -> None:
    record = FhirRestServer(peer.url)
    for reference in record.transaction(bundle):
        assert peer.issues(dict(record.read(reference))) == []
    record.close()


BROKEN = {
    "no code": lambda o: o.pop("code"),
    "no status": lambda o: o.pop("status"),
    "unknown status": lambda o: o.update(status="nonsense"),
    "unknown element": lambda o: o.update(colour="red"),
    "text as number": lambda o: o["valueQuantity"].update(value="many"),
    "a list where one belongs": lambda o: o.update(bodySite=[o["bodySite"]]),
}


def has_the_shape(resource: Json) -> bool:
    entry = {"resource": resource}
    try:
        check_shape({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("defect", BROKEN)
def test_some_validator_notices_each_seeded_defect(defect: str, peer: medplum.Medplum) -> None:
    whole = rendered(measured()).bundle
    observation = copy.deepcopy(whole["entry"][2]["resource"])
    BROKEN[defect](observation)
    noticed = [] if has_the_shape(observation) else ["R4B"]
    if Validator().validate_resource(observation).issues:
        noticed.append("pyrofile")
    if any(issue.startswith("error") for issue in peer.issues(observation)):
        noticed.append("medplum")
    assert noticed


# ---------------------------------------------------------------- rules they lack


def test_a_quantity_with_a_code_names_its_system(bundle: Json) -> None:  # qty-3
    quantities = [o for o in objects(bundle) if "value" in o and "unit" in o]
    assert quantities
    assert all(o["system"] == "http://unitsofmeasure.org" and o["code"] for o in quantities)


def test_no_component_repeats_the_code_of_an_observation_with_a_value(bundle: Json) -> None:
    for resource in resources(bundle):  # obs-7
        own = {(c["system"], c["code"]) for c in resource.get("code", {}).get("coding", [])}
        for component in resource.get("component", []):
            assert own.isdisjoint(
                (c["system"], c["code"]) for c in component["code"].get("coding", [])
            )


TARGETS = {
    "device": {"Device"},
    "hasMember": {"Observation"},
    "result": {"Observation"},
    "who": {"Device"},
    "target": {"Observation", "DiagnosticReport", "RiskAssessment"},
    "performer": {"Device"},  # of a RiskAssessment
}


def test_every_link_leads_to_an_entry_of_a_type_that_belongs_there(bundle: Json) -> None:
    kinds = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
    assert len(kinds) == len(bundle["entry"])
    links = [
        (name, item["reference"])
        for parent in objects(bundle)
        for name, value in parent.items()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, dict) and "reference" in item
    ]
    assert links
    for name, reference in links:
        assert kinds[reference] in TARGETS[name]


def test_references_without_link_say_type_and_identifier(bundle: Json) -> None:
    logical = [o for o in objects(bundle) if "identifier" in o and "type" in o and "what" not in o]
    references = [o for o in logical if o["type"] in ("Patient", "ImagingStudy")]
    about_images = any(r["resourceType"] == "DiagnosticReport" for r in resources(bundle))
    expected = {"Patient", "ImagingStudy"} if about_images else {"Patient"}
    assert {o["type"] for o in references} == expected
    assert all(o["identifier"]["value"] for o in references)


def test_everything_that_ai_asserts_is_labelled_in_the_same_transaction(bundle: Json) -> None:
    provenance = resources(bundle)[-1]
    labelled = {e["fullUrl"] for e in bundle["entry"] if e["request"]["method"] == "PUT"}
    assert provenance["resourceType"] == "Provenance"
    assert {target["reference"] for target in provenance["target"]} == labelled
    assert provenance["reason"][0]["coding"][0]["code"] == "AIAST"
    for entry in bundle["entry"]:
        if entry["request"]["method"] == "PUT":
            assert entry["resource"]["meta"]["security"][0]["code"] == "AIAST"


# ---------------------------------------------------------------- a server of others


def counts(peer: medplum.Medplum) -> Mapping[str, int]:
    kinds = ("Device", "Observation", "DiagnosticReport", "Provenance")
    return {kind: peer.count(kind) for kind in kinds}


def test_sent_twice_it_adds_nothing() -> None:
    first = rendered(measured())
    with medplum.running() as peer:
        record = FhirRestServer(peer.url)
        references = record.transaction(first.bundle)
        before = counts(peer)
        assert record.transaction(first.bundle) == references
        assert counts(peer) == before
        record.close()


def test_a_successor_revises_the_resources_of_its_predecessor() -> None:
    first = rendered(measured())
    later = successor(first)
    with medplum.running() as peer:
        record = FhirRestServer(peer.url)
        before = set(record.transaction(first.bundle))
        after = record.transaction(later.bundle)
        assert {r for r in after if not r.startswith("Provenance/")} == {
            r for r in before if not r.startswith("Provenance/")
        }
        area = record.read(next(r for r in after if r.startswith("Observation/")))
        assert area["status"] == "preliminary"
        assert counts(peer)["Provenance"] == 2
        record.close()
