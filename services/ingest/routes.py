"""HTTP doors of ingest: STOW-RS, QIDO-RS, WADO-RS, and FHIR documents and resources in."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from radloom.errors import Rejected
from services.ingest import qido, stow, tables, wado
from services.ingest.admission import UID
from services.ingest.documents import read_document
from services.ingest.fhir_intake import Intake, read_body
from services.ingest.handler import Ingest
from services.ingest.handler.clinical import Outcome
from services.ingest.multipart import Limits, Malformed, StowBody, TooLarge, UnsupportedPart

log = logging.getLogger(__name__)

DICOM_JSON = "application/dicom+json"
MAX_DOCUMENT_BYTES = 4 * 2**20
MAX_BUNDLE_BYTES = 16 * 2**20
FHIR_JSON = "application/fhir+json"

_STATUS_OF = {Malformed: 400, TooLarge: 413, UnsupportedPart: 415}


def routes(ingest: Ingest, limits: Limits) -> APIRouter:
    """All doors of ingest."""
    router = APIRouter()
    _add_stow(router, ingest, limits)
    _add_qido(router, ingest)
    _add_wado(router, ingest)
    _add_documents(router, ingest)
    _add_clinical(router, ingest)
    return router


def _add_stow(router: APIRouter, ingest: Ingest, limits: Limits) -> None:
    @router.post("/dicom-web/studies")
    async def store(request: Request) -> Response:
        return await _store(request, ingest, limits, "")

    @router.post("/dicom-web/studies/{study}")
    async def store_in_study(request: Request, study: str) -> Response:
        return await _store(request, ingest, limits, study)


async def _store(request: Request, ingest: Ingest, limits: Limits, study: str) -> Response:
    if not _accepts_json(request):
        return _problem(406, f"answers are {DICOM_JSON}; send Accept: {DICOM_JSON}")
    _require_uids(study)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.body_bytes:
        return _problem(413, f"the body exceeds {limits.body_bytes} bytes; split the post")
    try:
        body = StowBody(request.headers.get("content-type", ""), ingest.store.incoming, limits)
    except (Malformed, UnsupportedPart) as error:
        return _problem(_STATUS_OF[type(error)], str(error))
    try:
        async for piece in request.stream():
            await run_in_threadpool(body.write, piece)
        body.finish()
        verdicts = await run_in_threadpool(ingest.receive, body.arrived, study)
    except (Malformed, TooLarge, UnsupportedPart) as error:
        return _problem(_STATUS_OF[type(error)], str(error))
    except ClientDisconnect:
        log.warning("a sender hung up before its body ended; nothing of it was kept")
        return _problem(400, "the body ended early")
    finally:
        await run_in_threadpool(body.discard)
    status, answer = stow.answer(verdicts, _root(request))
    return JSONResponse(answer, status, media_type=DICOM_JSON)


def _require_uids(*uids: str) -> None:
    """Checks the UIDs of a URL; empty ones are not in it.

    Raises:
        Rejected: One is no UID.
    """
    for uid in uids:
        if uid and not UID.fullmatch(uid):
            raise Rejected(
                f"{uid[:64]!r} in the URL; expected a UID (PS3.5 section 9.1)", reason="uid"
            )


def _accepts_json(request: Request) -> bool:
    accept = request.headers.get("accept", "*/*")
    return any(kind in accept for kind in ("*/*", "application/*", "json"))


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status, media_type=DICOM_JSON)


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/dicom-web"


def _add_qido(router: APIRouter, ingest: Ingest) -> None:
    def answer(request: Request, level: qido.Level, study: str = "", series: str = "") -> Response:
        _require_uids(study, series)
        with ingest.database.reading() as connection:
            rows = [dict(row) for row in tables.instances(connection, study=study, series=series)]
        found = qido.search(level, rows, request.query_params.multi_items())
        for item in found:
            item["00081190"] = {"vr": "UR", "Value": [_retrieve_url(_root(request), item)]}
        return JSONResponse(found, media_type=DICOM_JSON)

    @router.get("/dicom-web/studies")
    def studies(request: Request) -> Response:
        return answer(request, "studies")

    @router.get("/dicom-web/series")
    def all_series(request: Request) -> Response:
        return answer(request, "series")

    @router.get("/dicom-web/instances")
    def all_instances(request: Request) -> Response:
        return answer(request, "instances")

    @router.get("/dicom-web/studies/{study}/series")
    def series_of(request: Request, study: str) -> Response:
        return answer(request, "series", study)

    @router.get("/dicom-web/studies/{study}/instances")
    def instances_of(request: Request, study: str) -> Response:
        return answer(request, "instances", study)

    @router.get("/dicom-web/studies/{study}/series/{series}/instances")
    def instances_of_series(request: Request, study: str, series: str) -> Response:
        return answer(request, "instances", study, series)


def _retrieve_url(root: str, item: dict[str, Any]) -> str:
    url = root
    for tag, name in (("0020000D", "studies"), ("0020000E", "series"), ("00080018", "instances")):
        if tag in item:
            url += f"/{name}/{item[tag]['Value'][0]}"
    return url


def _add_wado(router: APIRouter, ingest: Ingest) -> None:  # noqa: C901 - one small function per route
    def files(study: str, series: str = "", sop: str = "") -> list[Path]:
        _require_uids(study, series, sop)
        with ingest.database.reading() as connection:
            rows = tables.instances(connection, study=study, series=series, sop=sop)
        if not rows:
            raise Rejected("ingest holds no such study, series or instance", reason="not_found")
        return [ingest.store.path(row["sha256"]) for row in rows]

    def instances(found: Sequence[Path]) -> Response:
        content_type, body = wado.multipart(found)
        return StreamingResponse(body, media_type=content_type)

    def metadata(found: Sequence[Path]) -> Response:
        return JSONResponse([wado.metadata(path) for path in found], media_type=DICOM_JSON)

    @router.get("/dicom-web/studies/{study}")
    def study(study: str) -> Response:
        return instances(files(study))

    @router.get("/dicom-web/studies/{study}/metadata")
    def study_metadata(study: str) -> Response:
        return metadata(files(study))

    @router.get("/dicom-web/studies/{study}/series/{series}")
    def series(study: str, series: str) -> Response:
        return instances(files(study, series))

    @router.get("/dicom-web/studies/{study}/series/{series}/metadata")
    def series_metadata(study: str, series: str) -> Response:
        return metadata(files(study, series))

    @router.get("/dicom-web/studies/{study}/series/{series}/instances/{sop}")
    def instance(study: str, series: str, sop: str) -> Response:
        return instances(files(study, series, sop))

    @router.get("/dicom-web/studies/{study}/series/{series}/instances/{sop}/metadata")
    def instance_metadata(study: str, series: str, sop: str) -> Response:
        return metadata(files(study, series, sop))

    @router.get("/dicom-web/studies/{study}/series/{series}/instances/{sop}/frames/{numbers}")
    def frames(study: str, series: str, sop: str, numbers: str) -> Response:
        wanted = numbers.split(",")
        if not all(re.fullmatch(r"[0-9]{1,9}", number) for number in wanted):
            raise Rejected("frame numbers must be whole numbers from 1", reason="query")
        found = files(study, series, sop)[0]
        content_type, body = wado.frames(found, [int(number) for number in wanted])
        return StreamingResponse(body, media_type=content_type)


def _add_documents(router: APIRouter, ingest: Ingest) -> None:
    @router.post("/fhir/DocumentReference")
    async def document(request: Request) -> Response:
        body = await _body(request, MAX_DOCUMENT_BYTES)
        if body is None:
            return _problem(413, f"a document exceeds {MAX_DOCUMENT_BYTES} bytes")
        document_id = await run_in_threadpool(lambda: ingest.keep_document(read_document(body)))
        location = {"Location": f"{request.base_url}fhir/DocumentReference/{document_id}"}
        answer = {"resourceType": "DocumentReference", "id": document_id}
        return JSONResponse(answer, 201, headers=location, media_type=FHIR_JSON)


async def _body(request: Request, limit: int) -> bytes | None:
    """The body; None when it is longer than `limit` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            return None
    return bytes(body)


