"""Wires redactor: worker, health."""

from importlib.metadata import version

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from services.redactor.handler import Redactor
from services.redactor.settings import Settings

MIGRATIONS = ("radloom.runtime.migrations",)


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("redactor", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="redactor")
    database.upgrade(*MIGRATIONS)
    worker = Worker(
        "redactor",
        Redactor(),
        open_bus(settings.bus_url),
        database,
        clock=SystemClock(),
        options=WorkerOptions(
            concurrency=settings.concurrency, handler_deadline_s=settings.handler_deadline_s
        ),
    )
    http = HttpServer(
        http_app("redactor", {"worker": worker.healthy}),
        host=settings.http_host,
        port=settings.http_port,
    )
    return run_until_signal([LoopPart("worker", worker), http])
