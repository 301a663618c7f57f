"""Command line of radloom, its only entry point."""

import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from radloom import topics
from radloom.cli import models, reports
from radloom.cli.console import err, out
from radloom.errors import RadloomError

app = typer.Typer(
    help="Imaging archive and health record on one side, clinical AI on the other, proof between.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(reports.app, name="report")
app.add_typer(models.app, name="models")

EXIT_QUARANTINED = 3
"""Everything was done; some instances are held and need a person."""

EXIT_REFUSED_INPUT = 2
"""The input or the way there cannot be used as it is; one line on standard error says why."""


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path(
        "demo-out"
    ),
) -> None:
    """Run the main job on the sample study: everything embedded, results in a folder."""
    from radloom.cli.sample_run import run  # noqa: PLC0415 - other commands start faster without

    run(output)


@app.command()
def up(
    pacs: Annotated[
        str, typer.Option(help="DICOMweb root of the archive that results go to.")
    ] = "",
    fhir: Annotated[str, typer.Option(help="FHIR base of the record that results go to.")] = "",
    data: Annotated[Path, typer.Option(help="Databases, bus, objects, logs.")] = Path("data"),
    http_port: Annotated[int, typer.Option(help="Port of the DICOMweb door.")] = 8042,
    dimse_port: Annotated[int, typer.Option(help="Port of the C-STORE door.")] = 11112,
    quiet: Annotated[
        float, typer.Option(help="Seconds without a new image until a study is complete.")
    ] = 30.0,
    export: Annotated[
        Path | None,
        typer.Option(
            help="JSON file of research projects; without it no copy is made.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Run all services on this machine until interrupted."""
    from radloom.cli.stack import Plan, Stack, exports_of  # noqa: PLC0415

    data = data.resolve()
    plan = Plan(
        data_dir=data,
        archive_url=pacs or (data / "results").as_uri(),
        record_url=fhir or (data / "results").as_uri(),
        http_port=http_port,
        dimse_port=dimse_port,
        quiet_s=quiet,
        exports=() if export is None else exports_of(export),
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Stack(plan) as stack:
        out.print(f"STOW-RS, QIDO-RS, WADO-RS  {plan.dicomweb_url}")
        out.print(f"C-STORE, C-ECHO            RADLOOM@127.0.0.1:{dimse_port}")
        out.print(f"FHIR in                    {plan.ingest_url}/fhir")
        out.print(f"scores                     {plan.scorer_url}")
        out.print(f"results                    {plan.publisher_url}/results")
        out.print(f"archive                    {plan.archive_url}")
        out.print(f"record                     {plan.record_url}")
        if plan.exports:
            out.print(f"quarantine                 {plan.redactor_url}/quarantine")
        while not stop.wait(0.5):
            for service in stack.restart_dead():
                err.print(f"{service} ended by itself and was started again")


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help="Folder name under services/.")],
    *,
    until_stdin_closes: Annotated[
        bool, typer.Option(help="End when standard input closes: with the parent, however it dies.")
    ] = False,
) -> None:
    """Run one service until interrupted, configured by its environment variables."""
    name = service.replace("-", "_")
    try:
        module = importlib.import_module(f"services.{name}.app")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("services"):
            raise
        known = sorted({topic.producer for topic in topics.ALL})
        raise typer.BadParameter(f"{service} is none of {', '.join(known)}") from None
    if until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    raise typer.Exit(module.main())


def _end_with_stdin() -> None:
    # Not sys.stdin: a thread that waits in its buffer holds a lock that stops the interpreter.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@app.command()
def submit(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders that hold some.")],
    to: Annotated[str, typer.Option("--to", help="DICOMweb root of the receiving service.")],
) -> None:
    """Send DICOM files by STOW-RS; done when every one is acknowledged."""
    from radloom.adapters.dicomweb import DicomWebArchive  # noqa: PLC0415
    from radloom.cli.files import batches, dicom_files  # noqa: PLC0415

    files = dicom_files(paths)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        DicomWebArchive(to) as archive,
        Progress(*columns, TimeRemainingColumn(), console=err) as progress,
    ):
        task = progress.add_task("storing", total=len(files))
        for batch in batches(files):
            archive.store(batch.contents())
            progress.advance(task, len(batch.paths))
    out.print(f"{len(files)} instances acknowledged by {to}")


