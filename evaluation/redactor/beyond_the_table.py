"""Identifiers where table E.1-1 does not look: descriptors, private, SR, graphics, the file."""

import base64
import zlib
from collections.abc import Iterator
from typing import Final

from pydicom import DataElement, Dataset, Sequence
from pydicom.datadict import dictionary_VR
from pydicom.uid import UID, generate_uid

from evaluation.redactor.objects import content_of, pdf_of
from evaluation.redactor.people import Person
from evaluation.redactor.planter import Planter


def _patient(p: Planter) -> None:
    ds, family, number = p.ds, p.token(), p.number()
    charset = str(ds.get("SpecificCharacterSet", "") or "")
    if not charset or charset in {"ISO_IR 100", "ISO_IR 192"}:
        ds.SpecificCharacterSet = "ISO_IR 192"
        native = p.who.native and f"={p.who.native}"
        ds.PatientName = f"{family}^{p.who.given}{native}"
        if native:
            p.note(p.who.native.split("^")[0], "text", "charset", (0x00100010,))
    else:
        ds.PatientName = f"{family}^Ann"
    p.note(family, "text", "patient", (0x00100010,))
    ds.PatientID = number
    p.note(number, "text", "patient", (0x00100020,))
    ds.PatientBirthDate = f"19{p.rng.randint(31, 70)}0{p.rng.randint(1, 9)}17"
    p.note(ds.PatientBirthDate, "date", "patient", (0x00100030,))
    p.who = Person(family, p.who.given, "", p.who.sex)


DESCRIPTORS: Final = (
    (0x00081030, "LO", ("CT CHEST WITH CONTRAST", "MR KNEE LEFT", "US ABDOMEN")),
    (0x0008103E, "LO", ("AX T1 FS POST", "SAG STIR", "LUNG 1.25mm")),
    (0x00181030, "LO", ("CHEST ROUTINE", "KNEE PROTOCOL", "ABDOMEN PELVIS")),
    (0x00180010, "LO", ("OMNIPAQUE 350", "GADAVIST", "IODINE")),
    (0x00082111, "ST", ("Maximum intensity projection", "Reformatted coronal")),
)


def _descriptors(p: Planter) -> None:
    """One of two descriptors is useful, the other holds identifiers besides."""
    for tag, vr, words in DESCRIPTORS:
        if not _allowed(p.ds, tag):
            continue
        useful = p.rng.choice(words)
        if p.rng.random() < 0.5:
            p.ds.add(DataElement(tag, vr, useful))
        else:
            token, form = _descriptor_identifier(p)
            p.ds.add(DataElement(tag, vr, form.format(useful)[:64]))
            p.note(token, "text", "descriptor", (tag,))
        p.note(useful, "useful", "descriptor", (tag,))


def _allowed(ds: Dataset, tag: int) -> bool:
    """Whether a useful value may stand there: what the IOD does not list is rightly dropped."""
    image = "PixelData" in ds or ds.get("Modality") in {"CT", "MR"}
    contrast = (
        ds.get("Modality") in {"CT", "MR"} and "BitsStored" in ds and "SEG" not in ds.Modality
    )
    return tag in {0x00081030, 0x0008103E} or (
        contrast if tag in {0x00180010, 0x00181030} else image
    )


def _descriptor_identifier(p: Planter) -> tuple[str, str]:
    number, token = p.number(), p.token()
    return p.rng.choice(
        (
            (p.who.family, f"{{}} {p.who.family}"),
            (p.who.family, f"{p.who.family.upper()} {{}}"),
            (token, f"{{}} Dr. {token}"),
            (token, f"{{}} for {token}"),
            (number, f"{{}} MRN {number}"),
            (number, f"{number} {{}}"),
        )
    )


def _private(p: Planter) -> None:
    block = p.ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "800")
    if p.ds.get("Modality") == "MR":
        p.note("800", "useful", "private", (0x0019100C,), "b-value")
    unknown = p.token()
    other = p.ds.private_block(0x0029, f"ACME {p.token(8).upper()}", create=True)
    other.add_new(0x01, "LO", unknown)
    other.add_new(0x02, "OB", unknown.encode("utf-16-le"))
    p.note(unknown, "text", "private")
    block.add_new(0x77, "LO", hidden := p.token())
    p.note(hidden, "text", "private")
    inner = Dataset()
    inner.private_block(0x0031, "DEEP", create=True).add_new(0x01, "PN", nested := p.token())
    other.add_new(0x03, "SQ", [inner])
    p.note(nested, "text", "private")
    packed, coded = p.token(), p.token()
    other.add_new(0x04, "OB", _even(zlib.compress(packed.encode())))
    other.add_new(0x05, "UT", base64.b64encode(f"x{coded}".encode()).decode())
    p.note(packed, "text", "private", name="deflated")
    p.note(coded, "text", "private", name="base64")


