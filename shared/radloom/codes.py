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
    "RFC5646": "urn:ietf:bcp:47",
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
FAT = Code("55603005", "SCT", "Fat")  # CID 7166
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
LOW_ATTENUATION_L3 = Code("muscle-low-hu-l3", LOCAL_SCHEME, "Share of muscle of -29 to 29 HU at L3")
SUBCUTANEOUS_FAT_L3 = Code("sat-area-l3", LOCAL_SCHEME, "Subcutaneous fat area at L3")
VISCERAL_FAT_L3 = Code("vat-area-l3", LOCAL_SCHEME, "Visceral fat area at L3")
MUSCLE_AREA_BOUNDS = (MUSCLE_AREA_L3_LOW, MUSCLE_AREA_L3_HIGH)
MUSCLE_ATTENUATION_BOUNDS = (
    Code("muscle-hu-low", LOCAL_SCHEME, "Lower bound of mean attenuation of muscle at L3"),
    Code("muscle-hu-high", LOCAL_SCHEME, "Upper bound of mean attenuation of muscle at L3"),
)
MUSCLE_INDEX_BOUNDS = (
    Code("index-low-l3", LOCAL_SCHEME, "Lower bound of skeletal muscle index at L3"),
    Code("index-high-l3", LOCAL_SCHEME, "Upper bound of skeletal muscle index at L3"),
)
LOW_ATTENUATION_BOUNDS = (
    Code("low-hu-low-l3", LOCAL_SCHEME, "Lower bound of share of muscle of -29 to 29 HU"),
    Code("low-hu-high-l3", LOCAL_SCHEME, "Upper bound of share of muscle of -29 to 29 HU"),
)
LOW_BOUND = Code("low-bound", LOCAL_SCHEME, "Lower bound of the 90 % interval")
HIGH_BOUND = Code("high-bound", LOCAL_SCHEME, "Upper bound of the 90 % interval")
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
    SUBCUTANEOUS_FAT_L3: AREA,
    VISCERAL_FAT_L3: AREA,
}
"""ConceptMap, relation "wider": what the code means less narrowly in a public scheme."""

BODY_HEIGHT = Code("8302-2", "LN", "Body height")  # LOINC; US Core vital signs

# ---------------------------------------------------------------- cachexia: published criteria

CACHEXIA = Code("238108007", "SCT", "Cachexia")  # outcome of a RiskAssessment
CACHEXIA_RISK = Code("cachexia-risk", LOCAL_SCHEME, "Risk of cachexia, calibrated probability")

CRITERIA = {
    "fearon_2011_cachexia": Code("crit-fearon-2011", LOCAL_SCHEME, "Cachexia (Fearon 2011)"),
    "glim_2019_malnutrition": Code("crit-glim-2019", LOCAL_SCHEME, "Malnutrition (GLIM 2019)"),
    "martin_2013_low_muscle_index": Code(
        "crit-martin-smi", LOCAL_SCHEME, "Low skeletal muscle index (Martin 2013)"
    ),
    "martin_2013_low_attenuation": Code(
        "crit-martin-smd", LOCAL_SCHEME, "Low muscle attenuation (Martin 2013)"
    ),
    "martin_2013_weight_loss": Code(
        "crit-martin-loss", LOCAL_SCHEME, "Weight loss above 8 % (Martin 2013)"
    ),
    "prado_2008_sarcopenic_obesity": Code(
        "crit-prado-2008", LOCAL_SCHEME, "Sarcopenic obesity (Prado 2008)"
    ),
    "derstine_2018_low_area": Code(
        "crit-derst-sma", LOCAL_SCHEME, "Low skeletal muscle area (Derstine 2018)"
    ),
    "derstine_2018_low_muscle_index": Code(
        "crit-derst-smi", LOCAL_SCHEME, "Low skeletal muscle index (Derstine 2018)"
    ),
    "derstine_2018_low_attenuation": Code(
        "crit-derst-smd", LOCAL_SCHEME, "Low muscle attenuation (Derstine 2018)"
    ),
    "mgps": Code("crit-mgps", LOCAL_SCHEME, "Modified Glasgow prognostic score"),
    "mps": Code("crit-mps", LOCAL_SCHEME, "MPS: albumin and neutrophil-lymphocyte ratio"),
    "nlr": Code("crit-nlr", LOCAL_SCHEME, "Neutrophil-lymphocyte ratio"),
    "nlr_above_3_5": Code("crit-nlr-high", LOCAL_SCHEME, "Neutrophil-lymphocyte ratio above 3.5"),
    "pni": Code("crit-pni", LOCAL_SCHEME, "Prognostic nutritional index"),
    "crp_albumin_ratio": Code("crit-car", LOCAL_SCHEME, "C-reactive protein to albumin ratio"),
    "bun_creatinine_ratio": Code(
        "crit-bun-crea", LOCAL_SCHEME, "Urea nitrogen to creatinine ratio"
    ),
}
"""Code of each criterion of the scorer's panel."""

