"""Plants identifiers and useful values in an object, and says where each stands.

Written from PS3.15 table E.1-1 and from what tools are known to leave, not from the engine's rules.
"""

import base64
import json
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from pydicom import DataElement, Dataset, Sequence, config
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import FileDataset
from pydicom.tag import Tag
from pydicom.uid import UID, generate_uid

from evaluation.redactor.objects import Source, content_of, pdf_of
from evaluation.redactor.people import Person, made_up, person

Path_ = tuple[int, ...]
"""Tags and item numbers by turns, from the root of the data set."""

SKIPPED: Final = {0x00020010, 0x00080016, 0x00080018, 0x00080005, 0x00280301, 0x7FE00010}
"""Rows that the object cannot do without, or that are pixels."""
OUTSIDE: Final = {0x0000, 0x5000, 0x6000, 0xFFFA, 0xFFFC}
"""Groups that are planted by hand."""
TEXT_VRS: Final = {"LO", "SH", "LT", "ST", "UT", "UC"}
ROWS_EACH: Final = 110
NESTED_EACH: Final = 40


@dataclass(frozen=True)
class Truth:
    """One planted value.

    Attributes:
        token: What must not, or must, be in the output; for dates the value at `place`.
        kind: "text" and "uid" are sought in all bytes, "date" and "age" at their place,
            "bits" in unused bits of pixels, "useful" must still be at their place.
        group: "table", "nested", "descriptor", "private", "tag", "meta", "file", "sr" and so on.
        place: Path of the element; empty for what is no element.
        name: Keyword or description, for reports of development seeds.
    """

    token: str
    kind: str
    group: str
    place: Path_ = ()
    name: str = ""


@dataclass(frozen=True)
class Planted:
    """An object with planted values."""

    source: str
    content: bytes
    truths: tuple[Truth, ...]


def table_rows(data: Path) -> list[int]:
    """Tags of all rows of table E.1-1; repeating groups by their first group."""
    rows = json.loads((data / "tables/ps315_e1_1_innolitics.json").read_text(encoding="utf-8"))
    tags = (row["tag"].strip("()").replace(",", "").lower() for row in rows)
    found = (
        int(tag.replace("x", "0").replace("gg", "00"), 16) for tag in tags if "gggg" not in tag
    )
    return [tag for tag in found if tag not in SKIPPED and tag >> 16 not in OUTSIDE]


@dataclass
class Planter:
    """Plants in one object.

    Attributes:
        rng: Seeded.
        who: The patient.
        ds: The object; changed.
        truths: What was planted so far.
    """

    rng: Random
    who: Person
    ds: FileDataset
    truths: list[Truth] = field(default_factory=list)

    def token(self, length: int = 14) -> str:
        """A name-like word that occurs once."""
        ending = "".join(self.rng.choices("bdfghjklmnpqrstvwxyz", k=4))
        return (made_up(self.rng)[: length - 4] + ending)[:length]

    def number(self) -> str:
        """A number of nine digits that occurs once."""
        return str(self.rng.randint(10**8, 10**9 - 1))

    def note(self, token: str, kind: str, group: str, place: Path_ = (), name: str = "") -> None:
        """Remembers a planted value."""
        label = name or (keyword_for_tag(place[-1]) or f"{place[-1]:08X}" if place else "")
        self.truths.append(Truth(token, kind, group, place, label))

    def text(self, into: Dataset, tag: int, vr: str, group: str, place: Path_) -> None:
        """Puts a value of `vr` at `tag`, with a token of its own."""
        value, token, kind = self._value(vr)
        if token:
            into.add(DataElement(tag, vr, value))
            self.note(token, kind, group, (*place, tag))

    def _value(self, vr: str) -> tuple[object, str, str]:
        token = self.token()
        r = self.rng.randint
        day = f"{r(1931, 1999)}{r(1, 12):02d}{r(1, 28):02d}"
        clock = f"{r(0, 23):02d}{r(0, 59):02d}{r(0, 59):02d}.{r(100000, 999999)}"
        uid = generate_uid(entropy_srcs=[str(self.rng.random())])
        makers: dict[str, Callable[[], tuple[object, str, str]]] = {
            "PN": lambda: (f"{token}^{self.rng.choice('ABCDE')}", token, "text"),
            "AE": lambda: (token.upper(), token, "text"),
            "CS": lambda: (token.upper()[:16], token, "text"),
            "UR": lambda: (f"https://{token}.example/x", token, "text"),
            "DA": lambda: (day, day, "date"),
            "DT": lambda: (day + clock, day + clock, "text"),
            "TM": lambda: (clock, clock, "text"),
            "UI": lambda: (uid, uid, "uid"),
            "AS": lambda: (f"{self.rng.randint(91, 99):03d}Y", "", "age"),
            "DS": lambda: (f"{self.rng.random() * 100:.9f}", "", "text"),
            "UN": lambda: (token.encode(), token, "text"),
            "OB": lambda: (token.encode() + b"\0" * (len(token) % 2), token, "text"),
        }
        if vr in TEXT_VRS:
            return self._sentence(vr, token), token, "text"
        made = makers.get(vr, lambda: ("", "", ""))()
        return (made[0], str(made[0]), "text") if vr == "DS" else made

    def _sentence(self, vr: str, token: str) -> str:
        if vr == "SH":
            return token
        return self.rng.choice(
            (
                token,
                f"Dr. {token}",
                f"seen by {token} today",
                f"{token} Memorial Hospital",
                token.upper(),
            )
        )


