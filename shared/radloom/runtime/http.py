"""HTTP door of a service: health, metrics, tracing, and a server that can be stopped."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp

from radloom.errors import Rejected, Unavailable

RETRY_AFTER_S = 5
START_TIMEOUT_S = 15.0
GRACE_S = 10

Check = Callable[[], bool]


def http_app(title: str, checks: Mapping[str, Check]) -> FastAPI:
    """App with `/healthz`, `/readyz` and `/metrics`, to which a service adds its own routes.

    Args:
        title: Name of the service.
        checks: Named conditions of readiness; one that raises `Unavailable` counts as false.
    """
    app = FastAPI(
        title=title,
        docs_url=None,
        redoc_url=None,
        # Spans go through our exporter alone, whatever the environment asks FastAPI to export.
        telemetry={
            "auto_configure": False,
            "logs": False,
            "metrics": False,
            "operation_spans": False,
            "exclude": _is_probe,
        },
    )
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(Unavailable, _unavailable)

    @app.get("/healthz", include_in_schema=False)
    def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/readyz", include_in_schema=False)
    def ready() -> JSONResponse:
        state = {name: _holds(check) for name, check in checks.items()}
        return JSONResponse(state, 200 if all(state.values()) else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def _is_probe(scope: Mapping[str, Any]) -> bool:
    """Probes come every few seconds and tell a trace nothing."""
    return scope.get("path") in ("/healthz", "/readyz", "/metrics")


def _holds(check: Check) -> bool:
    try:
        return check()
    except Unavailable:
        return False


async def _rejected(_request: Request, error: Exception) -> Response:
    reason = error.reason if isinstance(error, Rejected) else ""
    status = 404 if reason == "not_found" else 400
    return JSONResponse({"reason": reason, "message": str(error)}, status)


async def _unavailable(_request: Request, error: Exception) -> Response:
    return JSONResponse(
        {"reason": "unavailable", "message": str(error)},
        503,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


class HttpServer:
    """Serves an app from a thread; a `Part` of `radloom.runtime.process`.

    Args:
        app: What to serve.
        host: Address to bind.
        port: Port to bind; 0 picks a free one, `port` tells which.
    """

    name = "http"

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """Port that is bound; known once started."""
        return self._address[1]

    def start(self) -> None:
        """Returns when requests are answered.

        Raises:
            Unavailable: The port cannot be bound.
        """
        host, port = self._address
        try:
            self._socket = socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {host}:{port} (errno {error.errno}); is the port taken?",
                dependency="http_port",
            ) from error
        self._address = (host, int(self._socket.getsockname()[1]))
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable(f"the server on {host}:{port} ended", dependency="http_port")
            time.sleep(0.01)

    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answers what is under way, then ends."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(GRACE_S + 5)

    def _serve(self) -> None:
        if self._socket is not None:
            with self._socket:
                self._server.run(sockets=[self._socket])
