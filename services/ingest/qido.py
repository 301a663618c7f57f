"""Queries over what ingest holds (QIDO-RS, PS3.18 section 10.6), on DICOM JSON rows."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydicom.datadict import dictionary_VR, tag_for_keyword

from radloom.errors import Rejected

Level = Literal["studies", "series", "instances"]
Json = dict[str, Any]

STUDY = [
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
]
SERIES = [
    "Modality",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDate",
    "SeriesTime",
]
INSTANCE = [
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "BitsAllocated",
    "NumberOfFrames",
]
"""Attributes returned per level (PS3.18 tables 10.6.3-3 to 10.6.3-5)."""

CONTROL = {"limit", "offset", "includefield", "fuzzymatching"}
MAX_RESULTS = 1000


def tag(keyword_or_tag: str) -> str:
    """Tag as eight hexadecimal digits.

    Raises:
        Rejected: Neither a keyword nor a tag.
    """
    if re.fullmatch(r"[0-9A-Fa-f]{8}", keyword_or_tag):
        return keyword_or_tag.upper()
    found = tag_for_keyword(keyword_or_tag)
    if found is None:
        raise Rejected(
            f"query attribute {keyword_or_tag[:64]!r}; expected a DICOM keyword or tag",
            reason="query",
        )
    return f"{found:08X}"


def search(
    level: Level, rows: Sequence[Mapping[str, Any]], query: Sequence[tuple[str, str]]
) -> list[Json]:
    """Matches of `query` at `level`.

    Args:
        level: What a match is.
        rows: Instances, ordered by study, series, instance; `attributes` holds DICOM JSON.
        query: Parameters of the request, in order.

    Raises:
        Rejected: An unknown attribute, or a limit that is no number.
    """
    matchers = [(tag(name), value) for name, value in query if name not in CONTROL and value != ""]
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_identity(level, row), []).append(row)
    found = [described(level, group) for group in groups.values()]
    matched = [item for item in found if all(_matches(item, t, v) for t, v in matchers)]
    options = dict(query)
    offset = _count(options.get("offset", "0"), "offset")
    limit = min(_count(options.get("limit", str(MAX_RESULTS)), "limit"), MAX_RESULTS)
    return matched[offset : offset + limit]


def described(level: Level, group: Sequence[Mapping[str, Any]]) -> Json:
    """DICOM JSON of one study, series or instance."""
    keywords = list(STUDY)
    if level != "studies":
        keywords += SERIES
    if level == "instances":
        keywords += INSTANCE
    first: Json = group[0]["attributes"]
    item = {tag(k): first[tag(k)] for k in keywords if tag(k) in first}
    if level == "studies":
        modalities = sorted({str(row["modality"]) for row in group if row["modality"]})
        item[tag("ModalitiesInStudy")] = {"vr": "CS", "Value": modalities}
        series = {row["series_instance_uid"] for row in group}
        item[tag("NumberOfStudyRelatedSeries")] = {"vr": "IS", "Value": [len(series)]}
        item[tag("NumberOfStudyRelatedInstances")] = {"vr": "IS", "Value": [len(group)]}
    elif level == "series":
        item[tag("NumberOfSeriesRelatedInstances")] = {"vr": "IS", "Value": [len(group)]}
    return dict(sorted(item.items()))


def _identity(level: Level, row: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
    depth = {"studies": 1, "series": 2, "instances": 3}[level]
    return tuple(str(row[name]) for name in names[:depth])


def _count(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Rejected(f"{name}={text[:20]!r}; expected a whole number", reason="query")
    return int(text)


def _matches(item: Json, wanted_tag: str, wanted: str) -> bool:
    """Single value, list of UIDs, wildcard and range matching (PS3.4 section C.2.2.2)."""
    values = [_plain(v) for v in item.get(wanted_tag, {}).get("Value", [])]
    try:
        vr = dictionary_VR(int(wanted_tag, 16))
    except KeyError:
        vr = ""
    if vr == "UI":
        return bool(set(values) & set(re.split(r"[,\\]", wanted)))
    if vr in ("DA", "TM", "DT") and "-" in wanted:
        low, _, high = wanted.partition("-")
        return any((not low or low <= v) and (not high or v <= high) for v in values)
    # Names match in any case (PS3.4 section C.2.2.2.1).
    flags = re.IGNORECASE if vr == "PN" else 0
    # Its expressions do not backtrack, however many stars there are; brackets mean themselves here.
    pattern = re.compile(fnmatch.translate(wanted.replace("[", "[[]")), flags)
    return any(pattern.match(value) for value in values)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value.get("Alphabetic", ""))
    return str(value)
