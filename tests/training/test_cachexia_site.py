"""Training on a bulk export: who is used, what is known of him, what the run leaves behind."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from radloom.adapters.onnx import EmbeddedInference
from radloom.cli import app
from radloom.errors import Rejected
from services.cachexia_scorer.risk import NAMES, mode_of
from tests.training import bulk_export
from training.cachexia.bulk import read
from training.cachexia.cohort import parameters, true_values
from training.cachexia.gate import Criterion
from training.cachexia.metrics import judge
from training.cachexia.site import decided, train_site
from training.cachexia.site_run import HeldOut
from training.cachexia.tripod import ITEMS, SITE, tripod_table


def draw_nothing(
    curves: Mapping[str, Sequence[tuple[float, float, int]]], _: str, path: Path
) -> None:
    path.write_text(json.dumps(sorted(curves)))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bulk_export.write(tmp_path_factory.mktemp("export"), 420, seed=31)


def changed(export: Path, folder: Path, kind: str, change: Mapping[str, Any], name: str) -> Path:
    """A copy in which one resource differs."""
    folder.mkdir()
    for file in export.glob("*.ndjson"):
        resources = [json.loads(line) for line in file.read_text().splitlines()]
        for resource in resources:
            if file.name.startswith(kind) and resource["id"] == name:
                resource.update(change)
        (folder / file.name).write_text("".join(json.dumps(r) + "\n" for r in resources))
    return folder


def test_label_features_and_follow_up_are_those_of_the_patients(export: Path) -> None:
    found = read(export)
    truth = true_values(420, parameters()["patient"], np.random.default_rng([31, 0xCA]))
    assert found.excluded == {}
    assert len(found.cohort) == 420
    same = found.cohort.cachexia == np.asarray(truth["cachexia"], dtype=bool)
    assert same.mean() > 0.99  # values are rounded, some lie at a cut-off
    assert np.array_equal(found.cohort.died, np.asarray(truth["died"], dtype=bool))
    np.testing.assert_allclose(found.cohort.months, truth["months"], atol=0.06)
    for name, values in (
        ("albumin_g_per_dl", truth["albumin"] / 10),
        ("crp_mg_per_l", np.log(truth["crp"])),
        ("neutrophil_lymphocyte_ratio", np.log(truth["nlr"])),
        ("smi_cm2_per_m2", truth["smi"]),
        ("weight_loss_percent", truth["weight_loss"]),
        ("symptom_fatigue", truth["symptom_fatigue"]),
    ):
        column = NAMES.index(name)
        np.testing.assert_allclose(found.cohort.features[:, column], values, atol=0.02)
    assert not found.cohort.observed[:, NAMES.index("symptom_dysphagia")].any()


def test_the_run_leaves_models_report_and_table_and_no_value_of_a_patient(
    export: Path, tmp_path: Path
) -> None:
    out = tmp_path / "models"
    run = train_site(export, out, draw_nothing, folds=2)
    assert (run.patients, len(run.export.cohort)) == (294, 420)
    report = (out / "REPORT.md").read_text()
    for number, _ in ITEMS:
        assert f"| {number} |" in report
    assert SITE in report
    assert "## Head `early`" in report
    assert json.loads((out / "calibration.png").read_text()) == ["early", "full"]
    inference = EmbeddedInference(out)
    for model in ("cachexia_risk", "cachexia_survival"):
        inference.ready(model)
        told = inference.describe(model)
        assert told.parameters["training_provenance"] == "site"
        assert "of one site" in (out / model / "MODEL_CARD.md").read_text().splitlines()[0]
    # 126 held out cannot hold 100 of each label: the gate fails and says so.
    assert run.mode == "shadow"
    assert mode_of(inference.describe("cachexia_risk").parameters) == "shadow"
    assert "**no**" in report
    ages = read(export).cohort.features[:, NAMES.index("age_years")]
    with np.load(out / "cachexia_risk" / "golden.npz") as golden:
        assert not np.isin(golden["input.features"][:, 0], ages[ages > 0].astype(np.float32)).all()


def test_every_head_must_pass_the_gate_for_the_model_to_be_active() -> None:
    def head(*, passes: bool) -> HeldOut:
        judgement = judge(np.array([0.1, 0.9]), np.array([False, True]))
        return HeldOut(judgement, [Criterion("any", "1", "1", passes)], (0.9, 0.9), [])

    good, bad = head(passes=True), head(passes=False)
    assert decided({"early": good, "full": good}) == "active"
    assert decided({"early": good, "full": bad}) == "shadow"
    assert decided({"early": bad, "full": good}) == "shadow"
    assert decided({"early": good}) == "shadow"


def test_who_cannot_be_used_is_counted_by_reason(export: Path, tmp_path: Path) -> None:
    cases: list[tuple[str, Mapping[str, Any], str, str]] = [
        ("Patient", {"birthDate": "2015-01-01"}, "p3", "not known to be an adult"),
        ("Condition", {"code": {}}, "c3", "no malignancy"),
        ("Observation", {"status": "entered-in-error"}, "o3-1", "cannot be judged"),
    ]
    for k, (kind, change, name, reason) in enumerate(cases):
        found = read(changed(export, tmp_path / str(k), kind, change, name))
        assert sum(found.excluded.values()) == 1
        assert reason in next(iter(found.excluded))


def test_what_is_known_only_later_is_not_read(export: Path, tmp_path: Path) -> None:
    column = NAMES.index("albumin_g_per_dl")
    later = changed(
        export, tmp_path / "later", "Observation",
        {"effectiveDateTime": "2030-01-01T00:00:00Z"}, "o0-3",
    )  # fmt: skip
    assert read(export).cohort.observed[0, column]
    assert not read(later).cohort.observed[0, column]


def test_a_death_without_a_date_leaves_the_follow_up_unknown(export: Path, tmp_path: Path) -> None:
    folder = changed(
        export, tmp_path / "dead", "Patient",
        {"deceasedDateTime": "yesterday", "deceasedBoolean": True}, "p0",
    )  # fmt: skip
    assert np.isnan(read(folder).cohort.months[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{not json}\n", "x.ndjson line 1: no JSON"),
        ('{"resourceType": "Patient", "id": "a"}\n', "no patient can be used"),
        ("", "no patient can be used"),
    ],
)
def test_an_export_that_cannot_be_used_is_refused(
    content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "x.ndjson").write_text(content)
    with pytest.raises(Rejected, match=message):
        read(tmp_path / "x.ndjson")


def test_a_folder_without_export_and_a_used_target_are_refused(
    export: Path, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match="expected a file"):
        read(tmp_path)
    (tmp_path / "there").write_text("x")
    with pytest.raises(Rejected, match="not empty"):
        train_site(export, tmp_path, draw_nothing)


def test_too_few_patients_are_refused_with_their_number(tmp_path: Path) -> None:
    folder = bulk_export.write(tmp_path / "few", 60, seed=32)
    with pytest.raises(Rejected, match="expected at least 30 of each"):
        train_site(folder, tmp_path / "out", draw_nothing)


def test_the_command_names_the_extra_when_a_library_is_missing(tmp_path: Path) -> None:
    hidden = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("training")
    }
    sys.modules["training"] = None  # type: ignore[assignment] # as if it were not installed
    try:
        asked = ["models", "train", "cachexia", "--fhir", str(tmp_path)]
        result = CliRunner().invoke(app, asked)
    finally:
        del sys.modules["training"]
        sys.modules.update(hidden)
    assert isinstance(result.exception, Rejected)
    assert "radloom[cachexia-training]" in str(result.exception)


def test_the_table_refuses_an_item_that_there_is_none_of() -> None:
    assert tripod_table({"1": "a title"}).splitlines()[2].endswith("| a title |")
    with pytest.raises(ValueError, match="no TRIPOD"):
        tripod_table({"99": "x"})
