"""`radloom measure`: DICOM files in, result out, no broker and no server."""

import importlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom import Dataset
from rich.table import Table

from radloom.adapters.object_store import FileObjectStore
from radloom.cli.files import dicom_files
from radloom.dicom.part10 import decode, encode
from radloom.wire.v1.common_pb2 import Interval
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured


def run(paths: Sequence[Path], output: Path | None) -> dict[str, Any]:
    """Measures the study at `paths`; writes the objects of a measurement to `output`.

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
    return answer(event)


def write_result(
    event: MuscleMeasured, instances: Sequence[Dataset], objects: Path, output: Path
) -> None:
    """Writes seg.dcm, sr.dcm, key.dcm, key.png and bundle.json."""
    rendering = importlib.import_module("services.publisher.rendering")
    identity = importlib.import_module("services.publisher.identity")
    seg = decode(FileObjectStore(objects).get(event.measurement.segmentation))
    subject = identity.subject_of(instances[0])
    result = rendering.render(event, seg, instances, subject=subject)
    for name in ("seg", "sr", "key"):
        (output / f"{name}.dcm").write_bytes(encode(getattr(result, name)))
    (output / "key.png").write_bytes(result.key_png)
    (output / "bundle.json").write_text(json.dumps(result.bundle, indent=1))


def answer(event: MuscleMeasured) -> dict[str, Any]:
    """The outcome as the one JSON object that `--json` prints."""
    measured = event.HasField("measurement")
    m = event.measurement
    return {
        "study_instance_uid": event.study_instance_uid,
        "series_instance_uid": event.series_instance_uid,
        "status": "measured" if measured else "refused",
        "refusals": [{"gate": g.gate, "reason": g.reason} for g in event.refusal.gates],
        "l3": {
            "sop_instance_uid": m.l3.sop_instance_uid,
            "z_mm": m.l3.z_mm,
            "interval_mm": _bounds(m.l3.interval_mm),
            "probability_covered": m.l3.probability_covered,
        }
        if measured
        else None,
        "muscle": {
            "area_cm2": m.area_cm2,
            "interval_cm2": _bounds(m.area_interval_cm2),
            "mean_hu": m.mean_hu,
            "smi_cm2_per_m2": m.smi_cm2_per_m2 if m.HasField("smi_cm2_per_m2") else None,
            "agreement": m.agreement,
            "grade": m.grade,
        }
        if measured
        else None,
        "models": [
            {"name": use.name, "version": use.version, "sha256": use.sha256} for use in event.models
        ],
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
        muscle, l3 = found["muscle"], found["l3"]
        low, high = muscle["interval_cm2"]
        shown.add_row("area", f"{muscle['area_cm2']:.1f} cm2 (90 %: {low:.1f} to {high:.1f})")
        shown.add_row("mean attenuation", f"{muscle['mean_hu']:.1f} HU")
        shown.add_row("agreement, grade", f"{muscle['agreement']:.3f}, {muscle['grade']}")
        shown.add_row("L3", f"z {l3['z_mm']:.1f} mm, inside {l3['probability_covered']:.3f}")
    return shown