def _odd_elements(p: Planter) -> None:
    for tag, vr in ((0x00109F3C, "LO"), (0x00189FFE, "CS"), (0x00089E01, "PN"), (0x00409F01, "ST")):
        p.text(p.ds, tag, vr, "unknown tag", ())
    for tag in (
        0x00180022,
        0x00185100,
        0x00181160,
        0x00081090 if p.rng.random() < 0.5 else 0x00181020,
    ):
        p.text(p.ds, tag, str(dictionary_VR(tag)), "unlisted", ())
    mismatched, hidden, clear = p.token(), p.token(), p.token()
    p.ds.add(DataElement(0x00181050, "LO", mismatched))
    p.note(mismatched, "text", "VR mismatch", (0x00181050,))
    p.ds.add(DataElement(0x00101001, "UN", _even(hidden.encode())))
    p.note(hidden, "text", "UN", (0x00101001,))
    # Explicit length, implicit little endian: how UN holds a sequence (PS3.5 6.2.2 note 2).
    inner = (
        b"\x08\x00\x80\x00"
        + len(_even(clear.encode())).to_bytes(4, "little")
        + _even(clear.encode())
    )
    item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
    p.ds.add(DataElement(0x00081111, "UN", item))
    p.note(clear, "text", "UN", (0x00081111,), "sequence in UN")


def _code_meanings(p: Planter) -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "X1", "99LOCAL"
    code.CodeMeaning = f"Study of {(token := p.token())}"
    p.ds.ProcedureCodeSequence = [code]
    p.note(token, "text", "code meaning", (0x00081032, 0, 0x00080104))


