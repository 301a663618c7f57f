"""HTTP door of a service: health, metrics, tracing, and a server that can be stopped."""

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
        telemetry={"metrics": False, "logs": False, "exclude": _is_probe},
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
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)

    @property
    def port(self) -> int:
        """Port that is bound; known once started."""
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    def start(self) -> None:
        """Returns when requests are answered.

        Raises:
            Unavailable: The port cannot be bound.
        """
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                config = self._server.config
                raise Unavailable(
                    f"cannot listen on {config.host}:{config.port}; is the port taken?",
                    dependency="http_port",
                )
            time.sleep(0.01)

    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answers what is under way, then ends."""
        self._server.should_exit = True
        self._thread.join(GRACE_S + 5)
