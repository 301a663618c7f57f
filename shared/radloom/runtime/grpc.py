"""gRPC door of a service, and channels to others. Services use the generated classes only."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from opentelemetry import propagate, trace

from radloom.errors import Rejected, Unavailable

log = logging.getLogger(__name__)

THREADS = 8
GRACE_S = 10.0
Register = Callable[[grpc.Server], None]

_CODE_OF_REASON = {"not_found": grpc.StatusCode.NOT_FOUND}


class _Guarded(grpc.ServerInterceptor):
    """Spans around calls; radloom's errors as status codes; no text of other errors leaves."""

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wraps the method that a call asks for."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        inner = handler.unary_unary
        service, method = handler_call_details.method.strip("/").split("/")
        carrier = {str(k): str(v) for k, v in handler_call_details.invocation_metadata or ()}

        def guarded(request: object, context: grpc.ServicerContext) -> object:
            tracer = trace.get_tracer("radloom.grpc")
            with tracer.start_as_current_span(
                f"{service}/{method}",
                context=propagate.extract(carrier),
                kind=trace.SpanKind.SERVER,
                attributes={"rpc.service": service, "rpc.method": method},
            ):
                return _answer(inner, request, context)

        return grpc.unary_unary_rpc_method_handler(
            guarded,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _answer(
    inner: Callable[[Any, Any], object], request: object, context: grpc.ServicerContext
) -> object:
    try:
        return inner(request, context)
    except Rejected as error:
        code = _CODE_OF_REASON.get(error.reason, grpc.StatusCode.INVALID_ARGUMENT)
        _abort(context, code, str(error))
    except Unavailable as error:
        _abort(context, grpc.StatusCode.UNAVAILABLE, str(error))
    except Exception:
        log.exception("a call failed")
        _abort(context, grpc.StatusCode.INTERNAL, "internal error; the log says where")


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, text: str) -> NoReturn:
    context.abort(code, text)
    raise AssertionError(code)  # abort raised already


class GrpcServer:
    """Serves gRPC from a thread pool; a `Part` of `radloom.runtime.process`.

    Args:
        register: Adds servicers, `lambda server: add_XServicer_to_server(servicer, server)`.
        host: Address to bind.
        port: Port to bind; 0 picks a free one, `port` tells which.
    """

    name = "grpc"

    def __init__(self, register: Sequence[Register], *, host: str, port: int) -> None:
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="grpc"),
            interceptors=[_Guarded()],
            options=[("grpc.so_reuseport", 0)],  # else two services share a port without a word
        )
        for add in register:
            add(self._server)
        try:
            self.port = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise Unavailable(
                f"cannot listen on {host}:{port}; is the port taken?", dependency="grpc_port"
            ) from error
        self._running = False

    def start(self) -> None:
        """Returns when calls are answered."""
        self._server.start()
        self._running = True

    def alive(self) -> bool:
        """Whether it still serves."""
        return self._running

    def stop(self) -> None:
        """Answers what is under way, then ends."""
        self._running = False
        self._server.stop(GRACE_S).wait(GRACE_S)
