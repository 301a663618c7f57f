"""Ingest over gRPC, as the other services of the PHI zone see it."""

from collections.abc import Sequence

import grpc
from opentelemetry import propagate

from radloom.errors import Rejected, Unavailable
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentRequest,
    GetDocumentResponse,
    ResolvedResource,
    ResolveResourcesRequest,
    ResolveSubjectRequest,
    ResolveSubjectResponse,
)
from radloom.wire.v1.custodian_service_pb2_grpc import CustodianServiceStub

DEADLINE_S = 10.0
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""Ingest is away for everyone; any other fault may lie with one request."""


class GrpcCustodian:
    """Implements `ports.Custodian`.

    Args:
        address: "host:port" of ingest's gRPC door.
    """

    def __init__(self, address: str) -> None:
        self._stub = CustodianServiceStub(grpc.insecure_channel(address))

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        """Identity behind a subject key; see `ports.Custodian`."""
        request = ResolveSubjectRequest(subject_key=subject_key)
        try:
            return self._stub.ResolveSubject(request, timeout=DEADLINE_S, metadata=_trace())
        except grpc.RpcError as error:
            raise _named(error) from error

    def document(self, document_id: str) -> GetDocumentResponse:
        """One clinical document; see `ports.Custodian`."""
        request = GetDocumentRequest(document_id=document_id)
        try:
            return self._stub.GetDocument(request, timeout=DEADLINE_S, metadata=_trace())
        except grpc.RpcError as error:
            raise _named(error) from error

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        """What the record calls clinical resources; see `ports.Custodian`."""
        request = ResolveResourcesRequest(resource_keys=resource_keys)
        try:
            answer = self._stub.ResolveResources(request, timeout=DEADLINE_S, metadata=_trace())
        except grpc.RpcError as error:
            raise _named(error) from error
        return tuple(answer.resources)


def _trace() -> tuple[tuple[str, str | bytes], ...]:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return tuple(carrier.items())


def _named(error: grpc.RpcError) -> Rejected | Unavailable:
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    if code is grpc.StatusCode.NOT_FOUND:
        return Rejected("ingest does not know the key", reason="not_found")
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return Rejected("ingest refuses the request", reason="invalid_argument")
    return Unavailable(
        f"ingest does not answer ({code.name})", dependency="ingest", affects_all=code in _AWAY
    )
