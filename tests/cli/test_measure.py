"""`radloom measure`: files in, one JSON object out, as a process, without any network."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread, dcmwrite

from radloom.cli.files import dicom_files
from radloom.dicom.part10 import encode
from radloom.dicom.secondary_capture import WARNING_COLOUR

SAMPLE = Path(__file__).parents[2] / "samples/ct_torso"
KEYS = {
    "study_instance_uid",
    "series_instance_uid",
    "status",
    "refusals",
    "l3",
    "muscle",
    "remarks",
    "models",
}

PICTURES = ("key", "level", "disagreement")

NO_NETWORK = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from radloom.cli import main
sys.argv = ["radloom", "measure", *sys.argv[1:]]
main()
"""


def measure(*arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NO_NETWORK, *map(str, arguments), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def answer(*arguments: Path | str) -> dict[str, Any]:
    ended = measure(*arguments)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert set(found) == KEYS
    return found


@cache
def slices() -> tuple[Path, ...]:
    """Files of the sample from the feet to the head."""
    at = {
        path: float(dcmread(path, stop_before_pixels=True).ImagePositionPatient[2])
        for path in SAMPLE.glob("*.dcm")
    }
    return tuple(sorted(at, key=lambda path: at[path]))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("out") / "results"
    return answer(SAMPLE, "--out", folder), folder


def test_the_sample_is_measured(measured: tuple[dict[str, Any], Path]) -> None:
    found, _ = measured
    assert found["status"] == "measured"
    assert found["refusals"] == []
    assert set(found["l3"]) >= {"sop_instance_uid", "z_mm", "interval_mm", "probability_covered"}
    low, high = found["l3"]["interval_mm"]
    assert low <= found["l3"]["z_mm"] <= high
    muscle = found["muscle"]
    assert set(muscle) >= {"area_cm2", "interval_cm2", "mean_hu", "agreement", "grade"}
    assert muscle["interval_cm2"][0] < muscle["area_cm2"] < muscle["interval_cm2"][1]
    assert [set(model) for model in found["models"]] == [{"name", "version", "sha256"}] * 2


def test_all_objects_of_the_result_say_the_same_number(
    measured: tuple[dict[str, Any], Path],
) -> None:
    found, folder = measured
    pictures = [f"{name}.{kind}" for name in PICTURES for kind in ("dcm", "png")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["bundle.json", "seg.dcm", "sr.dcm", *pictures]
    )
    seg = dcmread(folder / "seg.dcm")
    pixel_mm = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    counted = {
        label: float(plane.sum()) * float(pixel_mm[0]) * float(pixel_mm[1]) / 100
        for label, plane in zip(
            [segment.SegmentLabel for segment in seg.SegmentSequence], seg.pixel_array, strict=True
        )
    }
    stated = {
        float(node.MeasuredValueSequence[0].NumericValue)
        for node in numbers(dcmread(folder / "sr.dcm"))
        if node.ConceptNameCodeSequence[0].CodeValue == "42798000"  # SNOMED CT, area
    }
    bundle = json.loads((folder / "bundle.json").read_text())
    observed = {
        resource["valueQuantity"]["value"]
        for resource in (entry["resource"] for entry in bundle["entry"])
        if resource["resourceType"] == "Observation"
        and resource.get("valueQuantity", {}).get("code") == "cm2"
    }
    assert set(counted) == {"Skeletal muscle at L3", "Visceral fat at L3"}
    assert stated == observed == {round(area, 1) for area in counted.values()}
    assert found["muscle"]["area_cm2"] == pytest.approx(counted["Skeletal muscle at L3"])
    assert found["muscle"]["vat_area_cm2"] == pytest.approx(counted["Visceral fat at L3"])


@pytest.mark.parametrize("name", ["key", "level", "disagreement"])
def test_every_picture_is_there_twice_and_says_that_nobody_reviewed_it(
    name: str, measured: tuple[dict[str, Any], Path]
) -> None:
    _, folder = measured
    capture = dcmread(folder / f"{name}.dcm")
    picture = np.asarray(Image.open(folder / f"{name}.png"))
    assert np.array_equal(capture.pixel_array, picture)
    assert "AI, not reviewed" in capture.ImageComments
    assert (picture == WARNING_COLOUR).all(axis=2).sum() > 500


def numbers(ds: Dataset) -> list[Dataset]:
    """NUM content items of a structured report, at any depth."""
    inner = [item for child in ds.get("ContentSequence", []) for item in numbers(child)]
    return [ds, *inner] if ds.get("ValueType") == "NUM" else inner


def test_a_list_of_files_in_any_order_gives_the_same_answer(
    measured: tuple[dict[str, Any], Path],
) -> None:
    assert answer(*slices()[::-1]) == measured[0]


@pytest.mark.parametrize(
    ("files", "gate"),
    [(slices()[:40], "l3_not_covered"), (slices()[:10], "too_few_slices")],
    ids=["pelvis", "ten slices"],
)
def test_a_refusal_is_an_answer_and_no_object_is_written(
    files: tuple[Path, ...], gate: str, tmp_path: Path
) -> None:
    found = answer(*files, "--out", tmp_path / "out")
    assert found["status"] == "refused"
    assert gate in [refusal["gate"] for refusal in found["refusals"]]
    assert all(
        set(refusal) == {"gate", "reason", "measured", "limit"} for refusal in found["refusals"]
    )
    assert found["muscle"] is None
    assert list((tmp_path / "out").iterdir()) == []


def damaged(folder: Path, kind: str) -> list[Path | str]:
    folder.mkdir()
    source = slices()[0]
    if kind == "nothing there":
        return [folder / "absent"]
    if kind == "text":
        (folder / "a.txt").write_text("no DICOM")
    elif kind == "cut short in its header":
        (folder / "a.dcm").write_bytes(source.read_bytes()[:400])
    elif kind == "garbage after the prefix":
        (folder / "a.dcm").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(256)) * 4)
    elif kind == "no identity":
        ds = dcmread(source)
        del ds.SOPInstanceUID
        dcmwrite(folder / "a.dcm", ds)
    elif kind == "two studies":
        ds = dcmread(source)
        ds.StudyInstanceUID, ds.SOPInstanceUID = "2.25.1", "2.25.2"
        (folder / "a.dcm").write_bytes(encode(ds))
        (folder / "b.dcm").write_bytes(source.read_bytes())
    return [folder]


