"""Inputs that muscle_seg must refuse, each by one gate, and inputs that it must accept.

All are made from the sample study, a real CT, and from small generators: a cylinder of water, a
phantom with inserts, a head. Nothing is downloaded, and each is the same on every run.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage

from evaluation.muscle_volumes import (
    Volume,
    bland,
    cylinder,
    head,
    inserts,
    narrow,
    noisy,
    scaled,
    stretched,
)

SAMPLE = Path(__file__).parents[1] / "samples" / "ct_torso"

Images = list[Dataset]
Made = Callable[[Images], Images]


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        name: What it is.
        make: From a copy of the sample study, feet first.
        gates: Names of the gates any of which must refuse it; empty when it must be accepted.
    """

    name: str
    make: Made
    gates: frozenset[str] = frozenset()


def sample(folder: Path = SAMPLE) -> Images:
    """The sample study, feet first."""
    images = [dcmread(path) for path in folder.glob("*.dcm")]
    return sorted(images, key=lambda ds: float(ds.ImagePositionPatient[2]))


def fresh(images: Sequence[Dataset]) -> Images:
    """Copies that a case may change."""
    return [copy.deepcopy(ds) for ds in images]


# ---------------------------------------------------------------- changes


def attributes(images: Images, only: slice = slice(None), **values: object) -> Images:
    """Other headers for all images, or for some."""
    for ds in images[only]:
        for name, value in values.items():
            setattr(ds, name, value)
    return images


def without(images: Images, name: str) -> Images:
    """An attribute missing throughout."""
    for ds in images:
        delattr(ds, name)
    return images


def pixels(images: Images, change: Callable[[Volume], Volume]) -> Images:
    """Other pixels: `change` maps HU (z, rows, columns) to HU of any number of columns."""
    stored = np.stack([ds.pixel_array for ds in images]).astype(np.int32)
    changed = change((stored - 1024).astype(np.int16))
    for ds, plane in zip(images, changed, strict=True):
        ds.Rows, ds.Columns = plane.shape
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 1
        ds.RescaleIntercept, ds.RescaleSlope = 0, 1
        if "PixelPaddingValue" in ds:
            del ds.PixelPaddingValue
        ds.PixelData = np.ascontiguousarray(plane).astype("<i2").tobytes()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return images


def moved(images: Images, k: int, by_mm: Sequence[float]) -> Images:
    """One slice elsewhere."""
    at = [float(v) for v in images[k].ImagePositionPatient]
    images[k].ImagePositionPatient = [a + b for a, b in zip(at, by_mm, strict=True)]
    return images


def head_and_feet_exchanged(images: Images) -> Images:
    """The positions of the slices in the wrong order."""
    heights = [list(ds.ImagePositionPatient) for ds in images]
    for ds, position in zip(images, reversed(heights), strict=True):
        ds.ImagePositionPatient = position
    return images


def stored_along(images: Images, turn: str) -> Images:
    """The same anatomy stored along other directions, with headers that say so."""
    for ds in images:
        plane, spacing = ds.pixel_array, [float(v) for v in ds.PixelSpacing]
        row, down = (
            np.array(ds.ImageOrientationPatient[:3]),
            np.array(ds.ImageOrientationPatient[3:]),
        )
        origin = np.array([float(v) for v in ds.ImagePositionPatient])
        if "rows" in turn:
            origin = origin + down * spacing[0] * (ds.Rows - 1)
            plane, down = plane[::-1], -down
        if "columns" in turn:
            origin = origin + row * spacing[1] * (ds.Columns - 1)
            plane, row = plane[:, ::-1], -row
        if "transposed" in turn:
            plane, row, down = plane.T, down, row
            ds.Rows, ds.Columns = plane.shape
            ds.PixelSpacing = spacing[::-1]
        ds.ImagePositionPatient = [float(v) for v in origin]
        ds.ImageOrientationPatient = [float(v) for v in (*row, *down)]
        ds.PixelData = np.ascontiguousarray(plane).tobytes()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return images


def compressed(images: Images) -> Images:
    """Stored run-length encoded."""
    for ds in images:
        ds.compress(RLELossless, generate_instance_uid=False)
    return images


def shuffled(images: Images) -> Images:
    """In no order at all."""
    order = np.random.default_rng(1).permutation(len(images))
    return [images[k] for k in order]


def part(images: Images, first: int, last: int) -> Images:
    """Some of the slices."""
    return images[first:last]


# ---------------------------------------------------------------- the suite


def _hu(change: Callable[[Volume], Volume]) -> Made:
    return lambda images: pixels(images, change)


