"""All services on one machine, each as a child process over a durable local bus.

Nothing but loopback is bound. A child that ends by itself is started again; what it held is in
its database and on the bus, so nothing is lost. Children end when their standard input closes,
which also happens when the parent is killed.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from radloom.errors import Rejected, Unavailable

SERVICES = ("ingest", "muscle_seg", "report_structurer", "cachexia_scorer", "publisher")
"""Started in this order; stopped in reverse, so that upstream work can drain."""

REDACTOR = "redactor"
"""Started too when a plan exports something; a stack without projects starts faster without."""

PORTS = (
    "custodian",
    "muscle_seg",
    "muscle_seg_grpc",
    "report_structurer",
    "report_structurer_grpc",
    "cachexia_scorer",
    "cachexia_scorer_grpc",
    "publisher",
    "redactor",
    "redactor_grpc",
)
"""Doors between the services, on free ports."""

START_TIMEOUT_S = 60.0
"""A cold import of the scientific packages on a busy two-core machine takes some 10 s."""

STOP_TIMEOUT_S = 30.0
RESTART_PAUSE_S = 1.0


FIRST_PORT, PORT_COUNT = 20_000, 12_000
"""Below 32768, from where Linux numbers the near end of connections: a service that is started
again must not find its port taken by a call that another one makes."""


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    while True:
        port = FIRST_PORT + secrets.randbelow(PORT_COUNT)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def site_secret(data_dir: Path) -> str:
    """Secret behind subject keys, made once per data directory and readable by its owner only."""
    path = data_dir / "site-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()


@dataclass(frozen=True)
class Export:
    """A research project that copies leave for.

    Attributes:
        rule: As `services.redactor.settings.ProjectRule` reads it.
        archive_url: DICOMweb root of its archive, or `file://` of a folder.
    """

    rule: dict[str, Any]
    archive_url: str


KEY_FILES = {"key_file", "signing_key_file"}


def exports_of(path: Path) -> tuple[Export, ...]:
    """Projects of a JSON file: an array of export rules, each with the URL of its `archive`.

    Raises:
        Rejected: The file cannot be read as such.
    """
    try:
        rules = json.loads(path.read_text())
        if not isinstance(rules, list):
            raise TypeError  # noqa: TRY301 - named below
        exports = tuple(
            Export({k: v for k, v in rule.items() if k != "archive"}, rule["archive"])
            for rule in rules
        )
    except OSError as error:
        raise Rejected(f"{path}: {error.strerror}", reason="not_found") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Rejected(
            f"{path}: not a JSON array of projects with name, key_file, modalities and archive",
            reason="projects",
        ) from error
    for rule in (export.rule for export in exports):
        for name in KEY_FILES & set(rule):
            # Relative to the file that names it, not to wherever the service starts.
            rule[name] = str((path.parent / str(rule[name])).resolve())
    return exports


@dataclass(frozen=True)
class Plan:
    """Where the stack lives and where its results go.

    Attributes:
        data_dir: Databases, bus, objects, traces; created when missing.
        archive_url: DICOMweb root of the archive, or `file://` of a folder.
        record_url: FHIR base of the health record, or `file://` of a folder.
        http_port: Port of ingest's DICOMweb door.
        dimse_port: Port of ingest's C-STORE door; None leaves it closed.
        quiet_s: How long a study must be quiet before it is released, seconds.
        exports: Projects that copies leave for; none by default.
    """

    data_dir: Path
    archive_url: str
    record_url: str
    http_port: int = 8042
    dimse_port: int | None = 11112
    quiet_s: float = 30.0
    exports: tuple[Export, ...] = ()
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})

    @property
    def services(self) -> tuple[str, ...]:
        """What is started, in order."""
        return (*SERVICES, REDACTOR) if self.exports else SERVICES

    @property
    def ingest_url(self) -> str:
        """Root of ingest's HTTP door."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def dicomweb_url(self) -> str:
        """Root of ingest's DICOMweb service."""
        return f"{self.ingest_url}/dicom-web"

    @property
    def publisher_url(self) -> str:
        """Root of publisher's HTTP door."""
        return f"http://127.0.0.1:{self.ports['publisher']}"

    @property
    def scorer_url(self) -> str:
        """Root of cachexia_scorer's HTTP door."""
        return f"http://127.0.0.1:{self.ports['cachexia_scorer']}"

    @property
    def redactor_url(self) -> str:
        """Root of redactor's HTTP door."""
        return f"http://127.0.0.1:{self.ports['redactor']}"

    @property
    def trace_file(self) -> Path:
        """Spans of all services, one JSON object per line."""
        return self.data_dir / "spans.jsonl"

    def health_url(self, service: str) -> str:
        """Readiness of `service`."""
        root = {
            "ingest": self.ingest_url,
            "muscle_seg": f"http://127.0.0.1:{self.ports['muscle_seg']}",
            "report_structurer": f"http://127.0.0.1:{self.ports['report_structurer']}",
            "cachexia_scorer": self.scorer_url,
            "publisher": self.publisher_url,
            "redactor": self.redactor_url,
        }[service]
        return f"{root}/readyz"

    def environment(self, service: str) -> dict[str, str]:
        """Settings of `service`, as its `settings.py` reads them."""
        shared = {
            "BUS_URL": f"sqlite:///{self.data_dir / 'bus.sqlite'}",
            "DATABASE_URL": f"sqlite:///{self.data_dir / f'{service}.sqlite'}",
            "TRACE_FILE": str(self.trace_file),
        }
        objects = str(self.data_dir / "objects")
        own = {
            "ingest": {
                "HTTP_PORT": str(self.http_port),
                "GRPC_PORT": str(self.ports["custodian"]),
                "DIMSE_PORT": "" if self.dimse_port is None else str(self.dimse_port),
                "STORAGE_DIR": str(self.data_dir / "instances"),
                "QUIET_S": str(self.quiet_s),
                "SITE_SECRET": site_secret(self.data_dir),
            },
            "muscle_seg": {
                "HTTP_PORT": str(self.ports["muscle_seg"]),
                "GRPC_PORT": str(self.ports["muscle_seg_grpc"]),
                "INGEST_URL": self.dicomweb_url,
                "OBJECT_DIR": objects,
            },
            "report_structurer": {
                "HTTP_PORT": str(self.ports["report_structurer"]),
                "GRPC_PORT": str(self.ports["report_structurer_grpc"]),
                "CUSTODIAN_ADDRESS": f"127.0.0.1:{self.ports['custodian']}",
            },
            "cachexia_scorer": {
                "HTTP_PORT": str(self.ports["cachexia_scorer"]),
                "GRPC_PORT": str(self.ports["cachexia_scorer_grpc"]),
                "CUSTODIAN_ADDRESS": f"127.0.0.1:{self.ports['custodian']}",
            },
            "publisher": {
                "HTTP_PORT": str(self.ports["publisher"]),
                "INGEST_URL": self.dicomweb_url,
                "CUSTODIAN_ADDRESS": f"127.0.0.1:{self.ports['custodian']}",
                "OBJECT_DIR": objects,
                "ARCHIVE_URL": self.archive_url,
                "FHIR_URL": self.record_url,
                "RESEARCH_ARCHIVES": json.dumps(
                    {export.rule["name"]: export.archive_url for export in self.exports}
                ),
            },
            "redactor": {
                "HTTP_PORT": str(self.ports["redactor"]),
                "GRPC_PORT": str(self.ports["redactor_grpc"]),
                "INGEST_URL": self.dicomweb_url,
                "CUSTODIAN_ADDRESS": f"127.0.0.1:{self.ports['custodian']}",
                "OBJECT_DIR": objects,
                "PROJECTS": json.dumps([export.rule for export in self.exports]),
            },
        }[service]
        prefix = f"RADLOOM_{service.upper()}_"
        return {prefix + name: value for name, value in (shared | own).items()}