def planted(source: Source, rows: list[int], seed: int) -> Planted:
    """`source` with values planted by `seed`."""
    rng = Random(f"{seed}:{source.name}")  # noqa: S311 - synthetic data
    ds = source.dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        list(ds.iterall())  # converts every element while UN still gets its VR
    with warnings.catch_warnings(), _anything_goes():
        warnings.simplefilter("ignore")
        planter = Planter(rng, person(rng), ds)
        for step in STEPS:
            step(planter)
        _table(planter, rows)
        content = _file_level(planter)
    return Planted(source.name, content, tuple(planter.truths))


@contextmanager
def _anything_goes() -> Iterator[None]:
    """Lets pydicom write what breaks the standard."""
    settings, known = config.settings, config.replace_un_with_known_vr
    before = settings.writing_validation_mode, settings.reading_validation_mode
    settings.writing_validation_mode = settings.reading_validation_mode = config.IGNORE
    config.replace_un_with_known_vr = False
    try:
        yield
    finally:
        settings.writing_validation_mode, settings.reading_validation_mode = before
        config.replace_un_with_known_vr = known


# --------------------------------------------------------------------------------- the patient


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


# --------------------------------------------------------------------------- beyond the table


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


# ----------------------------------------------------------------------------------- the table


def _table(p: Planter, rows: list[int]) -> None:
    taken = {truth.place[0] for truth in p.truths if truth.place}
    free = [tag for tag in rows if tag not in taken]
    for tag in p.rng.sample(free, min(ROWS_EACH, len(free))):
        _row(p, p.ds, tag, "table", ())
    item = Dataset()
    deeper = Dataset()
    for tag in p.rng.sample(free, min(NESTED_EACH, len(free))):
        into, place = (
            (item, (0x00400275, 0))
            if p.rng.random() < 0.5
            else (deeper, (0x00400275, 0, 0x00081115, 0))
        )
        _row(p, into, tag, "nested", place)
    item.ReferencedSeriesSequence = [deeper]
    p.ds.RequestAttributesSequence = [item]


def _row(p: Planter, into: Dataset, tag: int, group: str, place: Path_) -> None:
    if tag in {0x00400275, 0x00081115, 0x0040A730, 0x00420011} or tag >> 16 == 2:
        return
    if Tag(tag).is_private:
        return
    try:
        vr = str(dictionary_VR(tag)).split(" or ")[0]
    except KeyError:
        vr = "LO"
    if vr == "SQ":
        if tag not in into:
            inner = Dataset()
            p.text(inner, 0x00080080, "LO", group, (*place, tag, 0))
            p.text(inner, 0x00104000, "LT", group, (*place, tag, 0))
            into.add(DataElement(tag, "SQ", Sequence([inner])))
        return
    if vr in {"US", "SS", "UL", "SL", "FL", "FD", "IS", "OW", "OF", "OD", "AT"}:
        return  # numbers of few bytes cannot be told from other bytes
    p.text(into, tag, vr, group, place)


# ------------------------------------------------------------------------------ around the data


def _file_level(p: Planter) -> bytes:
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