def _add_clinical(router: APIRouter, ingest: Ingest) -> None:
    async def answer(request: Request, kind: str) -> Response:
        body = await _body(request, MAX_BUNDLE_BYTES)
        if body is None:
            return _problem(413, f"a body exceeds {MAX_BUNDLE_BYTES} bytes; send several")

        def keep() -> tuple[Intake, Outcome]:
            intake = read_body(body, kind)
            return intake, ingest.keep_clinical(intake)

        intake, outcome = await run_in_threadpool(keep)
        status = 201 if outcome.kept and kind != "Bundle" else 200
        return JSONResponse(told(intake, outcome), status, media_type=FHIR_JSON)

    @router.post("/fhir/Observation")
    async def observation(request: Request) -> Response:
        return await answer(request, "Observation")

    @router.post("/fhir/Condition")
    async def condition(request: Request) -> Response:
        return await answer(request, "Condition")

    @router.post("/fhir/Patient")
    async def patient(request: Request) -> Response:
        return await answer(request, "Patient")

    @router.post("/fhir/Bundle")
    async def bundle(request: Request) -> Response:
        return await answer(request, "Bundle")


def told(intake: Intake, outcome: Outcome) -> dict[str, Any]:
    """OperationOutcome: what was kept, and every type of resource that was not read."""
    told = f"{outcome.kept} new, {outcome.unchanged} unchanged, {outcome.withdrawn} withdrawn"
    issues = [{"severity": "information", "code": "informational", "diagnostics": told}]
    issues += [
        {
            "severity": "warning",
            "code": "not-supported",
            "diagnostics": f"{count} {kind} not read and not kept",
        }
        for kind, count in sorted(intake.unread.items())
    ]
    if intake.ours:
        issues.append(
            {
                "severity": "information",
                "code": "business-rule",
                "diagnostics": f"{intake.ours} results of radloom's own: no news, not kept",
            }
        )
    return {"resourceType": "OperationOutcome", "issue": issues}
