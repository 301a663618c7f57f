"""Which examination a report is of, and the template that it is shown by."""

from pathlib import Path

import pytest

from radloom.errors import Rejected
from services.report_structurer.assign import SECTIONS
from services.report_structurer.exams import Exam, chosen, read_template, recognised, templates
from services.report_structurer.segment import pieces


def exam(report: str, folder: Path | None = None) -> Exam:
    return recognised(report, pieces(report), folder)


@pytest.mark.parametrize(
    ("report", "name"),
    [
        ("EXAM: CT chest without contrast.\nFINDINGS: Clear.", "ct-chest"),
        ("CT CHEST: 1/2/2024\nFINDINGS: Clear.", "ct-chest"),
        ("EXAM: Computed tomography of the abdomen.\nFINDINGS: Normal.", "ct-abdomen"),
        ("EXAM: CT pelvis.\nFINDINGS: Normal.", "ct-pelvis"),
        ("EXAM: CT abdomen and pelvis.\nCOMPARISON: Chest x-ray.\n", "ct-abdomen-pelvis"),
        ("EXAM: CT KUB.\nFINDINGS: No stone.", "ct-abdomen-pelvis"),
        ("EXAM: CT CAP with contrast.\nFINDINGS: Normal.", "ct-cap"),
        ("EXAM: CT chest and abdomen.\nFINDINGS: Normal.", "ct-cap"),
        ("EXAM: CTA chest, PE protocol.\nFINDINGS: No embolus.", "ct-angiography"),
        ("EXAM: CT angiography of the legs.\nFINDINGS: Patent.", "ct-angiography"),
        ("EXAM: PA and lateral chest.\nFINDINGS: Clear lungs.", "chest-xray"),
        ("EXAM: Chest radiograph.\nFINDINGS: Clear lungs.", "chest-xray"),
        ("TECHNIQUE: Axial CT images of the chest.\nFINDINGS: Clear.", "ct-chest"),
        ("EXAM: Chest.\nTECHNIQUE: Helical CT.\nFINDINGS: Clear.", "ct-chest"),
    ],
)
def test_a_report_says_which_examination_it_is_of(report: str, name: str) -> None:
    found = exam(report)
    assert (found.template.name, found.needs_review) == (name, False)
    assert found.spans
    assert all(report[start:end].strip() for start, end in found.spans)


@pytest.mark.parametrize(
    "report",
    [
        "EXAM: MRI of the brain.\nFINDINGS: Normal.",
        "EXAM: CT head.\nFINDINGS: Normal.",
        "EXAM: CT neck and chest.\nFINDINGS: Normal.",
        "FINDINGS: A CT of the chest showed nothing.",
        "",
        "IMPRESSION: CT chest is normal.",
    ],
)
def test_an_examination_without_template_is_shown_whole_and_marked(report: str) -> None:
    found = exam(report)
    assert (found.template.name, found.needs_review) == ("generic", True)


def test_every_template_orders_all_sections_and_expects_some() -> None:
    for template in templates().values():
        assert sorted(template.order) == sorted(SECTIONS)
        assert template.sections == template.order[: len(template.sections)]


def test_a_site_adds_templates_and_replaces_those_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "ct-neck.yaml").write_text(
        "version: 3\ntitle: CT neck\nmodalities: [ct]\nregions: [other]\nsections: [lymph_nodes]\n"
    )
    (tmp_path / "ct-chest.yaml").write_text(
        "version: 9\ntitle: Ours\nmodalities: [ct]\nregions: [chest]\nsections: [bones]\n"
    )
    assert exam("EXAM: CT neck.\nFINDINGS: Normal.", tmp_path).template.id == "ct-neck 3"
    assert chosen("ct-chest", tmp_path).id == "ct-chest 9"
    assert chosen("ct-chest").id != "ct-chest 9"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("- a list", "mapping"),
        ("title: [", "YAML"),
        ("version: one\ntitle: T\nsections: [liver]", "version"),
        ("version: 1\ntitle: T\nsections: [liver, tail]", "sections"),
        ("version: 1\ntitle: T\nsections: []", "sections"),
        ("version: 1\ntitle: T\nsections: [liver]\nmodalities: [pt]", "modalities"),
        ("version: 1\ntitle: T\nsections: [liver]\nusual: {tail: [a]}", "usual"),
        ("version: 1\ntitle: T\nsections: [liver]\nusual: [liver]", "usual"),
        ("version: 1\ntitle: T\nsections: [liver]\nusual: {liver: [1]}", "usual"),
    ],
)
def test_what_is_no_template_is_refused_by_the_entry_that_is_wrong(
    content: str, named: str
) -> None:
    with pytest.raises(Rejected, match=named):
        read_template("ours", content.encode())


def test_an_unknown_examination_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Rejected, match="chest-xray, ct-abdomen"):
        chosen("ct-foot")


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot be read"):
        templates(tmp_path / "missing")
