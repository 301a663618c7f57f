"""The demo: the sample study through the whole stack, and what came of it."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from radloom.adapters.dicomweb import DicomWebArchive
from radloom.cli.console import err, out
from radloom.cli.files import batches, dicom_files
from radloom.cli.stack import SERVICES, Plan, Stack, free_port
from radloom.errors import Rejected, Unavailable

POSTS = 4
"""The sample goes in several posts, as clients do: a post is not a study."""

QUIET_S = 2.0
RESULT_TIMEOUT_S = 120.0

RESULT_FILES = ("seg.dcm", "sr.dcm", "key.dcm", "key.png", "bundle.json")
TRACE_FILE = "trace.json"


def sample_folder() -> Path:
    """Folder of the sample study in the source tree.

    Raises:
        Rejected: radloom was installed without its source tree.
    """
    folder = Path(__file__).parents[3] / "samples" / "ct_torso"
    if not folder.is_dir():
        raise Rejected(
            "the demo needs samples/ct_torso of the source tree; run it from a clone installed "
            "with `pip install --editable .[all]`",
            reason="no_sample",
        )
    return folder


@contextmanager
def timed(step: str, times: dict[str, float]) -> Iterator[None]:
    """Adds the wall time of a step to `times`, seconds."""
    start = time.monotonic()
    with err.status(step):
        yield
    times[step] = time.monotonic() - start


def send_sample(url: str) -> int:
    """Stores the sample study at `url` in several posts; returns the number of instances."""
    files = dicom_files([sample_folder()])
    with DicomWebArchive(url) as archive:
        for batch in batches(files, max_files=-(-len(files) // POSTS)):
            archive.store(batch.contents())
    return len(files)


def wait_for_result(plan: Plan) -> dict[str, Any]:
    """The ledger's row of the muscle of the one study sent, once it is no longer pending.

    Raises:
        Unavailable: There was none in time.
    """
    deadline = time.monotonic() + RESULT_TIMEOUT_S
    while time.monotonic() < deadline:
        measured = [row for row in results(plan) if row["kind"] == "muscle"]
        settled = [row for row in measured if row["status"] != "pending"]
        if settled:
            return settled[0]
        time.sleep(0.2)
    raise Unavailable(f"no result within {RESULT_TIMEOUT_S:.0f} s", dependency="publisher")


def results(plan: Plan) -> list[dict[str, Any]]:
    """Rows of publisher's ledger; none while it does not answer."""
    try:
        rows: list[dict[str, Any]] = httpx.get(f"{plan.publisher_url}/results", timeout=5.0).json()
    except (httpx.HTTPError, ValueError):
        return []
    return rows


def study_spans(spans_file: Path) -> list[dict[str, Any]]:
    """Spans of the trace that ingest released the one study in, oldest first."""
    spans = [json.loads(line) for line in spans_file.read_text().splitlines()]
    traces = {span["trace_id"] for span in spans if span["name"] == "release study"}
    study = [span for span in spans if span["trace_id"] in traces]
    return sorted(study, key=lambda span: int(span["start_ns"]))


def collect(results: Path, output: Path) -> None:
    """Copies the delivered files out of the folder that stood in for archive and record.

    Of several transactions it is that of the measurement: a score has no DiagnosticReport.
    """
    for name in RESULT_FILES:
        found = [
            path
            for path in sorted(results.rglob(name))
            if path.suffix != ".json" or '"DiagnosticReport"' in path.read_text()
        ]
        if found:
            shutil.copyfile(found[0], output / name)


def findings(row: dict[str, Any], output: Path) -> Table:
    """What was delivered, read back from the delivered bundle, or why nothing was."""
    table = Table("finding", "value", title=f"study {row['study_instance_uid']}", box=None)
    table.add_row("status", row["status"])
    bundle = output / "bundle.json"
    if bundle.exists():
        for entry in json.loads(bundle.read_text())["entry"]:
            resource = entry["resource"]
            quantity = resource.get("valueQuantity")
            if resource["resourceType"] == "Observation" and quantity:
                value = f"{quantity['value']} {quantity['unit']}"
                table.add_row(resource["code"]["text"], value)
    return table


def run(output: Path) -> None:
    """Runs the demo and leaves its results in `output`, replacing those of an earlier run."""
    times: dict[str, float] = {}
    output.mkdir(parents=True, exist_ok=True)
    for name in (*RESULT_FILES, TRACE_FILE, *(f"{service}.log" for service in SERVICES)):
        (output / name).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="radloom-demo-") as scratch:
        data = Path(scratch)
        try:
            count, row = run_stack(data, times)
            collect(data / "results", output)
            spans = study_spans(data / "spans.jsonl")
            (output / TRACE_FILE).write_text(json.dumps(spans, indent=1))
        finally:
            for log in data.glob("*.log"):
                shutil.copyfile(log, output / log.name)
    out.print(findings(row, output))
    out.print(f"{count} instances in, {len(spans)} spans in one trace, results in {output}/")
    out.print("  ".join(f"{step} {seconds:.1f} s" for step, seconds in times.items()))


def run_stack(data: Path, times: dict[str, float]) -> tuple[int, dict[str, Any]]:
    """Runs the stack in `data`, sends the sample, waits; returns instances and ledger row."""
    results = (data / "results").as_uri()
    plan = Plan(
        data_dir=data,
        archive_url=results,
        record_url=results,
        http_port=free_port(),
        dimse_port=None,
        quiet_s=QUIET_S,
    )
    with ExitStack() as running:
        with timed("start the services", times):
            running.enter_context(Stack(plan))
        with timed("send the study", times):
            count = send_sample(plan.dicomweb_url)
        with timed("measure and deliver", times):
            return count, wait_for_result(plan)
