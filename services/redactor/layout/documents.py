"""Encapsulated documents: released only when all that they can show has been read.

A document whose text identifies somebody is not mended, because a PDF may draw one thing and say
another; a person looks at it. What is released is written anew, without metadata.
"""

from pydicom import Dataset
from pydicom.uid import (
    EncapsulatedMTLStorage,
    EncapsulatedOBJStorage,
    EncapsulatedPDFStorage,
    EncapsulatedSTLStorage,
)

from radloom.errors import Rejected
from services.redactor.layout import meshes, pdf
from services.redactor.layout.actions import Change, FileAction
from services.redactor.spans import RedactText

DOCUMENT, DOCUMENT_LENGTH = "EncapsulatedDocument", "EncapsulatedDocumentLength"
PLACE = "00420011"


def clean_document(ds: Dataset, redact_text: RedactText) -> tuple[FileAction, ...]:
    """Cleans the encapsulated document of a data set, in place.

    Raises:
        Rejected: It identifies somebody, or cannot be read as a whole.
    """
    content = ds.get(DOCUMENT)
    if content is None:
        return ()
    if not isinstance(content, bytes):
        raise Rejected("its document has no value; send it again", reason="document")
    length = ds.get(DOCUMENT_LENGTH)
    if length is not None and 0 < int(length) <= len(content):
        content = content[: int(length)]
    cleaned = _cleaned(str(ds.get("SOPClassUID")), content, redact_text)
    ds[DOCUMENT].value = cleaned + b"\0" * (len(cleaned) % 2)
    if length is not None:
        ds.EncapsulatedDocumentLength = len(cleaned)
    return (FileAction(PLACE, Change.REWRITTEN, "document"),)


def _cleaned(sop_class: str, content: bytes, redact_text: RedactText) -> bytes:
    if sop_class == EncapsulatedPDFStorage:
        return pdf.cleaned(content, redact_text)
    if sop_class == EncapsulatedSTLStorage:
        return meshes.cleaned_stl(content)
    if sop_class in {EncapsulatedOBJStorage, EncapsulatedMTLStorage}:
        return meshes.cleaned_lines(content, redact_text)
    raise Rejected(
        "an encapsulated document of this kind (CDA) is about a patient by design; a person must "
        "look at it",
        reason="document",
    )