# ---------------------------------------------------------------- text reports: PS3.16 TID 2000

OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")  # TID 1002
DEVICE = Code("121007", "DCM", "Device")  # CID 270
DEVICE_OBSERVER_UID = Code("121012", "DCM", "Device Observer UID")  # TID 1004
DEVICE_OBSERVER_NAME = Code("121013", "DCM", "Device Observer Name")
DEVICE_OBSERVER_MANUFACTURER = Code("121014", "DCM", "Device Observer Manufacturer")
DEVICE_OBSERVER_MODEL_NAME = Code("121015", "DCM", "Device Observer Model Name")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")  # TID 1204
ENGLISH = Code("en", "RFC5646", "English")  # CID 5000

REPORT_TITLES = {
    "11528-7": Code("11528-7", "LN", "Radiology Report"),
    "24627-2": Code("24627-2", "LN", "CT Chest Report"),
    "24725-4": Code("24725-4", "LN", "CT Head Report"),
    "25045-6": Code("25045-6", "LN", "CT Report"),
    "25056-3": Code("25056-3", "LN", "MRI Report"),
    "25061-3": Code("25061-3", "LN", "Ultrasound Report"),
    "41806-1": Code("41806-1", "LN", "CT Abdomen Report"),
    "43468-8": Code("43468-8", "LN", "X-Ray Report"),
    "49118-3": Code("49118-3", "LN", "Nuclear Medicine Report"),
}
"""Kinds of document whose LOINC code may be the title of an SR too, CID 7000; the general ones."""

_PROCEDURE = Code("55111-9", "LN", "Current Procedure Descriptions")
REPORT_HEADINGS = {
    "exam": _PROCEDURE,
    "technique": _PROCEDURE,
    "indication": Code("18785-6", "LN", "Indications for Procedure"),
    "comparison": Code("55114-3", "LN", "Prior Procedure Descriptions"),
    "findings": Code("59776-5", "LN", "Findings"),
    "impression": Code("19005-8", "LN", "Impressions"),
    "communication": Code("73568-8", "LN", "Communication of Critical Results"),
}
"""Heading of each part of a report, CID 7001; findings and impression as IHE IMR names them."""

_DESCRIPTION = Code("121065", "DCM", "Procedure Description")
REPORT_ELEMENTS = {
    "exam": _DESCRIPTION,
    "technique": _DESCRIPTION,
    "indication": Code("11329-0", "LN", "History"),
    "comparison": _DESCRIPTION,
    "findings": Code("121071", "DCM", "Finding"),
    "impression": Code("121073", "DCM", "Impression"),
    "communication": Code("55112-7", "LN", "Summary"),
}
"""What one statement of each part is, CID 7002; where that group has no narrower word, a wider."""