def _graphics(p: Planter) -> None:
    rows, columns = int(p.ds.get("Rows") or 8), int(p.ds.get("Columns") or 8)
    overlay = (
        (0x60000010, "US", rows), (0x60000011, "US", columns), (0x60000040, "CS", "G"),
        (0x60000050, "SS", [1, 1]), (0x60000100, "US", 1), (0x60000102, "US", 0),
        (0x60003000, "OW", b"\0" * (2 * ((rows * columns + 15) // 16))),
    )  # fmt: skip
    for tag, vr, value in overlay:
        p.ds.add(DataElement(tag, vr, value))
    p.text(p.ds, 0x60000022, "LO", "overlay", ())
    p.text(p.ds, 0x60001500, "LO", "overlay", ())
    p.text(p.ds, 0x60004000, "LT", "overlay", ())
    p.ds.add(DataElement(0x50003000, "OW", _even((token := p.token()).encode())))
    p.note(token, "text", "curve", (0x50003000,))
    icon = Dataset()
    icon.Rows = icon.Columns = 4
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.BitsAllocated = icon.BitsStored = 8
    icon.HighBit, icon.PixelRepresentation = 7, 0
    icon.PixelData = (token := p.token())[:14].encode().ljust(16, b"\0")
    p.ds.IconImageSequence = [icon]
    p.note(token, "text", "icon", (0x00880200,))


def _signatures(p: Planter) -> None:
    signature = Dataset()
    signature.MACIDNumber = 1
    signature.CertificateType = "X509_1993_SIG"
    signature.CertificateOfSigner = _even((token := p.token()).encode())
    signature.Signature = b"\1\2"
    p.ds.add(DataElement(0xFFFAFFFA, "SQ", Sequence([signature])))
    p.note(token, "text", "signature", (0xFFFAFFFA,))


def _content(p: Planter) -> None:
    """Content items of every value type; a report that has none yet stays without."""
    if "ContentSequence" not in p.ds:
        return
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = (
        "121071",
        "DCM",
        "Finding",
    )
    for kind, keyword, made in _items(p):
        item = Dataset()
        item.RelationshipType, item.ValueType = "CONTAINS", kind
        item.ConceptNameCodeSequence = [concept]
        setattr(item, keyword, made)
        if keyword in {"TextValue", "PersonName"} and p.rng.random() < 0.5:
            outer = Dataset()
            outer.RelationshipType, outer.ValueType = "CONTAINS", "CONTAINER"
            outer.ContinuityOfContent = "SEPARATE"
            outer.ConceptNameCodeSequence = [concept]
            outer.ContentSequence = [item]
            item = outer
        p.ds.ContentSequence.append(item)


def _items(p: Planter) -> Iterator[tuple[str, str, object]]:
    sentences = ("Discussed with Dr. {}.", f"{p.who.family} has no fracture; report to {{}}.")
    for form in sentences:
        token = p.token()
        p.note(token, "text", "sr", name="TEXT")
        yield "TEXT", "TextValue", form.format(token)
    p.note("nodule", "useful-anywhere", "sr", name="TEXT")
    yield "TEXT", "TextValue", "A nodule of 8 mm in the left lung."
    p.note(token := p.token(), "text", "sr", name="PNAME")
    yield "PNAME", "PersonName", f"{token}^Ida"
    clock = (
        f"{p.rng.randint(1940, 1999)}0412{p.rng.randint(10, 23)}1503.{p.rng.randint(10**5, 10**6)}"
    )
    p.note(clock, "text", "sr", name="DATETIME")
    yield "DATETIME", "DateTime", clock
    uid = generate_uid(entropy_srcs=[str(p.rng.random())])
    p.note(uid, "uid", "sr", name="UIDREF")
    yield "UIDREF", "UID", uid
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = p.token(10).upper(), "99LOCAL"
    p.note(str(code.CodeValue), "text", "sr", name="code value")
    code.CodeMeaning = f"Seen by {(token := p.token())}"
    p.note(token, "text", "sr", name="CODE")
    yield "CODE", "ConceptCodeSequence", [code]


def _labels(p: Planter) -> None:
    """Free text that objects of some kinds have where the table has no row, or a late one."""
    for sequence, keyword in (
        ("SegmentSequence", "SegmentLabel"), ("SegmentSequence", "SegmentDescription"),
        ("GraphicLayerSequence", "GraphicLayerDescription"), ("BeamSequence", "BeamName"),
        ("StructureSetROISequence", "ROIName"), ("WaveformSequence", "MultiplexGroupLabel"),
        ("ReferencedImageRealWorldValueMappingSequence", "LUTExplanation"),
    ):  # fmt: skip
        for item in p.ds.get(sequence) or []:
            setattr(item, keyword, f"Dr. {(token := p.token(9))}"[:16])
            p.note(token, "text", "label", name=keyword)
            break
    for annotation in p.ds.get("GraphicAnnotationSequence") or []:
        for text in annotation.get("TextObjectSequence") or []:
            text.UnformattedTextValue = f"{p.who.family} {(token := p.token())}"
            p.note(token, "text", "label", name="UnformattedTextValue")


def _pdf(p: Planter) -> None:
    if "EncapsulatedDocument" in p.ds:
        shown = f"Report of {p.who.family} by Dr. {(token := p.token())}"
        p.ds.EncapsulatedDocument = _even(pdf_of(shown))
        p.note(token, "text", "pdf")


STEPS: Final = (
    _patient, _descriptors, _private, _odd_elements, _code_meanings, _graphics, _signatures,
    _content, _labels, _pdf,
)  # fmt: skip


def file_level(p: Planter) -> bytes:
    """The object as a file, with values planted around its data set."""
    ds = p.ds
    ds.preamble = (b"II*\0" + (token := p.token()).encode()).ljust(128, b"\0")
    p.note(token, "text", "preamble")
    for keyword in ("SourceApplicationEntityTitle", "SendingApplicationEntityTitle"):
        setattr(ds.file_meta, keyword, (token := p.token()).upper())
        p.note(token, "text", "meta", name=keyword)
    ds.file_meta.PrivateInformationCreatorUID = UID("1.2.3.4")
    ds.file_meta.PrivateInformation = _even((token := p.token()).encode())
    p.note(token, "text", "meta", name="PrivateInformation")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    _unused_bits(p)
    ds.add(DataElement(0xFFFCFFFC, "OB", _even((token := p.token()).encode())))
    p.note(token, "text", "padding")
    if "PixelData" in ds and not ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.PixelData = bytes(ds.PixelData) + _even((token := p.token()).encode())
        p.note(token, "text", "after pixels")
    return content_of(ds)


def _unused_bits(p: Planter) -> None:
    """Writes a token into bit 15 of a 12-bit image, one bit per pixel."""
    ds = p.ds
    syntax = ds.file_meta.TransferSyntaxUID
    if "PixelData" not in ds or ds.get("BitsAllocated") != 16 or ds.get("BitsStored", 16) > 15:
        return
    if syntax.is_compressed or not syntax.is_little_endian or ds.get("PixelRepresentation"):
        return
    token = p.token()
    pixels = bytearray(ds.PixelData)
    for number, bit in enumerate(_bits(token)):
        high = pixels[2 * number + 1] & 0x7F
        pixels[2 * number + 1] = high | (bit << 7)
    ds.PixelData = bytes(pixels)
    p.note(token, "bits", "unused bits", (0x7FE00010,))


def _bits(token: str) -> Iterator[int]:
    for byte in token.encode():
        yield from ((byte >> shift) & 1 for shift in range(7, -1, -1))


def hidden_in_bits(pixels: bytes, length: int) -> str:
    """What bit 15 of the first pixels spells."""
    high = [pixels[2 * number + 1] >> 7 for number in range(min(8 * length, len(pixels) // 2))]
    made = bytes(
        sum(bit << (7 - at) for at, bit in enumerate(high[8 * n : 8 * n + 8]))
        for n in range(length)
    )
    return made.decode("latin-1")


def _even(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)