def must_refuse() -> Iterator[Case]:
    """Every gate with at least one input that trips it."""

    def case(name: str, make: Made, *gates: str) -> Case:
        return Case(name, make, frozenset(gates))

    yield case("another modality", partial(attributes, Modality="MR"), "not_ct")
    yield case(
        "screenshots", partial(attributes, SOPClassUID=SecondaryCaptureImageStorage), "not_ct"
    )
    scout = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    yield case("scout", partial(attributes, ImageType=scout), "localizer")
    yield case("19 slices", partial(_closer, by=1.1, count=19), "too_few_slices")
    yield case("no orientation", partial(attributes, ImageOrientationPatient=None), "geometry")
    yield case("no positions", partial(attributes, ImagePositionPatient=None), "geometry")
    yield case("no pixel spacing", partial(without, name="PixelSpacing"), "geometry")
    not_unit = [2, 0, 0, 0, 1, 0]
    yield case(
        "no unit vectors", partial(attributes, ImageOrientationPatient=not_unit), "orientation"
    )
    yield case("coronal", _coronal, "not_axial")
    tilted = [1, 0, 0, 0, 0.9063, -0.4226]
    yield case(
        "gantry tilted by 25 degrees",
        partial(attributes, ImageOrientationPatient=tilted),
        "not_axial",
    )
    other = slice(40, 60)
    yield case(
        "two frames of reference",
        partial(attributes, only=other, FrameOfReferenceUID="2.25.1"),
        "mixed_series",
    )
    yield case(
        "two kernels", partial(attributes, only=other, ConvolutionKernel="B70"), "mixed_series"
    )
    yield case("two tube voltages", partial(attributes, only=other, KVP="80"), "mixed_series")
    yield case(
        "two pixel sizes", partial(attributes, only=other, PixelSpacing=[2, 2]), "mixed_series"
    )
    yield case("a slice missing", lambda images: images[:50] + images[51:], "irregular_spacing")
    yield case("a slice twice", partial(moved, k=50, by_mm=(0, 0, -3.0)), "duplicate_positions")
    yield case("a slice beside", partial(moved, k=50, by_mm=(20.0, 0, 0)), "shifted_slices")
    yield case("slices 6 mm apart", lambda images: images[::2], "slice_spacing")
    yield case("pixels of 4 mm", partial(attributes, PixelSpacing=[4, 4]), "pixel_spacing")
    yield case("54 mm scanned", partial(_closer, by=0.9), "thin_coverage")
    yield case("no rescale slope", partial(without, name="RescaleSlope"), "rescale")
    yield case("pixels cut short", partial(attributes, PixelData=b"\0" * 64), "pixels")
    yield case("intercept lost", _hu(lambda hu: scaled(hu, 1, 1024)), "hu_scale")
    yield case("120 HU too many", _hu(lambda hu: scaled(hu, 1, 120)), "hu_scale")
    yield case("slope of a half", _hu(lambda hu: scaled(hu, 0.5, 0)), "hu_scale")
    yield case("air cut off", _hu(lambda hu: np.maximum(hu, -400)), "hu_scale")
    yield case("nothing but air", _hu(lambda hu: np.full_like(hu, -1000)), "not_a_body")
    yield case("bottle of water", _hu(cylinder), "phantom", "hu_scale")
    yield case("phantom with inserts", _hu(inserts), "phantom")
    yield case("head", _hu(head), "head")
    yield case("pixels upside down", _hu(lambda hu: hu[:, ::-1]), "orientation")
    yield case("pixels turned by 180 degrees", _hu(lambda hu: hu[:, ::-1, ::-1]), *_TURNED)
    yield case("pixels mirrored", _hu(lambda hu: hu[:, :, ::-1]), "mirrored")
    yield case("head and feet exchanged", head_and_feet_exchanged, *_REVERSED)
    yield case("chest alone", partial(part, first=85, last=112), "l3_not_covered")
    yield case("pelvis alone", partial(part, first=0, last=40), "l3_not_covered")
    yield case("flanks cut off", _hu(lambda hu: narrow(hu, 18)), "fov_truncated")
    yield case("wider than 384 mm", _hu(stretched), "wider_than_grid")
    yield case("a body too small", partial(attributes, PixelSpacing=[1.2, 1.2]), *_SMALL)
    yield case("muscle without contrast to fat", _hu(bland), "muscle_area", "muscle_hu", *_UNSURE)


_REVERSED = ("upside_down", "l3_not_covered", "l3_ambiguous")
_TURNED = ("orientation", "mirrored")
_UNSURE = ("disagreement", "error_bound", "hu_scale")
_SMALL = ("body_area", "l3_not_covered", "l3_ambiguous")


def _coronal(images: Images) -> Images:
    """Headers of coronal slices, one behind the other."""
    for k, ds in enumerate(images):
        ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        ds.ImagePositionPatient = [0.0, 3.0 * k, 0.0]
    return images


def _closer(images: Images, by: float, count: int = 20) -> Images:
    """A few slices around L3, `by` times as far apart."""
    chosen = images[64 : 64 + count]
    for k, ds in enumerate(chosen):
        x, y, z = (float(v) for v in chosen[0].ImagePositionPatient)
        ds.ImagePositionPatient = [x, y, z + 3.0 * by * k]
    return chosen


def must_accept() -> Iterator[Case]:
    """The sample study as other archives would hold it, and parts of it that hold L3."""
    yield Case("as it is", lambda images: images)
    yield Case("in no order", shuffled)
    yield Case("from head to feet", lambda images: images[::-1])
    for turn in ("rows", "columns", "rows columns", "transposed", "transposed rows"):
        yield Case(f"stored along {turn}", partial(stored_along, turn=turn))
    yield Case("compressed", compressed)
    yield Case("a scout in its own series", _with_scout)
    for offset in (-10, 10):
        yield Case(f"{offset:+d} HU", _hu(lambda hu, by=offset: scaled(hu, 1, by)))  # type: ignore[misc] # a default binds
    for sd in (10.0, 20.0):
        yield Case(f"noise of {sd:.0f} HU", _hu(lambda hu, sd=sd: noisy(hu, sd)))  # type: ignore[misc]
    for size in (2.6, 2.8, 3.1):
        yield Case(f"pixels of {size} mm", partial(attributes, PixelSpacing=[size, size]))
    for first, last in ((0, 104), (10, 112), (20, 112), (30, 112), (10, 104)):
        yield Case(f"slices {first} to {last}", partial(part, first=first, last=last))


def _with_scout(images: Images) -> Images:
    extra = copy.deepcopy(images[0])
    extra.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    extra.SeriesInstanceUID, extra.SOPInstanceUID = "2.25.11", "2.25.12"
    return [extra, *images]
