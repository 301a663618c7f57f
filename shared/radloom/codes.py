"""Every code radloom writes, once, with its source.

Codes of public schemes are those of the DICOM dictionary (PS3.16), checked against pydicom's copy
by a test. No LOINC, RadLex or SNOMED CT code was found for skeletal muscle area at L3 or for the
skeletal muscle index, so radloom owns a small code system, `99RADLOOM`. Each of its codes that has
a wider relative in a public scheme names it in `WIDER`: the content of a ConceptMap, so that a
standard code, once there is one, is a change of data here and nowhere else.
"""

from dataclasses import dataclass

LOCAL_SCHEME = "99RADLOOM"
"""Coding Scheme Designator of our own codes; "99" marks private schemes (PS3.16 section 8.2)."""

LOCAL_SCHEME_UID = "2.25.54542942886054454998706379590551347293"
"""Coding Scheme UID (0008,010C) of our own codes, under the UUID root (PS3.5 B.2)."""

LOCAL_SCHEME_NAME = "radloom body composition codes"

FHIR_SYSTEMS = {
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "SCT": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
    LOCAL_SCHEME: f"urn:oid:{LOCAL_SCHEME_UID}",
}
"""FHIR code system of each DICOM coding scheme (PS3.16 section 8.1; FHIR R4 section 4.3)."""


@dataclass(frozen=True)
class Code:
    """A coded concept.

    Attributes:
        value: Code Value (0008,0100).
        scheme: Coding Scheme Designator (0008,0102).
        meaning: Code Meaning (0008,0104).
    """

    value: str
    scheme: str
    meaning: str

    @property
    def system(self) -> str:
        """The scheme as FHIR names it."""
        return FHIR_SYSTEMS[self.scheme]


# ---------------------------------------------------------------- report: PS3.16 TID 1500

IMAGING_MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")  # CID 7021
CT_UNSPECIFIED_BODY_REGION = Code("25045-6", "LN", "CT unspecified body region")  # CID 100
DIAGNOSTIC_IMAGING_REPORT = Code("18748-4", "LN", "Diagnostic Imaging Report")  # CID 7000
MEASUREMENT_GROUP = Code("125007", "DCM", "Measurement Group")  # TID 1410

# ---------------------------------------------------------------- what and where

TISSUE = Code("85756007", "SCT", "Tissue")  # CID 7150
SKELETAL_MUSCLE = Code("127954009", "SCT", "Skeletal muscle")  # CID 7166
L3_VERTEBRA = Code("36470004", "SCT", "L3 vertebra")  # CID 4031

# ---------------------------------------------------------------- measurements

AREA = Code("42798000", "SCT", "Area")  # CID 7469
ATTENUATION_COEFFICIENT = Code("112031", "DCM", "Attenuation Coefficient")
MEAN = Code("373098007", "SCT", "Mean")  # CID 7464
UNCERTAINTY_RANGE = Code("371884006", "SCT", "+/-, range of measurement uncertainty")  # CID 225
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")  # CID 7162

MUSCLE_AREA_L3 = Code("muscle-area-l3", LOCAL_SCHEME, "Skeletal muscle area at L3")
MUSCLE_ATTENUATION_L3 = Code(
    "muscle-hu-l3", LOCAL_SCHEME, "Mean attenuation of skeletal muscle at L3"
)
MUSCLE_INDEX_L3 = Code("muscle-index-l3", LOCAL_SCHEME, "Skeletal muscle index at L3")
MUSCLE_AREA_L3_LOW = Code("area-low-l3", LOCAL_SCHEME, "Lower bound of muscle area at L3")
MUSCLE_AREA_L3_HIGH = Code("area-high-l3", LOCAL_SCHEME, "Upper bound of muscle area at L3")
AGREEMENT = Code("agreement", LOCAL_SCHEME, "Mean pairwise Dice of the models of an ensemble")
GRADE = Code("grade", LOCAL_SCHEME, "Grade of an automatic measurement")
GRADE_A = Code("grade-a", LOCAL_SCHEME, "A: models agree")
GRADE_B = Code("grade-b", LOCAL_SCHEME, "B: models differ, needs review")
REVIEW_STATE = Code("review-state", LOCAL_SCHEME, "Review of an automatic measurement")
NOT_REVIEWED = Code("not-reviewed", LOCAL_SCHEME, "AI, not reviewed")

GRADES = {"A": GRADE_A, "B": GRADE_B}
"""Grades that may be published; grade C is a refusal."""

WIDER = {
    MUSCLE_AREA_L3: AREA,
    MUSCLE_ATTENUATION_L3: ATTENUATION_COEFFICIENT,
}
"""ConceptMap, relation "wider": what the code means less narrowly in a public scheme."""

BODY_HEIGHT = Code("8302-2", "LN", "Body height")  # LOINC; US Core vital signs

# ---------------------------------------------------------------- units: UCUM, PS3.16 CID 7181

SQUARE_CENTIMETRE = Code("cm2", "UCUM", "cm2")
HOUNSFIELD_UNIT = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
SQUARE_CENTIMETRE_PER_SQUARE_METRE = Code("cm2/m2", "UCUM", "cm2/m2")
METRE = Code("m", "UCUM", "m")
NO_UNITS = Code("1", "UCUM", "no units")

# ---------------------------------------------------------------- FHIR R4 and HL7 terminology

_THO = "http://terminology.hl7.org/CodeSystem"

FHIR_SYSTEMS |= {
    "observation-category": f"{_THO}/observation-category",
    "diagnostic-service": f"{_THO}/v2-0074",
    "observation-value": f"{_THO}/v3-ObservationValue",
    "data-operation": f"{_THO}/v3-DataOperation",
    "identifier-type": f"{_THO}/v2-0203",
    "participant-type": f"{_THO}/provenance-participant-type",
    "ai-device": "http://hl7.org/fhir/uv/aitransparency/CodeSystem/AIdeviceTypeCS",
}

IMAGING = Code("imaging", "observation-category", "Imaging")
COMPUTED_TOMOGRAPHY = Code("CT", "diagnostic-service", "CAT Scan")
AI_ASSERTED = Code("AIAST", "observation-value", "Artificial Intelligence asserted")
CREATED = Code("CREATE", "data-operation", "create")
REVISED = Code("UPDATE", "data-operation", "revise")
NULLIFIED = Code("NULLIFY", "data-operation", "nullify")
MEDICAL_RECORD_NUMBER = Code("MR", "identifier-type", "Medical record number")
PERFORMER = Code("performer", "participant-type", "Performer")
AI_DEVICE = Code("Artificial-Intelligence", "ai-device", "Artificial Intelligence")
"""AI Transparency on FHIR, 2026Jan ballot: Device.type and the role of an agent."""

RESULT_TAG_SYSTEM = "urn:oid:2.25.337098206101905925029127583902540971725"
"""System of the tag that names the result which a Provenance belongs to."""
