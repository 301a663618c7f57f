from collections.abc import Iterator

import grpc
import pytest
from opentelemetry import trace

from radloom.adapters.custodian import GrpcCustodian
from radloom.errors import Rejected, Unavailable
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.telemetry import continued
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentRequest,
    GetDocumentResponse,
    ResolveResourcesRequest,
    ResolveResourcesResponse,
    ResolveSubjectRequest,
    ResolveSubjectResponse,
)
from radloom.wire.v1.custodian_service_pb2_grpc import (
    CustodianServiceServicer,
    CustodianServiceStub,
    add_CustodianServiceServicer_to_server,
)


class Fake(CustodianServiceServicer):
    def ResolveSubject(  # noqa: N802 - name of the RPC
        self, request: ResolveSubjectRequest, context: object
    ) -> ResolveSubjectResponse:
        del context
        if request.subject_key == "unknown":
            raise Rejected("no such subject", reason="not_found")
        if request.subject_key == "down":
            raise Unavailable("the database does not answer", dependency="database")
        if request.subject_key == "bug":
            raise ValueError("CANARY^PATIENT")
        seen = trace.get_current_span().get_span_context().trace_id
        return ResolveSubjectResponse(
            patient_id=request.subject_key, issuer_of_patient_id=f"{seen:032x}"
        )

    def GetDocument(  # noqa: N802 - name of the RPC
        self, request: GetDocumentRequest, context: object
    ) -> GetDocumentResponse:
        del context
        raise Rejected(f"{request.document_id!r} is no id", reason="document_id")

    def ResolveResources(  # noqa: N802 - name of the RPC
        self, request: ResolveResourcesRequest, context: object
    ) -> ResolveResourcesResponse:
        del context
        raise Rejected(f"{len(request.resource_keys)} keys", reason="not_found")


@pytest.fixture
def address() -> Iterator[str]:
    server = GrpcServer(
        [lambda server: add_CustodianServiceServicer_to_server(Fake(), server)],
        host="127.0.0.1",
        port=0,
    )
    server.start()
    yield f"127.0.0.1:{server.port}"
    server.stop()
    assert not server.alive()


def test_an_answer_comes_back(address: str) -> None:
    assert GrpcCustodian(address).resolve_subject("key").patient_id == "key"


def test_an_unknown_key_is_rejected_as_not_found(address: str) -> None:
    with pytest.raises(Rejected) as refused:
        GrpcCustodian(address).resolve_subject("unknown")
    assert refused.value.reason == "not_found"


def test_a_bad_request_is_rejected(address: str) -> None:
    with pytest.raises(Rejected) as refused:
        GrpcCustodian(address).document("x")
    assert refused.value.reason == "invalid_argument"


def test_a_dependency_that_is_down_holds_every_message(address: str) -> None:
    with pytest.raises(Unavailable) as failed:
        GrpcCustodian(address).resolve_subject("down")
    assert failed.value.affects_all


def test_no_server_holds_every_message() -> None:
    with pytest.raises(Unavailable) as failed:
        GrpcCustodian("127.0.0.1:9").resolve_subject("key")
    assert failed.value.affects_all


def test_a_fault_on_one_key_does_not_hold_the_others(address: str) -> None:
    with pytest.raises(Unavailable) as failed:
        GrpcCustodian(address).resolve_subject("bug")
    assert not failed.value.affects_all


def test_no_text_of_an_unexpected_error_leaves(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        stub = CustodianServiceStub(channel)
        with pytest.raises(grpc.RpcError) as failed:
            stub.ResolveSubject(ResolveSubjectRequest(subject_key="bug"), timeout=10)
    assert "CANARY" not in str(failed.value)
    assert isinstance(failed.value, grpc.Call)
    assert failed.value.code() is grpc.StatusCode.INTERNAL


def test_a_call_carries_the_callers_trace(address: str) -> None:
    trace_id = "ab" * 16
    with continued({"traceparent": f"00-{trace_id}-{'cd' * 8}-01"}, "caller"):
        answer = GrpcCustodian(address).resolve_subject("key")
    assert answer.issuer_of_patient_id == trace_id


def test_a_port_that_is_taken_is_named(address: str) -> None:
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(Unavailable, match=str(port)):
        GrpcServer([], host="127.0.0.1", port=port)
