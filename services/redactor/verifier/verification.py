"""All checks of one study, object by object."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.overlays.numpy_handler import get_overlay_array
from pydicom.uid import UID

from radloom.errors import Unavailable
from services.redactor.verifier.conformance import new_kinds
from services.redactor.verifier.declared import PIXEL_KEYWORDS, undeclared
from services.redactor.verifier.doubts import Doubt, Located, Reason, Retained
from services.redactor.verifier.known import OVERLAY_GROUPS, Comparison, leftovers
from services.redactor.verifier.leaves import OpenFile, opened
from services.redactor.verifier.needles import Needles
from services.redactor.verifier.references import Links
from services.redactor.verifier.residual import Box, ReadWords, UnsafeWord, unsafe_words
from services.redactor.verifier.search import Search
from services.redactor.verifier.untouched import changed_frames, decoded_frames
from services.redactor.verifier.unused import has_unused
from services.redactor.verifier.views import TooMuch

Validate = Callable[[bytes], Sequence[str]]
"""Lines that a validator of DICOM objects prints about a file (dciodvfy)."""
NO_BOXES: Mapping[int, Sequence[Box]] = {}

Found = tuple[Reason, str, Located | None]


@dataclass
class Verification:
    """Checks the outputs of one study as they come; keeps identifiers, no objects.

    Attributes:
        needles: What is known about the study.
        read_words: Reads words in a view of a frame; without it pixels are not read.
        validate: Validates a file; without it conformance is not compared.
        instance: How many objects were checked.
    """

    needles: Needles
    read_words: ReadWords | None = None
    validate: Validate | None = None
    instance: int = 0
    _links: Links = field(default_factory=Links, repr=False)

    def __post_init__(self) -> None:
        self._search = Search(self.needles)

    def check(
        self,
        original: bytes,
        output: bytes,
        *,
        blanked: Mapping[int, Sequence[Box]] = NO_BOXES,
    ) -> tuple[Doubt, ...]:
        """Doubts about one output, each reason and place once.

        Args:
            original: The Part 10 file as it came in.
            output: The Part 10 file that would be released.
            blanked: Boxes that were blanked, by frame from 0.

        Raises:
            Unavailable: The model that reads words does not answer.
        """
        found = dict.fromkeys(self._found(original, output, blanked))
        doubts = tuple(Doubt(reason, place, self.instance, word) for reason, place, word in found)
        self.instance += 1
        return doubts

    def note(self, original: bytes, output: bytes) -> None:
        """Takes in an object that was checked in an earlier run: for references alone."""
        before, after = opened(original), opened(output)
        list(self._links.add(self.instance, before, after))
        self.instance += 1

    def close(self) -> tuple[Doubt, ...]:
        """Doubts that only the whole study shows: references that lead nowhere."""
        return tuple(
            Doubt(Reason.REFERENCE, "00081155", instance) for instance in self._links.unresolved()
        )

    def _found(
        self, original: bytes, output: bytes, blanked: Mapping[int, Sequence[Box]]
    ) -> Iterator[Found]:
        try:
            ds = dcmread(BytesIO(output))
            before, after = opened(original), opened(output)
        except Exception:  # noqa: BLE001 - whatever it is, the file does not open
            yield Reason.NOT_READABLE, "file", None
            return
        for reason, place in self._about_bytes(ds, before, after, original, output):
            yield reason, place, None
        yield from self._pixels(ds, before, after, original, output, blanked)

    def _about_bytes(
        self, ds: FileDataset, before: OpenFile, after: OpenFile, original: bytes, output: bytes
    ) -> Iterator[tuple[Reason, str]]:
        yield from leftovers(after)
        yield from ((Reason.UNDECLARED, place) for place in undeclared(ds))
        yield from self._links.add(self.instance, before, after)
        try:
            yield from Comparison(self._search, before, after).found()
        except TooMuch:
            yield Reason.NOT_READABLE, "compressed"
        yield from self._conformance(original, output)

    def _conformance(self, original: bytes, output: bytes) -> Iterator[tuple[Reason, str]]:
        if self.validate is not None and new_kinds(self.validate(original), self.validate(output)):
            yield Reason.CONFORMANCE, "file"

    def _pixels(
        self,
        ds: FileDataset,
        before: OpenFile,
        after: OpenFile,
        original: bytes,
        output: bytes,
        blanked: Mapping[int, Sequence[Box]],
    ) -> Iterator[Found]:
        if not any(keyword in ds for keyword in PIXEL_KEYWORDS):
            return
        try:
            if _has_unused_pixels(ds):
                yield Reason.LEFTOVER, "7FE00010", None
            if not _has_same_pixels(before, after):
                frames = changed_frames(original, output, blanked)
                yield from ((Reason.PIXELS_CHANGED, f"frame {frame}", None) for frame in frames)
            if self.read_words is not None:
                yield from self._words(output, self.read_words)
            yield from self._overlays(ds)
        except Unavailable:
            raise  # the reader's model is away: that says nothing about this object
        except Exception as error:  # noqa: BLE001 - what nobody can decode, nobody can check
            yield Reason.NOT_READABLE, f"pixels:{type(error).__name__}", None

    def _overlays(self, ds: FileDataset) -> Iterator[Found]:
        groups = [group for group in OVERLAY_GROUPS if (group, 0x3000) in ds]
        for group in groups:
            if self.read_words is None:
                yield Reason.LEFTOVER, f"{group:04X}3000", None
                continue
            planes = np.atleast_3d(get_overlay_array(ds, group)).astype(np.uint8) * 255
            for plane in planes if planes.shape[-1] > 1 else [planes[..., 0]]:
                for word in unsafe_words(plane, self.read_words, self._search.is_known_word):
                    yield _word_reason(word), f"{group:04X}3000", None

    def _words(self, output: bytes, read_words: ReadWords) -> Iterator[Found]:
        seen = set()
        for index, frame in enumerate(decoded_frames(output)):
            content = frame.tobytes()
            if content in seen:
                continue
            seen.add(content)
            for word in unsafe_words(frame, read_words, self._search.is_known_word):
                yield _word_reason(word), f"frame {index}", Located(index, *word.edges)


def verify(
    originals: Sequence[bytes],
    outputs: Sequence[bytes],
    *,
    identity: Iterable[str] = (),
    retained: frozenset[Retained] = frozenset(),
    blanked: Sequence[Mapping[int, Sequence[Box]]] = (),
    read_words: ReadWords | None = None,
    validate: Validate | None = None,
) -> tuple[Doubt, ...]:
    """All doubts about a study that is held in memory; `outputs[k]` was made of `originals[k]`.

    Raises:
        ValueError: There are not as many outputs as originals.
    """
    headers = (dcmread(BytesIO(one), stop_before_pixels=True) for one in originals)
    needles = Needles.gather(headers, identity, retained)
    verification = Verification(needles, read_words, validate)
    doubts: list[Doubt] = []
    for index, (original, output) in enumerate(zip(originals, outputs, strict=True)):
        boxes = blanked[index] if index < len(blanked) else NO_BOXES
        doubts += verification.check(original, output, blanked=boxes)
    return (*doubts, *verification.close())


def _word_reason(word: UnsafeWord) -> Reason:
    return Reason.NEEDLE_WORD if word.is_known else Reason.WORD


def _has_unused_pixels(ds: FileDataset) -> bool:
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    content = ds.get("PixelData")
    if syntax.is_encapsulated or not isinstance(content, bytes):
        return False
    return has_unused(ds, content, is_little_endian=syntax.is_little_endian)


def _has_same_pixels(before: OpenFile, after: OpenFile) -> bool:
    """Whether the stored bytes are the same, so that nothing need be decoded."""
    stored = [
        [one.content[leaf.start : leaf.end] for leaf in one.leaves if leaf.is_pixels]
        for one in (before, after)
    ]
    return stored[0] == stored[1]
