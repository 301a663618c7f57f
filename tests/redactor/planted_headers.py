"""Data sets in which every value that could name somebody holds a token of its own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO

from pydicom import dcmread
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from services.redactor.attributes import ElementAction, redact_attributes
from services.redactor.attributes.iods import Item, attributes_of, iod_of
from services.redactor.attributes.table import rows
from services.redactor.attributes.values import BULK, UNIT
from services.redactor.profiles import BASIC, Profile
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind, RedactedText, Span, replaced

CT = "1.2.840.10008.5.1.4.1.1.2"
FILE_LEVEL = {0xFFFCFFFC, 0x00420011, 0x7FE00008, 0x7FE00009, 0x7FE00010}
"""Attributes that the cleaning of the whole file is for."""

DECIDED_ELSEWHERE = {0x00080005, 0x00080016}
CONTENT_TEXT = {0x0040A160, 0x0040A123}


@dataclass
class Planted:
    """Tokens, by where they were planted."""

    tokens: dict[str, bytes] = field(default_factory=dict)

    def value(self, vr: str, where: str) -> bytes | None:
        """Value of a VR that holds a new token; None for VRs of arrays of numbers."""
        number = len(self.tokens)
        text = f"Zq{number:05d}kx"
        day = f"{1850 + number % 40}{number // 40 % 12 + 1:02d}{number // 480 % 28 + 1:02d}"
        values = {
            "DA": day,
            "DT": f"{day}0102",
            "TM": f"0102{number % 60:02d}.{number:06d}",
            "AS": "097Y",
            "CS": f"ZQ{number:05d}KX",
            "AE": f"ZQ{number:05d}KX",
            "UI": f"1.2.826.0.1.3680043.9.7777.{number}.1",
            "UR": f"http://zq{number:05d}kx.example/",
            "PN": f"{text}^Ann",
            "DS": f"8801{number:05d}",
            "IS": f"8802{number:05d}",
        }
        if vr in UNIT or vr in BULK:
            return None
        value = values.get(vr, f"by {text}").encode()
        self.tokens[f"{where} {vr}"] = (
            text.encode() if value.startswith(b"by ") else value.split(b"^")[0]
        )
        return value


def element(tag: int, vr: str, value: bytes, *, implicit: bool = False) -> RawDataElement:
    """Element as it is read from a file."""
    value += (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(value) % 2)
    stated = None if implicit else vr
    return RawDataElement(BaseTag(tag), stated, len(value), value, 0, implicit, True)  # noqa: FBT003


def raw_data_set(*, implicit: bool = False) -> Dataset:
    """Data set that writes raw elements as they are, as one read from a file does."""
    ds = Dataset()
    ds.set_original_encoding(implicit, True, "iso8859")  # noqa: FBT003
    return ds


def plant(ds: Dataset, tags: Iterable[int], planted: Planted, where: str) -> None:
    """Give each of `tags` in `ds` a value with a token; sequences get one item with three."""
    for tag in tags:
        vr = dictionary_VR(tag).split(" or ")[0]
        name = f"{where}{keyword_for_tag(tag)}"
        if vr == "SQ":
            item = raw_data_set()
            inner = ("PatientName", "CodeMeaning", "ImageComments", "StudyDate", "OperatorsName")
            plant(item, map(tag_for_keyword, inner), planted, f"{name}[0].")  # type: ignore[arg-type]
            setattr(ds, keyword_for_tag(tag), [item])
        elif (value := planted.value(vr, name)) is not None:
            ds[tag] = element(tag, vr, value)


def image(sop_class: str = CT, *, implicit: bool = False) -> Dataset:
    """Small data set of a class, as if read from a file."""
    ds = raw_data_set(implicit=implicit)
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.9.7777.1"
    ds.PatientID = "MRNQ1"
    ds.file_meta = FileMetaDataset()
    syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def speaking(ds: Dataset, character_set: list[str]) -> Dataset:
    """`ds` as if it had been read with a Specific Character Set."""
    ds.SpecificCharacterSet = character_set
    ds.set_original_encoding(False, True, ds._character_set)  # noqa: FBT003, SLF001
    return ds


def written(ds: Dataset) -> bytes:
    """Bytes of a file."""
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(content: bytes) -> Dataset:
    """Data set of a file."""
    return dcmread(BytesIO(content))


def whole_table(sop_class: str) -> tuple[Dataset, Planted]:
    """A data set with every row of PS3.15 table E.1-1 that PS3.6 defines."""
    ds, planted = image(sop_class), Planted()
    tags = [tag for tag in rows() if keyword_for_tag(tag) and 0x0008 <= tag >> 16]  # noqa: SIM300
    plant(ds, [tag for tag in tags if tag not in FILE_LEVEL], planted, "")
    return ds, planted


def everything_listed(sop_class: str, deepest: int = 3) -> tuple[Dataset, Planted]:
    """A data set with every attribute of its IOD, nested `deepest` sequences deep."""
    ds, planted = image(sop_class), Planted()
    _fill(ds, attributes_of(iod_of(sop_class)), planted, "", deepest)
    return ds, planted


def _fill(ds: Dataset, item: Item, planted: Planted, where: str, deepest: int) -> None:
    in_content = "ContentSequence" in where
    for tag in _plantable(item, in_content=in_content):
        vr = dictionary_VR(tag).split(" or ")[0]
        name = f"{where}{keyword_for_tag(tag)}"
        if vr != "SQ":
            plant(ds, [tag], planted, where)
        elif deepest:
            nested = raw_data_set()
            _fill(nested, item.nested.get(tag, Item()), planted, f"{name}[0].", deepest - 1)
            setattr(ds, keyword_for_tag(tag), [nested])


def _plantable(item: Item, *, in_content: bool) -> Iterator[int]:
    for tag in item.types:
        group_is_apart = tag >> 16 in (0x0002, 0x7FE0, 0xFFFA, 0xFFFC)
        left = in_content and tag in CONTENT_TEXT
        if tag not in FILE_LEVEL | DECIDED_ELSEWHERE and not (group_is_apart or left):
            yield tag


PSEUDONYMS = Pseudonyms(b"k" * 32)
SUBJECT = Subject("MRNQ1", "HOSPITAL")


def redact_text(text: str) -> RedactedText:
    """Knows that the subject is called White, and what a date is."""
    found = re.finditer(r"(?P<NAME>White)|(?P<DATE>\d\d/\d\d/\d{4})", text)
    spans = tuple(
        Span(one.start(), one.end(), Kind(one.lastgroup or ""), 1.0, f"[{one.lastgroup}]", "test")
        for one in found
    )
    return RedactedText(replaced(text, spans), spans, 0.0)


def redacted(
    ds: Dataset, profile: Profile = BASIC
) -> tuple[Dataset, bytes, tuple[ElementAction, ...]]:
    """What is left of `ds` after a round trip through a file, its bytes, and what was done."""
    ds = read(written(ds))
    actions = redact_attributes(
        ds, profile=profile, pseudonyms=PSEUDONYMS, subject=SUBJECT, redact_text=redact_text
    )
    content = written(ds)
    return read(content), content, actions
