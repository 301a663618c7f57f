"""DIMSE by pynetdicom: C-STORE and C-ECHO in."""

from collections.abc import Callable, Sequence

from opentelemetry import trace
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event, EventHandlerType
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined] # made at import
from pynetdicom.transport import ThreadedAssociationServer

from radloom.errors import Unavailable

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000
"""PS3.4 table B.2-1."""

MAX_ASSOCIATIONS = 20
MAX_PDU_BYTES = 1 << 17
TIMEOUT_S = 60

Receive = Callable[[bytes], int]


class DimseServer:
    """Storage SCP in every storage class and transfer syntax; a `Part` of `runtime.process`.

    Args:
        receive: Takes a Part 10 file, returns the status once it is durable.
        ae_title: Our title.
        host: Address to bind.
        port: Port to bind; 0 picks a free one, `port` tells which.
        calling_ae_titles: Titles that may call; empty lets everybody.
    """

    name = "dimse"

    def __init__(
        self,
        receive: Receive,
        *,
        ae_title: str,
        host: str,
        port: int,
        calling_ae_titles: Sequence[str] = (),
    ) -> None:
        self._receive = receive
        self._address = (host, port)
        self._ae = AE(ae_title)
        self._ae.maximum_associations = MAX_ASSOCIATIONS
        self._ae.maximum_pdu_size = MAX_PDU_BYTES
        self._ae.network_timeout = TIMEOUT_S
        self._ae.require_called_aet = True
        self._ae.require_calling_aet = list(calling_ae_titles)
        contexts = [
            build_context(str(context.abstract_syntax), list(AllTransferSyntaxes))
            for context in AllStoragePresentationContexts
        ]
        self._ae.supported_contexts = [*contexts, build_context(Verification)]
        self._server: ThreadedAssociationServer | None = None

    @property
    def port(self) -> int:
        """Port that is bound; known once started."""
        return int(self._server.server_address[1]) if self._server else self._address[1]

    def start(self) -> None:
        """Returns when associations are accepted.

        Raises:
            Unavailable: The port cannot be bound.
        """
        handlers: list[EventHandlerType] = [(evt.EVT_C_STORE, self._on_store)]
        try:
            server = self._ae.start_server(self._address, block=False, evt_handlers=handlers)
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {self._address[0]}:{self._address[1]}; is the port taken?",
                dependency="dimse_port",
            ) from error
        self._server = server if isinstance(server, ThreadedAssociationServer) else None

    def alive(self) -> bool:
        """Whether it still serves."""
        return self._server is not None

    def stop(self) -> None:
        """Ends every association and the server."""
        self._ae.shutdown()
        self._server = None

    def _on_store(self, event: Event) -> int:
        with trace.get_tracer("radloom.dimse").start_as_current_span(
            "C-STORE", kind=trace.SpanKind.SERVER
        ):
            try:
                content = event.encoded_dataset()
            except (ValueError, AttributeError):
                return CANNOT_UNDERSTAND
            return self._receive(content)