@app.command()
def measure(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files, or folders that hold some.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    output: Annotated[
        Path | None, typer.Option("--out", help="Folder for seg.dcm, sr.dcm, key.dcm, key.png ...")
    ] = None,
    prior: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier study of the patient: measured too, and compared with."),
    ] = None,
) -> None:
    """Measure muscle at L3 in DICOM files, without any server; a refusal is an answer too."""
    from radloom.cli.offline import run, table  # noqa: PLC0415

    answer = run(paths, output, prior or ())
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        out.print(table(answer))


@app.command()
def score(
    bundle: Annotated[Path, typer.Argument(help="FHIR R4 Bundle about one patient, JSON.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    at: Annotated[
        str, typer.Option(help="Moment of the score, ISO 8601; else that of the newest evidence.")
    ] = "",
) -> None:
    """Published criteria of cachexia one by one, risk and survival, without any server."""
    from radloom.cli.scores import run, tables  # noqa: PLC0415

    answer = run(bundle, at)
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        for table in tables(answer):
            out.print(table)


@app.command()
def redact(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Folder of DICOM files, any depth.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for copies and evidence.")],
    *,
    key_file: Annotated[
        Path, typer.Option(help="Secret of the project: `openssl rand -hex 32`.", dir_okay=False)
    ],
    profile: Annotated[str, typer.Option(help="De-identification profile.")] = "basic",
    project: Annotated[str, typer.Option(help="Name of the project, for evidence.")] = "research",
    signing_key: Annotated[
        Path | None,
        typer.Option(help="Ed25519 key that signs evidence, PEM; else it derives from the key."),
    ] = None,
    validator: Annotated[
        str, typer.Option(help="IOD validator that must find no new error, dciodvfy.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make de-identified copies, each proven clean by its own bytes or held; no server."""
    from radloom.cli.redaction import rules, run, table  # noqa: PLC0415

    summary = run(
        source,
        output,
        rules(project, key_file, profile, signing_key=signing_key, validator=validator),
    )
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        out.print(table(summary))
    if summary["quarantined"]:
        raise typer.Exit(EXIT_QUARANTINED)


@app.command()
def evidence(
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that `redact` filled.")],
    *,
    public_key: Annotated[
        str, typer.Option(help="Key that checks, 64 hexadecimal digits; else that of the summary.")
    ] = "",
    prove: Annotated[
        str, typer.Option(help="SOP Instance UID of a copy: print its inclusion proof.")
    ] = "",
) -> None:
    """Check that released copies are those of the signed evidence; print one JSON object."""
    from radloom.cli.evidence import check, proof  # noqa: PLC0415

    typer.echo(json.dumps(proof(output, prove) if prove else check(output, public_key)))


@app.command("redact-text")
def redact_text(
    file: Annotated[Path, typer.Argument(help="Text file, UTF-8.")],
    key_file: Annotated[
        Path, typer.Option(help="Secret of the project: 32 bytes or more, or as hexadecimal.")
    ],
    *,
    identity: Annotated[
        Path | None,
        typer.Option(help="What is known: JSON, DICOM keywords with values or a FHIR Patient."),
    ] = None,
    surrogates: Annotated[
        bool, typer.Option("--surrogates", help="Made-up values in place of tags.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Text without names, dates, numbers, places: print it, or it and its spans."""
    from radloom.cli.redacted_text import run  # noqa: PLC0415

    answer = run(file, key_file, identity, surrogates=surrogates)
    typer.echo(json.dumps(answer) if as_json else answer["text"], nl=as_json)


@app.command("topics")
def list_topics() -> None:
    """Show the pipeline: topics, messages, producers, consumers."""
    table = Table("topic", "message", "producer", "consumers", box=None)
    for topic in topics.ALL:
        consumers = ", ".join(topic.consumers) or "-"
        table.add_row(topic.name, topic.message.DESCRIPTOR.name, topic.producer, consumers)
    out.print(table)


def main() -> None:
    """Runs the command line; errors that radloom raises on purpose take one line and code 2."""
    try:
        app()
    except RadloomError as error:
        err.print(str(error), style="red", highlight=False, soft_wrap=True)
        sys.exit(EXIT_REFUSED_INPUT)
