"""The simulated cohort: what was published, and the same for the same seed."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from services.cachexia_scorer.risk import FEATURES, MODALITIES, NAMES
from training.cachexia.cohort import parameters, simulate, smi_cut
from training.cachexia.marginals import limits, shown, truth_of

GIVEN = parameters()
TRUTH = truth_of(30_000, 11)
SHOWN = shown(TRUTH)


@pytest.mark.parametrize("name", GIVEN["marginals"])
def test_a_marginal_fits_what_was_published(name: str) -> None:
    low, high = limits(GIVEN["marginals"][name])
    assert low <= SHOWN[name] <= high
    assert GIVEN["marginals"][name]["source"] in GIVEN["sources"]


def test_every_marginal_that_is_measured_has_a_source_and_the_other_way_round() -> None:
    assert set(SHOWN) == set(GIVEN["marginals"])


@pytest.mark.parametrize("line", GIVEN["directions"], ids=str)
def test_a_direction_that_a_source_reports_is_there(line: Mapping[str, str]) -> None:
    names = {
        "haemoglobin_g_per_dl": "haemoglobin",
        "albumin_g_per_dl": "albumin",
        "bmi_kg_per_m2": "bmi",
        "age_years": "age",
    }
    way = "lower" if "lower" in line else "higher"
    values, group = TRUTH[names[line[way]]], np.asarray(TRUTH[line["group"]], dtype=bool)
    difference = values[group].mean() - values[~group].mean()
    assert (difference < 0) == (way == "lower")
    assert line["source"] in GIVEN["sources"]


def blocks(node: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:  # noqa: ANN401 - YAML
    if isinstance(node, Mapping):
        if "assumed" in node:
            yield path, node
        for key, value in node.items():
            yield from blocks(value, f"{path}.{key}")


def test_what_is_assumed_says_why() -> None:
    found = dict(blocks(GIVEN))
    assert {".patient.wasting", ".patient.symptoms", ".patient.survival", ".record"} <= set(found)
    assert all(block["assumed"] is True and block["why"] for block in found.values())
    fitted = {"male"}
    marked = {path.split(".")[2] for path in found if path.startswith(".patient.")}
    assert set(GIVEN["patient"]) - marked == fitted


def test_the_same_seed_gives_the_same_patients_and_another_seed_others() -> None:
    one, again, other = simulate(50, 5), simulate(50, 5), simulate(50, 6)
    assert np.array_equal(one.features, again.features)
    assert np.array_equal(one.months, again.months)
    assert not np.array_equal(one.features, other.features)


def test_modalities_are_missing_as_often_as_the_file_says() -> None:
    cohort = simulate(20_000, 7)
    for modality in MODALITIES:
        columns = [feature.modality == modality for feature in FEATURES]
        missing = 1 - cohort.observed[:, columns].any(1).mean()
        # Notes that name no symptom at all count as missing too.
        assert missing == pytest.approx(GIVEN["record"]["modality_missing"][modality], abs=0.015)


def test_what_is_missing_is_zero_and_what_is_there_is_plausible() -> None:
    cohort = simulate(5_000, 8)
    assert (cohort.features[~cohort.observed] == 0).all()
    for column, feature in enumerate(FEATURES):
        seen = cohort.features[cohort.observed[:, column], column]
        plain = np.exp(seen) if feature.logarithm else seen
        assert (plain >= feature.plausible[0] - 1e-9).all()
        assert (plain <= feature.plausible[1] + 1e-9).all()


def test_imaging_is_measured_with_the_error_of_its_grade() -> None:
    cohort = simulate(20_000, 9)
    column = NAMES.index("smi_cm2_per_m2")
    errors = cohort.error_sd[cohort.observed[:, column], column]
    by_grade = GIVEN["record"]["error_sd"]["smi_cm2_per_m2"]
    assert set(np.unique(errors)) == set(by_grade.values())
    assert (errors == by_grade["B"]).mean() == pytest.approx(0.15, abs=0.01)


def test_hiding_a_modality_hides_it_and_nothing_else() -> None:
    cohort = simulate(500, 10)
    hidden = cohort.hide(["labs"])
    labs = np.array([feature.modality == "labs" for feature in FEATURES])
    assert not hidden.observed[:, labs].any()
    assert np.array_equal(hidden.observed[:, ~labs], cohort.observed[:, ~labs])
    assert np.array_equal(hidden.cachexia, cohort.cachexia)


def test_low_muscle_is_judged_by_sex_and_bmi() -> None:
    male, bmi = np.array([False, True, True]), np.array([24.0, 24.9, 25.0])
    assert smi_cut(male, bmi).tolist() == [41.0, 43.0, 53.0]
