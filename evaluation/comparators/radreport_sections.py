"""radreport's anatomy of sentences: JSON strings in, a list of our section names out.

Run in the evaluation's own environment. Its one keyword per sentence is translated by the table
below; a keyword that stands for several sections counts as right for any of them.
"""

import json
import sys

from radreport import ReportParser

SECTION = {
    "lung": "lungs_airways", "lungs": "lungs_airways", "heart": "heart_pericardium",
    "cardiac": "heart_pericardium", "mediastinum": "mediastinum", "pleura": "pleura",
    "pleural": "pleura", "liver": "liver", "spleen": "spleen", "kidney": "kidneys_ureters",
    "kidneys": "kidneys_ureters", "pancreas": "pancreas", "adrenal": "adrenals",
    "gallbladder": "gallbladder_biliary", "bowel": "stomach_bowel", "colon": "stomach_bowel",
    "appendix": "stomach_bowel", "bladder": "bladder", "uterus": "reproductive",
    "ovary": "reproductive", "prostate": "reproductive", "aorta": "vessels",
    "vascular": "vessels", "lymph": "lymph_nodes", "lymphadenopathy": "lymph_nodes",
    "spine": "bones", "vertebra": "bones", "disc": "bones", "bone": "bones", "osseous": "bones",
    "fracture": "bones", "joint": "bones", "soft tissue": "soft_tissues_wall",
    "chest wall": "soft_tissues_wall", "abdomen": "general_other", "pelvis": "general_other",
}  # fmt: skip


def main() -> None:
    """Answers line by line."""
    parser = ReportParser()
    for line in sys.stdin:
        report = parser.parse("FINDINGS: " + json.loads(line))
        anatomy = {f.anatomy for s in report.sections for f in s.findings if f.anatomy}
        sections = sorted({SECTION.get(name.lower(), "general_other") for name in anatomy})
        sys.stdout.write(json.dumps(sections) + "\n")


main()