FINDING_SITE = Code("363698007", "SCT", "Finding Site")
ORGAN_SECTION = Code("organ-section", LOCAL_SCHEME, "Section of a structured report")
LUNGS_AIRWAYS = Code("organs-lungs", LOCAL_SCHEME, "Lungs and airways")
HEART_PERICARDIUM = Code("organs-heart", LOCAL_SCHEME, "Heart and pericardium")
GALLBLADDER_BILIARY = Code("organs-biliary", LOCAL_SCHEME, "Gallbladder and bile ducts")
KIDNEYS_URETERS = Code("organs-kidneys", LOCAL_SCHEME, "Kidneys and ureters")
REPRODUCTIVE = Code("organs-reprod", LOCAL_SCHEME, "Reproductive organs")
STOMACH_BOWEL = Code("organs-bowel", LOCAL_SCHEME, "Stomach and bowel")
PERITONEUM = Code("organs-peritoneu", LOCAL_SCHEME, "Peritoneum and retroperitoneum")
SOFT_TISSUES_WALL = Code("organs-wall", LOCAL_SCHEME, "Soft tissues and body wall")
DEVICES = Code("organs-devices", LOCAL_SCHEME, "Devices and postoperative changes")
GENERAL = Code("organs-general", LOCAL_SCHEME, "General and other")

ORGAN_SECTIONS = {
    "lungs_airways": LUNGS_AIRWAYS,
    "pleura": Code("3120008", "SCT", "Pleura"),
    "heart_pericardium": HEART_PERICARDIUM,
    "mediastinum": Code("72410000", "SCT", "Mediastinum"),
    "lymph_nodes": Code("59441001", "SCT", "Lymph Node"),
    "vessels": Code("59820001", "SCT", "Blood Vessel"),
    "soft_tissues_wall": SOFT_TISSUES_WALL,
    "liver": Code("10200004", "SCT", "Liver"),
    "gallbladder_biliary": GALLBLADDER_BILIARY,
    "spleen": Code("78961009", "SCT", "Spleen"),
    "pancreas": Code("15776009", "SCT", "Pancreas"),
    "adrenals": Code("23451007", "SCT", "Adrenal gland"),
    "kidneys_ureters": KIDNEYS_URETERS,
    "bladder": Code("89837001", "SCT", "Bladder"),
    "reproductive": REPRODUCTIVE,
    "stomach_bowel": STOMACH_BOWEL,
    "peritoneum_retroperitoneum": PERITONEUM,
    "bones": Code("3138006", "SCT", "Bone"),
    "devices_postop": DEVICES,
    "general_other": GENERAL,
}
"""What each organ section is about. A section of several organs has a code of ours: to call a
dilated ureter a finding of the kidney would be an invention."""

NO_SITES = frozenset({DEVICES, GENERAL})
"""Sections that are no place in the body."""

POLARITY = Code("polarity", LOCAL_SCHEME, "What a statement says of its findings")
POLARITIES = {
    "affirmed": Code("52101004", "SCT", "Present"),  # CID 240
    "negated": Code("272519000", "SCT", "Absent"),
    "mixed": Code("mixed", LOCAL_SCHEME, "Some present, some absent"),
}
"""Of a statement with findings; "none" has no code, because it says nothing."""

CERTAINTY = Code("certainty", LOCAL_SCHEME, "How certain a statement is")
CERTAINTIES = {
    "certain": Code("certain", LOCAL_SCHEME, "Certain"),
    "uncertain": Code("uncertain", LOCAL_SCHEME, "Uncertain"),
}
TEMPORALITY = Code("temporality", LOCAL_SCHEME, "When a statement holds")
TEMPORALITIES = {
    "current": Code("current", LOCAL_SCHEME, "Current"),
    "historical": Code("historical", LOCAL_SCHEME, "Historical"),
    "hypothetical": Code("hypothetical", LOCAL_SCHEME, "Hypothetical"),
}

LENGTH = Code("410668003", "SCT", "Length")  # CID 7470
VOLUME = Code("118565006", "SCT", "Volume")  # CID 7472

# ---------------------------------------------------------------- units: UCUM, PS3.16 CID 7181

