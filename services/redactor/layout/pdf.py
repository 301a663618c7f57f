"""PDF documents: released when they consist of text that names nobody and of straight lines.

Pictures, curves (which may draw letters), fonts that cannot be read, forms, annotations and
attachments send a document to a person.
"""

from collections.abc import Iterator
from io import BytesIO

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from radloom.errors import Rejected
from services.redactor.spans import RedactText

MAX_PAGES = 200
MAX_OPERATIONS = 500_000
PAGE_KEYS = ("/Type", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents")
RESOURCE_KEYS = frozenset({"/Font", "/ProcSet", "/ExtGState", "/ColorSpace"})
"""No /XObject: pictures and forms; no /Pattern, /Shading or /Properties."""
CURVES = frozenset({b"c", b"v", b"y"})
PICTURES = frozenset({b"BI", b"INLINE IMAGE", b"Do", b"sh"})
MARKS = frozenset({b"BDC", b"DP"})
"""Marked content with properties: /ActualText and /Alt are text that nobody sees."""
CATALOG_RISKS = ("/AcroForm", "/Names", "/OpenAction", "/AA", "/Collection", "/Perms")
INVISIBLE = 3
"""Text rendering mode of text that is not shown (ISO 32000-1 table 106)."""


def cleaned(content: bytes, redact_text: RedactText) -> bytes:
    """The document written anew, without metadata.

    Raises:
        Rejected: It identifies somebody, or holds what cannot be read.
    """
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        _require_plain(reader)
        for page in reader.pages:
            _require_readable(page, redact_text)
        return _rewritten(reader)
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 - its message may quote the document
        raise _held(f"cannot be read as a PDF ({type(error).__name__})") from None


def _require_plain(reader: PdfReader) -> None:
    if reader.is_encrypted:
        raise _held("is encrypted")
    if not 0 < len(reader.pages) <= MAX_PAGES:
        raise _held(f"has no page, or more than {MAX_PAGES}")
    catalog = reader.root_object
    if any(key in catalog for key in CATALOG_RISKS):
        raise _held("has forms, attachments or actions")


def _require_readable(page: PageObject, redact_text: RedactText) -> None:
    if page.get("/Annots"):
        raise _held("has annotations")
    resources = page.get("/Resources")
    resources = resources.get_object() if resources is not None else DictionaryObject()
    if not isinstance(resources, DictionaryObject) or set(resources) - RESOURCE_KEYS:
        raise _held("has pictures, patterns or forms")
    for font in _fonts(resources):
        _require_readable_font(font)
    _require_text_and_lines(page)
    text = page.extract_text()
    if redact_text(text).spans:
        raise _held("has text that identifies somebody")


def _fonts(resources: DictionaryObject) -> Iterator[DictionaryObject]:
    fonts = resources.get("/Font")
    if fonts is not None:
        for font in fonts.get_object().values():
            yield font.get_object()


def _require_readable_font(font: DictionaryObject) -> None:
    kind = font.get("/Subtype")
    if kind not in {"/Type1", "/TrueType", "/Type0"}:
        raise _held("has fonts that are drawings")
    if kind == "/Type0" and "/ToUnicode" not in font:
        raise _held("has fonts whose letters cannot be read")


def _require_text_and_lines(page: PageObject) -> None:
    contents = page.get_contents()
    if contents is None:
        return
    operations = contents.operations
    if len(operations) > MAX_OPERATIONS:
        raise _held("is too long")
    at: tuple[float, float] = (0.0, 0.0)
    for operands, operator in operations:
        if operator in CURVES | PICTURES | MARKS:
            raise _held("has curves or pictures")
        if operator == b"Tr" and int(operands[0]) == INVISIBLE:
            raise _held("has text that is not shown")
        if operator in {b"m", b"l"}:
            to = (float(operands[0]), float(operands[1]))
            if operator == b"l" and to[0] != at[0] and to[1] != at[1]:
                raise _held("has lines that may be letters")
            at = to


def _rewritten(reader: PdfReader) -> bytes:
    writer = PdfWriter()
    for page in reader.pages:
        plain = DictionaryObject()
        for key in PAGE_KEYS:
            if key in page:
                plain[NameObject(key)] = page[key]
        writer.add_page(_page(plain))
    writer.metadata = None
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _page(plain: DictionaryObject) -> PageObject:
    page = PageObject()
    page.update(plain)
    return page


def _held(what: str) -> Rejected:
    return Rejected(f"the document {what}; a person must look at it", reason="document")
