"""`radloom measure`: DICOM files in, result out, no broker and no server."""

import importlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydicom import Dataset
from rich.table import Table

from radloom.adapters.object_store import FileObjectStore
from radloom.cli.files import dicom_files
from radloom.dicom.part10 import decode, encode
from radloom.wire.v1.common_pb2 import Interval
from radloom.wire.v1.muscle_measured_pb2 import (
    MuscleMeasured,
    MuscleMeasurement,
    VertebraLocation,
)


def run(paths: Sequence[Path], output: Path | None, prior: Sequence[Path] = ()) -> dict[str, Any]:
    """Measures the study at `paths`; writes the objects of a measurement to `output`.

    Args:
        paths: DICOM files, or folders that hold some.
        output: Folder for the results.
        prior: An earlier study of the patient, measured the same way and compared with.

    Raises:
        Rejected: The input cannot be read, or belongs to several studies.
    """
    muscle_seg = importlib.import_module("services.muscle_seg.app")
    with tempfile.TemporaryDirectory(prefix="radloom-measure-") as scratch:
        objects = Path(scratch)
        event, instances = muscle_seg.measure_files(dicom_files(paths), objects)
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            if event.HasField("measurement"):
                write_result(event, instances, objects, output)
        told = answer(event)
        if prior:
            earlier, of_prior = muscle_seg.measure_files(dicom_files(prior), objects)
            told["prior"] = answer(earlier)
            told["change"] = change(event, instances, earlier, of_prior)
    return told


def change(
    event: MuscleMeasured,
    instances: Sequence[Dataset],
    earlier: MuscleMeasured,
    of_prior: Sequence[Dataset],
) -> dict[str, Any]:
    """The change between two studies, by the rule of the least significant change."""
    rule = importlib.import_module("services.muscle_seg.change")
    now, prior = (
        _chosen(each, images) for each, images in ((event, instances), (earlier, of_prior))
    )
    patients = {str(ds.get("PatientID") or "") for ds in (now, prior)}
    found = rule.compare(
        event,
        earlier,
        (rule.Protocol.of(now), rule.Protocol.of(prior)),
        same_patient=len(patients) == 1 and "" not in patients,
    )
    return asdict(found)


def _chosen(event: MuscleMeasured, images: Sequence[Dataset]) -> Dataset:
    """An image of the series measured; any image when none was."""
    uid = event.series_instance_uid
    return next((ds for ds in images if ds.SeriesInstanceUID == uid), images[0])


def write_result(
    event: MuscleMeasured, instances: Sequence[Dataset], objects: Path, output: Path
) -> None:
    """Writes seg.dcm, sr.dcm, key, level and disagreement as .dcm and .png, and bundle.json."""
    rendering = importlib.import_module("services.publisher.rendering")
    identity = importlib.import_module("services.publisher.identity")
    store = FileObjectStore(objects)
    measured = [ds for ds in instances if ds.SeriesInstanceUID == event.series_instance_uid]
    result = rendering.render(
        event,
        decode(store.get(event.measurement.segmentation)),
        measured,
        subject=identity.subject_of(instances[0]),
        votes=store.get(event.measurement.votes),
    )
    for name in ("seg", "sr", "key"):
        (output / f"{name}.dcm").write_bytes(encode(getattr(result, name)))
    (output / "key.png").write_bytes(result.key_png)
    for name, picture in result.pictures.items():
        (output / f"{name}.dcm").write_bytes(encode(picture.capture))
        (output / f"{name}.png").write_bytes(picture.png)
    (output / "bundle.json").write_text(json.dumps(result.bundle, indent=1))


def answer(event: MuscleMeasured) -> dict[str, Any]:
    """The outcome as the one JSON object that `--json` prints."""
    measured = event.HasField("measurement")
    return {
        "study_instance_uid": event.study_instance_uid,
        "series_instance_uid": event.series_instance_uid,
        "status": "measured" if measured else "refused",
        "refusals": [
            {"gate": g.gate, "reason": g.reason, "measured": g.measured, "limit": g.limit}
            for g in event.refusal.gates
        ],
        "l3": _level(event.measurement.l3) if measured else None,
        "muscle": _muscle(event.measurement) if measured else None,
        "remarks": [{"name": r.name, "reason": r.reason} for r in event.measurement.remarks],
        "models": [
            {"name": use.name, "version": use.version, "sha256": use.sha256} for use in event.models
        ],
    }


