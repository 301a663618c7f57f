"""No four words of a report are in a log line, a warning or the output, model or not."""

import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from evaluation.leaks import leaks
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.language_model import HttpLanguageModel
from radloom.ports import LanguageModel
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest
from radloom.wire.v1.report_structurer_service_pb2_grpc import (
    ReportStructurerServiceStub,
    add_ReportStructurerServiceServicer_to_server,
)
from services.report_structurer.app import MIGRATIONS, Door
from services.report_structurer.handler import KeptReports, ModelLimits, ReportStructurer
from services.report_structurer.routes import add_routes
from tests.peers.model_server import Answer, Reply, obedient, reply, serving, vllm
from tests.report_structurer.hostile import MODES, hostile, wire
from tests.report_structurer.synthetic_reports import ALL
from tests.report_structurer.test_language_model import Shelf


@pytest.fixture
def everything() -> Iterator[io.StringIO]:
    """What all loggers say, down to DEBUG, with the text of exceptions."""
    said = io.StringIO()
    taker = logging.StreamHandler(said)
    taker.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in root.manager.loggerDict)]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.addHandler(taker)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        yield said
        logging.captureWarnings(capture=False)
    root.removeHandler(taker)
    for logger, level in levels:
        logger.setLevel(level)


def echo(status: int) -> Reply:
    """Wherever a server may put them, the words of the reports."""
    words = " ".join(" ".join(ALL).split()).encode("ascii", "ignore").decode()
    headers = {"Location": f"/{words}", "X-Echo": words, "WWW-Authenticate": words}
    return Reply(status, reply({"error": ALL}).body, headers)


def servers() -> Iterator[Answer]:
    yield vllm(obedient)
    for name in ("obey the report", "half a body"):
        yield hostile(MODES[name])
    for status in (200, 307, 400, 500):
        yield hostile(wire(echo(status)))


def run_all(model: LanguageModel | None, database: Database) -> None:
    handler = ReportStructurer(Shelf(b""), SystemClock(), model, ModelLimits(answer_s=5))
    app = http_app("report_structurer", {})
    add_routes(app, handler, KeptReports(database, SystemClock()))
    http = HttpServer(app, host="127.0.0.1", port=0)
    door = GrpcServer(
        [lambda server: add_ReportStructurerServiceServicer_to_server(Door(handler), server)],
        host="127.0.0.1",
        port=0,
    )
    http.start()
    door.start()
    with grpc.insecure_channel(f"127.0.0.1:{door.port}") as channel:
        for text in ALL:
            address = f"http://127.0.0.1:{http.port}/structure"
            assert httpx.post(address, json={"text": text}).is_success
            assert httpx.post(address, json={"txt": text}).status_code == 422
            stub = ReportStructurerServiceStub(channel)
            assert stub.Structure(StructureRequest(text=text), timeout=30).result.statements
    door.stop()
    http.stop()


def test_no_words_of_a_report_are_logged(
    tmp_path: Path, everything: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite'}", schema="report_structurer")
    database.upgrade(*MIGRATIONS)
    run_all(None, database)
    for answer in servers():
        with serving(answer) as url:
            run_all(HttpLanguageModel(url, api_key="sk-secret"), database)
    out, err = capfd.readouterr()
    assert everything.getvalue()
    left = everything.getvalue() + out + err
    assert leaks(ALL, left) == []
    assert "sk-secret" not in left
