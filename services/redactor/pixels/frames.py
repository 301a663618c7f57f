"""Frames of an object as stored samples, and back, without touching what did not change.

Native samples are changed where they lie. Of a compressed object only the frames that changed are
encoded again, without loss and in their own transfer syntax where it allows that (RLE, JPEG 2000);
from the others the object moves to JPEG 2000 lossless, as another lossy pass would take quality
from the rest of the picture (docs/decisions/redactor-pixels.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.encoders.base import JPEG2000LosslessEncoder, RLELosslessEncoder
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    RLELossless,
)

from radloom.errors import Rejected
from services.redactor.pixels.boxes import in_colour

Stored = NDArray[np.generic]
PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
MAX_FRAMES = 20_000
MAX_FRAME_SAMPLES = 200_000_000
"""Limits of one object: no modality makes more, and a header may claim anything."""

_PLUGINS: Mapping[str, str] = {
    RLELossless: "pylibjpeg",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
}
"""Named, so that a plugin installed by chance changes no sample."""


class Frames(Protocol):
    """Frames of one object.

    Attributes:
        count: How many.
    """

    count: int

    def stored(self, index: int) -> Stored:
        """Samples of a frame, (rows, columns) or (rows, columns, samples); changes are not kept."""
        ...

    def change(self, index: int, change: Callable[[Stored], None]) -> None:
        """Lets `change` edit the samples of a frame, and keeps them."""
        ...

    def finish(self) -> None:
        """Puts changed frames into the object."""
        ...


def frames_of(ds: Dataset) -> Frames | None:
    """Frames of an object; None when it has no pixels.

    Raises:
        Rejected: Samples that no decoder here reads, or more of them than the limits allow.
    """
    keyword = next((name for name in PIXEL_KEYWORDS if name in ds), None)
    if keyword is None:
        return None
    count = int(ds.get("NumberOfFrames", 1) or 1)
    samples = int(ds.Rows) * int(ds.Columns) * int(ds.get("SamplesPerPixel", 1))
    if not 1 <= count <= MAX_FRAMES or not 1 <= samples <= MAX_FRAME_SAMPLES:
        raise Rejected(
            f"{count} frames of {samples} samples; at most {MAX_FRAMES} of {MAX_FRAME_SAMPLES} "
            "are read",
            reason="pixels_too_large",
        )
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    if not syntax.is_compressed or syntax.is_deflated:
        return _native(ds, keyword, count, syntax)
    return _compressed(ds, count, syntax)


# ------------------------------------------------------------------ native


@dataclass
class NativeFrames:
    """Uncompressed samples, changed where they lie.

    Attributes:
        ds: The object.
        keyword: Element that holds the samples.
        count: Frames.
        words: One-dimensional view of its value, in the type of a sample.
    """

    ds: Dataset
    keyword: str
    count: int
    words: Stored
    changed: bool = False

    def stored(self, index: int) -> Stored:
        """See `Frames`."""
        return _interleaved(self.ds, self._frame(index)).copy()

    def change(self, index: int, change: Callable[[Stored], None]) -> None:
        """See `Frames`."""
        change(_interleaved(self.ds, self._frame(index)))
        self.changed = True

    def finish(self) -> None:
        """See `Frames`."""
        if self.changed:
            value = bytes(self.ds[self.keyword].value)
            made = self.words.tobytes()
            self.ds[self.keyword].value = made + value[len(made) :]

    def _frame(self, index: int) -> Stored:
        size = self.words.size // self.count
        return self.words[index * size : (index + 1) * size]


class HalvedChromaFrames(NativeFrames):
    """YBR_FULL_422: two pixels share their chroma, Y Y Cb Cr (PS3.3 C.7.6.3.1.2)."""

    def stored(self, index: int) -> Stored:
        """See `Frames`."""
        pairs = self._pairs(index)
        chroma = np.repeat(pairs[:, :, 2:], 2, axis=1)
        luma = pairs[:, :, :2].reshape(len(pairs), -1, 1)
        return np.concatenate([luma, chroma], axis=2)

    def change(self, index: int, change: Callable[[Stored], None]) -> None:
        """See `Frames`; of two pixels, the chroma of the left one stays."""
        samples, pairs = self.stored(index), self._pairs(index)
        change(samples)
        pairs[:, :, :2] = samples[:, :, 0].reshape(len(pairs), -1, 2)
        pairs[:, :, 2:] = samples[:, ::2, 1:]
        self.changed = True

    def _pairs(self, index: int) -> Stored:
        return self._frame(index).reshape(int(self.ds.Rows), int(self.ds.Columns) // 2, 4)


def _native(ds: Dataset, keyword: str, count: int, syntax: UID) -> Frames:
    bits = int(ds.get("BitsAllocated", 8))
    if bits == 1:
        return BitFrames(ds, count)
    kind = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}.get(keyword)
    if kind is None:
        kind = f"{'i' if int(ds.get('PixelRepresentation', 0)) else 'u'}{bits // 8}"
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    if keyword == "PixelData" and bits not in (8, 16, 32):
        raise Rejected(
            f"{bits} bits allocated; native samples of 1, 8, 16 or 32 bits are read",
            reason="pixels_unsupported",
        )
    halved = str(ds.get("PhotometricInterpretation", "")) == "YBR_FULL_422"
    samples = 2 if halved else int(ds.get("SamplesPerPixel", 1))
    size = count * int(ds.Rows) * int(ds.Columns) * samples
    value = bytes(ds[keyword].value or b"")
    if len(value) < size * np.dtype(kind).itemsize:
        raise Rejected(
            f"the pixels have {len(value)} bytes, {size * np.dtype(kind).itemsize} are expected",
            reason="pixels_undecodable",
        )
    words = np.frombuffer(value, f"{order}{kind}", size).copy()
    return (HalvedChromaFrames if halved else NativeFrames)(ds, keyword, count, words)


def _interleaved(ds: Dataset, frame: Stored) -> Stored:
    """View of a flat frame as (rows, columns) or (rows, columns, samples)."""
    rows, columns, samples = int(ds.Rows), int(ds.Columns), int(ds.get("SamplesPerPixel", 1))
    if samples == 1:
        return frame.reshape(rows, columns)
    if int(ds.get("PlanarConfiguration", 0)):
        return frame.reshape(samples, rows, columns).transpose(1, 2, 0)
    return frame.reshape(rows, columns, samples)


@dataclass
class BitFrames:
    """Frames of one bit per sample, packed over frame borders (PS3.5 8.1.1)."""

    ds: Dataset
    count: int
    bits: NDArray[np.uint8] = field(init=False)
    changed: bool = False

    def __post_init__(self) -> None:
        size = self.count * int(self.ds.Rows) * int(self.ds.Columns)
        packed = np.frombuffer(bytes(self.ds.PixelData), np.uint8)
        bits = np.unpackbits(packed, bitorder="little")
        if bits.size < size:
            raise Rejected(
                f"the pixels have {bits.size} bits, {size} are expected",
                reason="pixels_undecodable",
            )
        self.bits = bits

    def stored(self, index: int) -> Stored:
        """See `Frames`."""
        return self._frame(index).copy()

    def change(self, index: int, change: Callable[[Stored], None]) -> None:
        """See `Frames`."""
        change(self._frame(index))
        self.changed = True

    def finish(self) -> None:
        """See `Frames`."""
        if self.changed:
            self.ds["PixelData"].value = np.packbits(self.bits, bitorder="little").tobytes()

    def _frame(self, index: int) -> NDArray[np.uint8]:
        size = int(self.ds.Rows) * int(self.ds.Columns)
        flat = self.bits[index * size : (index + 1) * size]
        return flat.reshape(int(self.ds.Rows), int(self.ds.Columns))


# ------------------------------------------------------------------ compressed


@dataclass
class CompressedFrames:
    """Encapsulated frames; those that changed are encoded again.

    Attributes:
        ds: The object.
        count: Frames.
        syntax: Transfer syntax that they are in.
        frames: Their bit streams.
    """

    ds: Dataset
    count: int
    syntax: UID
    frames: list[bytes]
    edited: dict[int, Stored] = field(default_factory=dict)

    def stored(self, index: int) -> Stored:
        """See `Frames`.

        Raises:
            Rejected: The decoder does not read the frame.
        """
        if index in self.edited:
            return self.edited[index].copy()
        try:
            samples, _ = get_decoder(self.syntax).as_array(
                self.ds, index=index, raw=True, decoding_plugin=_PLUGINS.get(self.syntax, "")
            )
        except Exception as error:  # decoders raise whatever their C code does
            raise Rejected(
                f"frame {index} in {self.syntax.name} is not decoded ({type(error).__name__}); "
                "check the object with another viewer",
                reason="pixels_undecodable",
            ) from error
        return np.array(samples)

    def change(self, index: int, change: Callable[[Stored], None]) -> None:
        """See `Frames`."""
        samples = self.stored(index)
        change(samples)
        self.edited[index] = samples

    def finish(self) -> None:
        """See `Frames`."""
        if not self.edited:
            return
        target, photometric = self._target()
        everything = target != self.syntax or photometric != self.ds.PhotometricInterpretation
        chosen = range(self.count) if everything else sorted(self.edited)
        encoder = RLELosslessEncoder if target == RLELossless else JPEG2000LosslessEncoder
        for index in chosen:
            samples = np.ascontiguousarray(self.stored(index))
            self.frames[index] = encoder.encode(samples, **self._described(samples, photometric))
        self._put(target, photometric)

    def _target(self) -> tuple[UID, str]:
        """Transfer syntax and photometric interpretation afterwards."""
        photometric = str(self.ds.PhotometricInterpretation)
        if self.syntax == RLELossless:
            return self.syntax, photometric
        if photometric in ("YBR_ICT", "YBR_RCT", "RGB"):
            photometric = "YBR_RCT"
        elif photometric.startswith("YBR"):
            photometric = "YBR_FULL"  # the decoder has widened the chroma
        kept = self.syntax in (JPEG2000Lossless, JPEG2000)
        return (self.syntax if kept else JPEG2000Lossless), photometric

    def _described(self, samples: Stored, photometric: str) -> dict[str, Any]:
        return {
            "rows": samples.shape[0],
            "columns": samples.shape[1],
            "samples_per_pixel": samples.shape[2] if in_colour(samples) else 1,
            "number_of_frames": 1,
            "bits_allocated": samples.dtype.itemsize * 8,
            "bits_stored": int(self.ds.BitsStored),
            "pixel_representation": int(self.ds.PixelRepresentation),
            "photometric_interpretation": photometric,
            "planar_configuration": 0,
        }

    def _put(self, target: UID, photometric: str) -> None:
        ds = self.ds
        if "ExtendedOffsetTable" in ds:
            value, offsets, lengths = encapsulate_extended(self.frames)
            ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = offsets, lengths
        else:
            value = encapsulate(self.frames)
        ds["PixelData"].value = value
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.PhotometricInterpretation = photometric
        if target != self.syntax:
            ds.file_meta.TransferSyntaxUID = target
            if "PlanarConfiguration" in ds:
                ds.PlanarConfiguration = 0
        self.edited.clear()


def _compressed(ds: Dataset, count: int, syntax: UID) -> Frames:
    try:
        readable = get_decoder(syntax).is_available
    except NotImplementedError:
        readable = False
    if not readable:
        raise Rejected(f"no decoder for transfer syntax {syntax.name}", reason="pixels_unsupported")
    if int(ds.get("BitsAllocated", 8)) not in (8, 16, 32):
        raise Rejected(
            f"{ds.BitsAllocated} bits allocated in {syntax.name}; 8, 16 or 32 are read",
            reason="pixels_unsupported",
        )
    try:
        frames = list(generate_frames(ds.PixelData, number_of_frames=count))
    except Exception as error:  # a broken encapsulation raises several classes
        raise Rejected(
            f"the pixels are no encapsulated frames ({type(error).__name__})",
            reason="pixels_undecodable",
        ) from error
    if len(frames) != count:
        raise Rejected(
            f"{len(frames)} frames are there, {count} are announced", reason="pixels_undecodable"
        )
    return CompressedFrames(ds, count, syntax, frames)