def _level(l3: VertebraLocation) -> dict[str, Any]:
    return {
        "sop_instance_uid": l3.sop_instance_uid,
        "z_mm": l3.z_mm,
        "interval_mm": _bounds(l3.interval_mm),
        "probability_covered": l3.probability_covered,
        "candidates": [{"z_mm": c.z_mm, "probability": c.probability} for c in l3.candidates],
        "evidence": [
            {
                "name": mark.name,
                "z_mm": mark.z_mm if mark.HasField("z_mm") else None,
                "agrees": mark.agrees if mark.HasField("agrees") else None,
                "reason": mark.reason,
            }
            for mark in l3.evidence
        ],
    }


def _muscle(m: MuscleMeasurement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "area_cm2": m.area_cm2,
        "interval_cm2": _bounds(m.area_interval_cm2),
        "mean_hu": m.mean_hu,
        "mean_hu_interval": _bounds(m.mean_hu_interval),
        "low_attenuation_fraction": m.low_attenuation_fraction,
        "low_attenuation_interval": _bounds(m.low_attenuation_interval),
        "agreement": m.agreement,
        "expected_dice": m.expected_dice,
        "error_bound": m.error_bound,
        "grade": m.grade,
        "slices": [
            {"sop_instance_uid": s.sop_instance_uid, "area_cm2": s.area_cm2} for s in m.slices
        ],
    }
    index, sat, vat = (
        m.HasField("smi_cm2_per_m2"),
        m.HasField("sat_area_cm2"),
        m.HasField("vat_area_cm2"),
    )
    return told | {
        "smi_cm2_per_m2": m.smi_cm2_per_m2 if index else None,
        "smi_interval_cm2_per_m2": _bounds(m.smi_interval_cm2_per_m2) if index else None,
        "sat_area_cm2": m.sat_area_cm2 if sat else None,
        "sat_interval_cm2": _bounds(m.sat_interval_cm2) if sat else None,
        "vat_area_cm2": m.vat_area_cm2 if vat else None,
        "vat_interval_cm2": _bounds(m.vat_interval_cm2) if vat else None,
    }


def _bounds(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def table(found: dict[str, Any]) -> Table:
    """The outcome for people."""
    shown = Table("finding", "value", title=f"study {found['study_instance_uid']}", box=None)
    shown.add_row("status", found["status"])
    for refusal in found["refusals"]:
        shown.add_row(refusal["gate"], refusal["reason"])
    if found["muscle"] is not None:
        for name, value in _rows(found["muscle"]):
            shown.add_row(name, value)
        l3 = found["l3"]
        shown.add_row("L3", f"z {l3['z_mm']:.1f} mm, inside {l3['probability_covered']:.3f}")
    for remark in found["remarks"]:
        shown.add_row("remark", remark["reason"])
    if "change" in found:
        shown.add_row("change", f"{found['change']['verdict']}: {found['change']['reason']}")
    return shown


def _rows(muscle: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, key, interval, unit, digits in (
        ("area", "area_cm2", "interval_cm2", "cm2", 1),
        ("index", "smi_cm2_per_m2", "smi_interval_cm2_per_m2", "cm2/m2", 1),
        ("mean attenuation", "mean_hu", "mean_hu_interval", "HU", 1),
        ("share of -29 to 29 HU", "low_attenuation_fraction", "low_attenuation_interval", "", 3),
        ("subcutaneous fat", "sat_area_cm2", "sat_interval_cm2", "cm2", 1),
        ("visceral fat", "vat_area_cm2", "vat_interval_cm2", "cm2", 1),
    ):
        if muscle[key] is not None:
            low, high = muscle[interval]
            told = f"{muscle[key]:.{digits}f} {unit}".rstrip()
            yield name, f"{told} (90 %: {low:.{digits}f} to {high:.{digits}f})"
    yield "agreement, grade", f"{muscle['agreement']:.3f}, {muscle['grade']}"