@pytest.mark.parametrize(
    "kind",
    [
        "nothing there",
        "text",
        "cut short in its header",
        "garbage after the prefix",
        "no identity",
        "two studies",
    ],
)
def test_input_that_cannot_be_read_takes_one_line_and_code_2(kind: str, tmp_path: Path) -> None:
    ended = measure(*damaged(tmp_path / "in", kind))
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_pixels_that_cannot_be_decoded_are_refused(tmp_path: Path) -> None:
    for path in slices():
        ds = dcmread(path)
        ds.PixelData = ds.PixelData[: len(ds.PixelData) // 3 // 2 * 2]
        (tmp_path / path.name).write_bytes(encode(ds))
    found = answer(tmp_path)
    assert [refusal["gate"] for refusal in found["refusals"]] == ["pixels"]


def test_a_dicomdir_and_other_files_beside_the_images_do_not_disturb(tmp_path: Path) -> None:
    for path in slices():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "README.txt").write_text("a disc from a hospital")
    assert len(dicom_files([tmp_path])) == len(slices())
    assert answer(tmp_path)["status"] == "measured"


def test_numbers_are_finite_json(measured: tuple[dict[str, Any], Path]) -> None:
    text = json.dumps(measured[0], allow_nan=False)
    assert np.isfinite(measured[0]["muscle"]["mean_hu"])
    assert "NaN" not in text
