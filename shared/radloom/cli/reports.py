"""`radloom report ...`: one report in a text file, no broker and no server."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from radloom.cli.console import out
from radloom.errors import Rejected

app = typer.Typer(
    help="Read radiology reports and notes: statements, alerts, symptoms.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="Text file, UTF-8.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


Model = Annotated[
    str, typer.Option("--llm", metavar="URL", help="Server of a language model that may propose.")
]
InZone = Annotated[
    bool,
    typer.Option(
        "--llm-in-phi-zone", help="The server is off this machine and may be sent the report."
    ),
]


Exam = Annotated[
    str,
    typer.Option(metavar="NAME", help="Template to show it by, ct-cap; else the report says."),
]
Templates = Annotated[
    Path | None,
    typer.Option(help="Folder of a site's own templates, <exam>.yaml.", file_okay=False),
]


@app.command()
def structure(
    file: File,
    *,
    as_json: AsJson = False,
    exam: Exam = "",
    templates: Templates = None,
    llm: Model = "",
    llm_in_phi_zone: InZone = False,
) -> None:
    """Statements of a report with part, organ sections, facts, and the proof that none is lost."""
    model = _adviser(llm, declared=llm_in_phi_zone) if llm else None
    answer = _asked(file, "structured", model, exam=exam, templates=templates)
    for rejected in answer["proof"]["rejected"]:
        if rejected["task"] == "describe":
            typer.echo(f"by word lists alone: {rejected['reason']}", err=True)
    _show(answer, _statements, as_json=as_json)


@app.command()
def check(file: File, *, as_json: AsJson = False) -> None:
    """Places of a report that contradict each other, and what cannot be."""
    _show(_asked(file, "alerts"), _alerts, as_json=as_json)


@app.command()
def symptoms(file: File, *, as_json: AsJson = False) -> None:
    """Symptoms of cachexia with status, amount of weight and time."""
    answer = _asked(file, "mentions")
    _show(answer, _mentions, as_json=as_json)


def _adviser(url: str, *, declared: bool) -> object:
    """The language model at a URL, on this machine or declared inside the PHI zone.

    Raises:
        Rejected: It is neither.
    """
    # Here, because every other command starts a second faster without.
    from radloom.adapters.clock import SystemClock  # noqa: PLC0415
    from radloom.adapters.language_model import HttpLanguageModel  # noqa: PLC0415
    from radloom.adapters.model_address import require_inside_phi_zone  # noqa: PLC0415

    handler = importlib.import_module("services.report_structurer.handler")
    require_inside_phi_zone(url, declared=declared)
    return handler.adviser(HttpLanguageModel(url), SystemClock(), handler.ModelLimits())


def _asked(file: Path, question: str, *more: object, **options: object) -> dict[str, Any]:
    """What report_structurer answers on the text of a file.

    Args:
        file: The file.
        question: Name of the answer.
        more: Its arguments behind the text.
        options: Those with names.

    Raises:
        Rejected: The file cannot be read as UTF-8 text, or is too long.
    """
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise Rejected(f"{file}: {error.strerror}", reason="not_found") from error
    except UnicodeDecodeError as error:
        raise Rejected(
            f"{file}: not UTF-8 at byte {error.start}; convert it to UTF-8", reason="charset"
        ) from error
    handler = importlib.import_module("services.report_structurer.handler")
    answers = importlib.import_module("services.report_structurer.answers")
    answer: dict[str, Any] = getattr(answers, question)(
        handler.within_limit(text), *more, **options
    )
    return answer


def _show(
    answer: dict[str, Any], table: Callable[[dict[str, Any]], Table], *, as_json: bool
) -> None:
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        out.print(table(answer))


def _statements(answer: dict[str, Any]) -> Table:
    shown = Table("part", "sections", "polarity", "statement", box=None)
    for statement in answer["statements"]:
        sections = ", ".join(statement["sections"]) + ("  (review)" * statement["needs_review"])
        shown.add_row(statement["part"], sections, statement["polarity"], statement["text"])
    return shown


def _alerts(answer: dict[str, Any]) -> Table:
    shown = Table("kind", "confidence", "places", "what", box=None)
    for alert in answer["alerts"]:
        places = ", ".join(f"{start}-{end}" for start, end in alert["spans"])
        shown.add_row(alert["kind"], f"{alert['confidence']:.2f}", places, alert["message"])
    return shown


def _mentions(answer: dict[str, Any]) -> Table:
    shown = Table("symptom", "status", "amount", "within", box=None)
    for mention in answer["mentions"]:
        amount = "" if mention["value"] is None else f"{mention['value']:g} {mention['unit']}"
        days = "" if mention["interval_days"] is None else f"{mention['interval_days']} days"
        shown.add_row(mention["symptom"], mention["status"], amount, days)
    return shown
