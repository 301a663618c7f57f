"""One study from its originals to copies, each proven clean or held. Pure, deterministic, no log.

    study = StudyRedaction(project, instruments)
    study.know(lambda: (read(name) for name in names))   # first: who the study is about
    for name in names:
        made = study.redact(read(name))                  # then one instance after the other
        stage(made.content)
    copies = settled(study.close())                      # last: what may leave

Every instance is read again for each pass, so memory holds one at a time, however large the study.
Whatever goes wrong holds the instance: there is no way past a step.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydicom.dataset import FileDataset

from radloom.errors import Rejected, Unavailable
from services.redactor.attributes import AttributeRedactor
from services.redactor.copies import Copy, held, references_of
from services.redactor.evidence import SCHEMA
from services.redactor.guard import admit
from services.redactor.identity import Identity, Known
from services.redactor.layout import finish
from services.redactor.pixels import Decision, PixelRedaction, redact_pixels
from services.redactor.pixels.boxes import Box as PixelBox
from services.redactor.pixels.reading import Infer
from services.redactor.pixels.second_look import paint_over
from services.redactor.profiles import Option, Profile, declare_pixels
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.risk import MISSED, Constants, Judgement, Stratum, shipped_constants
from services.redactor.spans import RedactedText, RedactText
from services.redactor.structured_content import redact_content
from services.redactor.text import text_redactor
from services.redactor.verifier import (
    Box,
    Doubt,
    Needles,
    ReadWords,
    Retained,
    Validate,
    Verification,
)

Contents = Callable[[], Iterable[bytes]]

RETAINED = {
    Option.RETAIN_FULL_DATES: Retained.DATES,
    Option.RETAIN_UIDS: Retained.UIDS,
    Option.RETAIN_DEVICE: Retained.DEVICE,
    Option.RETAIN_INSTITUTION: Retained.INSTITUTION,
}
"""What a profile keeps on purpose is nothing that its copies must not hold."""


NARRATIVE_WORDS = 40
"""A text this long is judged as a report: the risk of texts was measured on whole ones. A section
of a report has 30 to 100 words, a label or a coded answer less than ten."""


@dataclass(frozen=True)
class Project:
    """How copies for one research project are made.

    Attributes:
        name: Its name.
        profile: Which options of PS3.15 annex E.
        pseudonyms: Pseudonyms under its key.
    """

    name: str
    profile: Profile
    pseudonyms: Pseudonyms


@dataclass(frozen=True)
class Instruments:
    """What a redaction reads with.

    Attributes:
        infer: Runs the models that find and read text to be removed.
        read_words: Reads with the other models, which check the result.
        validate: Lines of a validator about a file; None when the site has none.
        models: Name, version and digest of every model, for evidence.
        software: Name and version of what runs, for evidence.
        constants: When a risk is small enough.
    """

    infer: Infer
    read_words: ReadWords
    validate: Validate | None
    models: tuple[Mapping[str, str], ...]
    software: str
    constants: Constants = field(default_factory=shipped_constants)


@dataclass(frozen=True)
class Made:
    """What became of one instance so far.

    Attributes:
        copy: It, without bytes.
        content: Part 10 file of the copy; None when none was made.
        blanked: Boxes that were blanked, by frame.
    """

    copy: Copy
    content: bytes | None = None
    blanked: Mapping[int, Sequence[Box]] = field(default_factory=dict)


class StudyRedaction:
    """Makes the copies of one study for one project.

    Args:
        project: The project.
        instruments: What to read with.
        subject: Whom ingest says the study is about; None takes the word of the files.
        known: What else identifies this subject.
    """

    def __init__(
        self,
        project: Project,
        instruments: Instruments,
        *,
        subject: Subject | None = None,
        known: Sequence[Known] = (),
    ) -> None:
        self._project = project
        self._with = instruments
        self._announced = subject
        self._known = tuple(known)
        self._copies: list[Copy] = []
        self._checked: list[int] = []

    def know(self, contents: Contents) -> None:
        """Learns who the study is about and what must not be left, from every instance."""
        subjects: set[Subject] = set()
        studies: set[str] = set()

        def headers() -> Iterator[FileDataset]:
            for ds in _admitted(contents()):
                subjects.add(_subject(ds))
                studies.add(str(ds.get("StudyInstanceUID", "")))
                yield ds

        self._identity = Identity.gather(headers(), extra=self._known)
        retained = frozenset(
            kept for option, kept in RETAINED.items() if option in self._project.profile.options
        )
        needles = Needles.gather(
            _admitted(contents()),
            identity=[known.value for known in self._known],
            retained=retained,
        )
        self._study = min(studies, default="")
        self._conflict = _conflict(subjects, studies, self._announced)
        self.subject = self._announced or _chosen(subjects, studies)
        self._verification = Verification(
            needles, read_words=self._with.read_words, validate=self._with.validate
        )
        self._redact_text = text_redactor(
            self._identity,
            self._project.pseudonyms,
            self.subject,
            shift_dates=Option.RETAIN_MODIFIED_DATES in self._project.profile.options,
        )
        self._attributes = AttributeRedactor(
            self._project.profile, self._project.pseudonyms, self.subject, self._redact_text
        )

    @property
    def study_code(self) -> str:
        """What the study may be called where neither source nor copy is named."""
        return self._project.pseudonyms.code("study", self._study)

    @property
    def subject_code(self) -> str:
        """Patient ID of the copies."""
        return self._project.pseudonyms.patient_id(self.subject)

    def redact(self, original: bytes) -> Made:
        """The copy of one instance, checked as far as one instance can be.

        Raises:
            Unavailable: A model does not answer; nothing was decided.
        """
        made = self._guarded(lambda: self._copied(original))
        if made.content is not None:
            made = self._verified(original, made, made.content)
        self._copies.append(made.copy)
        return made

    def repeat(self, original: bytes, copy: Copy, content: bytes | None) -> None:
        """Takes a copy that an earlier run made and checked of the instance that is due."""
        if content is not None:
            self._checked.append(len(self._copies))
            self._verification.note(original, content)
        self._copies.append(copy)

    def close(self) -> list[Copy]:
        """Every copy in the order of the instances, after what only the whole study can show."""
        for doubt in self._verification.close():
            index = self._checked[doubt.instance]
            self._copies[index] = _doubted(self._copies[index], [doubt])
        return list(self._copies)

    def pseudonyms_of(self, uids: Iterable[str]) -> frozenset[str]:
        """How copies would call instances of the source, whether the profile keeps UIDs or not."""
        found = frozenset(uids)
        return found | {self._project.pseudonyms.uid(uid) for uid in found}

    # ------------------------------------------------------------ one instance

    def _guarded(self, step: Callable[[], Made]) -> Made:
        try:
            return step()
        except Unavailable:
            raise
        except Rejected as error:
            return Made(Copy((error.reason,)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the instance is held
            return Made(Copy((f"exception:{type(error).__name__.lower()}",)))

    def _copied(self, original: bytes) -> Made:
        if self._conflict:
            raise Rejected("the files of the study contradict each other", reason=self._conflict)
        ds = admit(original)
        reading = _Reading(self._redact_text)
        project, stratum = self._project, _stratum(ds)
        actions = [
            *redact_content(
                ds, redact_text=reading, pseudonyms=project.pseudonyms, subject=self.subject
            ),
            *self._attributes.redact(ds),
        ]
        pixels = redact_pixels(ds, infer=self._with.infer, identifies=self._identifies)
        declare_pixels(ds, cleaned=pixels.decision is not Decision.NOT_AN_IMAGE)
        file = finish(ds, redact_text=reading)
        risks = list(self._risks(pixels, reading, stratum))
        blanked: dict[int, list[Box]] = {}
        for one in pixels.blanked:
            blanked.setdefault(one.frame, []).append(one.box)
        record = self._record(original, file.content) | {
            "actions": [[a.path, a.keyword, str(a.action), a.rule] for a in actions],
            "file_actions": [[a.place, str(a.change), a.rule] for a in file.actions],
            "pixels": {
                "decision": str(pixels.decision),
                "frames": pixels.frames,
                "distinct_frames": pixels.distinct_frames,
                "missed": pixels.probability_missed,
                "blanked": _counts(str(one.reason) for one in pixels.blanked),
                "kept": _counts(str(one.reason) for one in pixels.kept),
            },
            "study_instance_uid": str(ds.StudyInstanceUID),
            "risk": [{"of": of, **asdict(judged)} for of, judged in risks],
            "sop_class_uid": str(ds.SOPClassUID),
            "sop_instance_uid": str(ds.SOPInstanceUID),
        }
        copy = Copy(
            reasons=tuple(f"risk:{of}:{j.reason}" for of, j in risks if not j.release),
            sop_class_uid=str(ds.SOPClassUID),
            sop_instance_uid=str(ds.SOPInstanceUID),
            series_instance_uid=str(ds.SeriesInstanceUID),
            study_instance_uid=str(ds.StudyInstanceUID),
            references=references_of(ds),
            sha256=hashlib.sha256(file.content).hexdigest(),
            record=record,
        )
        return Made(copy, file.content, blanked)

    def _risks(
        self, pixels: PixelRedaction, reading: "_Reading", stratum: Stratum
    ) -> Iterator[tuple[str, Judgement]]:
        """Judgements of what is like the items that the constants were fitted on.

        Those were images with words in them, and whole reports. An image in which no view found a
        word is left to the verifier, whose other models look again; so are short texts.
        """
        if pixels.blanked or pixels.kept:
            yield "pixels", self._judged(stratum, pixels.probability_missed)
        if reading.narrative:
            yield "text", self._judged(Stratum("text"), reading.probability_missed)

    def _judged(self, stratum: Stratum, missed: float) -> Judgement:
        constants = self._with.constants
        return constants.judged(stratum, {MISSED: missed}, constants.monitor(stratum))

    def _identifies(self, word: str) -> bool:
        return self._identity.matcher.matches_word(word) is not None

    def _verified(self, original: bytes, made: Made, content: bytes) -> Made:
        try:
            doubts = self._doubts(original, made, content)
            if doubts and all(doubt.word for doubt in doubts):
                made = self._painted_again(original, content, made, doubts)
                doubts = self._doubts(original, made, made.content or b"")
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a check that fails proves nothing
            reason = f"verifier:exception:{type(error).__name__.lower()}"
            return replace(made, copy=held(made.copy, reason))
        return replace(made, copy=_doubted(made.copy, doubts))

    def _doubts(self, original: bytes, made: Made, content: bytes) -> Sequence[Doubt]:
        self._checked.append(len(self._copies))
        return self._verification.check(original, content, blanked=made.blanked)

    def _painted_again(
        self, original: bytes, content: bytes, made: Made, doubts: Sequence[Doubt]
    ) -> Made:
        """The copy without the words that the verifier, and it alone, could still read.

        It is asked again about the result: this mends a copy, and excuses none.
        """
        ds = admit(content)
        words = [doubt.word for doubt in doubts if doubt.word]
        boxes = paint_over(
            ds, [(w.frame, PixelBox(w.left, w.top, w.right, w.bottom)) for w in words]
        )
        file = finish(ds, redact_text=self._redact_text)
        blanked = {frame: list(painted) for frame, painted in made.blanked.items()}
        for frame, painted in boxes.items():
            blanked.setdefault(frame, []).extend(painted)
        record = made.copy.record | self._record(original, file.content)
        record["pixels"] = record["pixels"] | {"second_look": sum(map(len, boxes.values()))}
        digest = hashlib.sha256(file.content).hexdigest()
        return Made(replace(made.copy, record=record, sha256=digest), file.content, blanked)

    def _record(self, original: bytes, content: bytes) -> dict[str, Any]:
        project = self._project
        return {
            "schema": SCHEMA,
            "project": project.name,
            "profile": project.profile.name,
            "options": sorted(option.code for option in project.profile.options),
            "software": self._with.software,
            "models": [dict(model) for model in self._with.models],
            "source_digest": project.pseudonyms.digest("instance", original),
            "copy_digest": project.pseudonyms.digest("instance", content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }


@dataclass
class _Reading:
    """A `RedactText` that remembers how sure it was of the least sure report."""

    redact_text: RedactText
    probability_missed: float = 0.0
    narrative: bool = False

    def __call__(self, text: str) -> RedactedText:
        redacted = self.redact_text(text)
        if len(text.split()) >= NARRATIVE_WORDS:
            self.narrative = True
            self.probability_missed = max(self.probability_missed, redacted.probability_missed)
        return redacted


def _admitted(contents: Iterable[bytes]) -> Iterator[FileDataset]:
    """What can be read; the rest is held when its turn comes."""
    for content in contents:
        try:
            yield admit(content)
        except Rejected:
            continue


def _stratum(ds: FileDataset) -> Stratum:
    """What an image may be compared with: its modality, and who made it."""
    source = f"{ds.get('Manufacturer') or ''} {ds.get('ManufacturerModelName') or ''}".strip()
    return Stratum(str(ds.get("Modality") or ""), source)


def _subject(ds: FileDataset) -> Subject:
    return Subject(
        str(ds.get("PatientID") or "").strip(), str(ds.get("IssuerOfPatientID") or "").strip()
    )


def _conflict(subjects: set[Subject], studies: set[str], announced: Subject | None) -> str:
    """What keeps the files from being one study of one subject; "" when nothing does."""
    if len(studies) > 1:
        return "studies"
    if len(subjects) > 1 or (announced is not None and subjects - {announced}):
        return "subjects"
    return ""


def _chosen(subjects: set[Subject], studies: set[str]) -> Subject:
    """The subject of the files; one without Patient ID is nobody's but the study's."""
    found = min(subjects, key=lambda s: (s.patient_id, s.issuer_of_patient_id), default=Subject(""))
    return found if found.patient_id else Subject(f"study {min(studies, default='')}")


def _doubted(copy: Copy, doubts: Sequence[Doubt]) -> Copy:
    """`copy` held for what the verifier saw; where, says its record."""
    if not doubts:
        return copy
    places = [*copy.record.get("doubts", []), *([str(d.reason), d.place] for d in doubts)]
    marked = replace(copy, record=copy.record | {"doubts": places})
    return held(marked, *(f"verifier:{doubt.reason}" for doubt in doubts))


def _counts(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))