MILLIMETRE = Code("mm", "UCUM", "mm")
CENTIMETRE = Code("cm", "UCUM", "cm")
MILLILITRE = Code("mL", "UCUM", "mL")
SQUARE_CENTIMETRE = Code("cm2", "UCUM", "cm2")
HOUNSFIELD_UNIT = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
SQUARE_CENTIMETRE_PER_SQUARE_METRE = Code("cm2/m2", "UCUM", "cm2/m2")
METRE = Code("m", "UCUM", "m")
NO_UNITS = Code("1", "UCUM", "no units")

STATED_QUANTITIES = {
    "mm": (LENGTH, MILLIMETRE),
    "cm": (LENGTH, CENTIMETRE),
    "mL": (VOLUME, MILLILITRE),
    "[hnsf'U]": (ATTENUATION_COEFFICIENT, HOUNSFIELD_UNIT),
}
"""What a number with this unit measures in a radiology report. Units that do not tell (a share, a
time, a weight, a dose) are not here: their numbers stay words."""

# ---------------------------------------------------------------- FHIR R4 and HL7 terminology

_THO = "http://terminology.hl7.org/CodeSystem"

FHIR_SYSTEMS |= {
    "observation-category": f"{_THO}/observation-category",
    "diagnostic-service": f"{_THO}/v2-0074",
    "observation-value": f"{_THO}/v3-ObservationValue",
    "data-operation": f"{_THO}/v3-DataOperation",
    "identifier-type": f"{_THO}/v2-0203",
    "interpretation": f"{_THO}/v3-ObservationInterpretation",
    "participant-type": f"{_THO}/provenance-participant-type",
    "act-reason": f"{_THO}/v3-ActReason",
    "record-lifecycle": f"{_THO}/iso-21089-lifecycle",
    "audit-lifecycle": f"{_THO}/dicom-audit-lifecycle",
    "ai-device": "http://hl7.org/fhir/uv/aitransparency/CodeSystem/AIdeviceTypeCS",
}

IMAGING = Code("imaging", "observation-category", "Imaging")
SURVEY = Code("survey", "observation-category", "Survey")
COMPUTED_TOMOGRAPHY = Code("CT", "diagnostic-service", "CAT Scan")
RADIOLOGY = Code("RAD", "diagnostic-service", "Radiology")
FINDING_PRESENT = Code("POS", "interpretation", "Positive")
FINDING_ABSENT = Code("NEG", "interpretation", "Negative")
CRITICAL_ABNORMAL = Code("AA", "interpretation", "Critical abnormal")
ACCESSION_ID = Code("ACSN", "identifier-type", "Accession ID")
AI_ASSERTED = Code("AIAST", "observation-value", "Artificial Intelligence asserted")
CREATED = Code("CREATE", "data-operation", "create")
REVISED = Code("UPDATE", "data-operation", "revise")
NULLIFIED = Code("NULLIFY", "data-operation", "nullify")
MEDICAL_RECORD_NUMBER = Code("MR", "identifier-type", "Medical record number")
RESEARCH = Code("HRESCH", "act-reason", "healthcare research")
PSEUDONYMIZED = Code("pseudonymize", "record-lifecycle", "Pseudonymize Record Lifecycle Event")
DEIDENTIFICATION = Code("7", "audit-lifecycle", "De-identification")
EXPORT = Code("110106", "DCM", "Export")
"""Audit event type (PS3.15 A.5.3.5)."""

ASSEMBLER = Code("assembler", "participant-type", "Assembler")
PERFORMER = Code("performer", "participant-type", "Performer")
AI_DEVICE = Code("Artificial-Intelligence", "ai-device", "Artificial Intelligence")
"""AI Transparency on FHIR, 2026Jan ballot: Device.type and the role of an agent."""

SOURCE_SPAN_URL = "urn:oid:2.25.260258131090337154333818061400419470834"
"""Extension of an Observation: where its text stands in the document (`radloom.fhir.report`)."""

RESULT_TAG_SYSTEM = "urn:oid:2.25.337098206101905925029127583902540971725"
"""System of the tag that names the result which a Provenance belongs to."""
