"""Plants identifiers and useful values in an object, and says where each stands.

Written from PS3.15 table E.1-1 and from what tools are known to leave, not from the engine's rules.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from pydicom import DataElement, Dataset, Sequence, config
from pydicom.datadict import dictionary_VR
from pydicom.tag import Tag

from evaluation.redactor.beyond_the_table import STEPS, file_level
from evaluation.redactor.objects import Source
from evaluation.redactor.people import person
from evaluation.redactor.planter import Path_, Planted, Planter

SKIPPED: Final = {0x00020010, 0x00080016, 0x00080018, 0x00080005, 0x00280301, 0x7FE00010}
"""Rows that the object cannot do without, or that are pixels."""
OUTSIDE: Final = {0x0000, 0x5000, 0x6000, 0xFFFA, 0xFFFC}
"""Groups that are planted by hand."""
ROWS_EACH: Final = 110
NESTED_EACH: Final = 40


def table_rows(data: Path) -> list[int]:
    """Tags of all rows of table E.1-1; repeating groups by their first group."""
    rows = json.loads((data / "tables/ps315_e1_1_innolitics.json").read_text(encoding="utf-8"))
    tags = (row["tag"].strip("()").replace(",", "").lower() for row in rows)
    found = (
        int(tag.replace("x", "0").replace("gg", "00"), 16) for tag in tags if "gggg" not in tag
    )
    return [tag for tag in found if tag not in SKIPPED and tag >> 16 not in OUTSIDE]


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
        content = file_level(planter)
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
