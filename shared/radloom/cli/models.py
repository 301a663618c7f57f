"""`radloom models ...`: models trained on a site's own data."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from radloom.cli.console import out
from radloom.errors import Rejected

app = typer.Typer(help="Train models on a site's own data.", no_args_is_help=True)
train_app = typer.Typer(help="Train a model; written with card and report.", no_args_is_help=True)
app.add_typer(train_app, name="train")


@train_app.command()
def cachexia(
    fhir: Annotated[
        Path, typer.Option(help="FHIR bulk export: an NDJSON file, or a folder of *.ndjson.")
    ],
    output: Annotated[
        Path, typer.Option("--out", help="New folder for models, report and calibration plot.")
    ] = Path("cachexia-models"),
    seed: Annotated[int, typer.Option(help="Of the folds; nothing else is drawn.")] = 1,
) -> None:
    """Train risk and survival models; active only when the gate passes on held-out patients."""
    site, plots = _of_training("site"), _of_training("plots")
    run = site.train_site(fhir, output, plots.calibration_png, seed=seed)
    table = Table("head", "gate", "measured", "required", "passed", box=None)
    for head, found in run.held_out.items():
        for line in found.gate:
            answer = "yes" if line.passed else "no"
            table.add_row(head, line.name, line.measured, line.required, answer)
    out.print(table)
    out.print(f"mode {run.mode}; {output / 'REPORT.md'}")


def _of_training(module: str) -> Any:  # noqa: ANN401 - imported by name, as services are
    """A module of the training package.

    Raises:
        Rejected: The package, or a library that it needs, is not installed.
    """
    try:
        return importlib.import_module(f"training.cachexia.{module}")
    except ModuleNotFoundError as error:
        raise Rejected(
            f"{error.name} is not installed: training needs it;"
            " pip install 'radloom[cachexia-training]'",
            reason="missing_extra",
        ) from error