class Stack:
    """The running services of a `Plan`. Use it as a context manager.

    Raises:
        Unavailable: A service did not become ready; its log is named.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.plan.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            for service in self.plan.services:
                self._spawn(service)
            deadline = time.monotonic() + START_TIMEOUT_S
            for service in self.plan.services:
                self._wait_ready(service, deadline)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for service in reversed(self.plan.services):
            child = self._children.pop(service, None)
            if child is not None:
                _end(child)

    def pid(self, service: str) -> int:
        """Process id of `service` as it runs now."""
        return self._children[service].pid

    def restart_dead(self) -> list[str]:
        """Starts again what ended by itself; returns the names."""
        dead = [name for name, child in self._children.items() if child.poll() is not None]
        for service in dead:
            _end(self._children[service])
            time.sleep(RESTART_PAUSE_S)
            self._spawn(service)
        return dead

    def log_file(self, service: str) -> Path:
        """Where `service` logs to."""
        return self.plan.data_dir / f"{service}.log"

    def _spawn(self, service: str) -> None:
        with self.log_file(service).open("ab") as log:
            self._children[service] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "radloom.cli", "serve", service, "--until-stdin-closes"],
                env=os.environ | self.plan.environment(service),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_ready(self, service: str, deadline: float) -> None:
        while time.monotonic() < deadline:
            if self._children[service].poll() is not None:
                break
            try:
                if httpx.get(self.plan.health_url(service), timeout=2.0).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise Unavailable(
            f"{service} is not ready; its log {self.log_file(service)} says why",
            dependency=service,
        )


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdin is not None:
        child.stdin.close()
