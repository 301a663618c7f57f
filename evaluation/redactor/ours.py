"""The redactor of this repository as the evaluation calls it: by its public functions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import FileDataset

from radloom.errors import Rejected
from services.redactor.app import embedded_instruments
from services.redactor.attributes.engine import AttributeRedactor
from services.redactor.copies import settled
from services.redactor.guard import admit
from services.redactor.identity import Identity
from services.redactor.layout import finish
from services.redactor.profiles import Profile, profile_named
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.redaction import Project, StudyRedaction
from services.redactor.spans import RedactedText, RedactText
from services.redactor.structured_content import redact_content
from services.redactor.text import text_redactor

PSEUDONYMS = Pseudonyms(bytes(range(32)))


@dataclass(frozen=True)
class Outcome:
    """What the service would do with one instance.

    Attributes:
        content: The copy, also of an instance that is held; None when none was made.
        reasons: Why it is held; empty when it is released.
        record: Evidence of what was done.
    """

    content: bytes | None
    reasons: tuple[str, ...]
    record: Mapping[str, Any]

    @property
    def released(self) -> bytes | None:
        """The copy when it may leave."""
        return None if self.reasons else self.content


class Whole:
    """The service's own composition: engine, pixels and verifier, with the models in this process.

    Attributes:
        project: Profile and key.
        instruments: Models, and dciodvfy.
    """

    def __init__(self, profile: str = "basic", validator: str = "") -> None:
        self.project = Project("evaluation", profile_named(profile), PSEUDONYMS)
        self.instruments = embedded_instruments(validator=validator)

    def __call__(self, instances: Sequence[bytes]) -> list[Outcome]:
        """What becomes of the instances of one study."""
        study = StudyRedaction(self.project, self.instruments)
        study.know(lambda: instances)
        made = [study.redact(content) for content in instances]
        copies = settled(study.close())
        return [
            Outcome(one.content, copy.reasons, copy.record)
            for one, copy in zip(made, copies, strict=True)
        ]


class Headers:
    """Header path without pixels and without verifier: what the engine itself leaves.

    Attributes:
        refusals: Why instances were refused.
    """

    def __init__(self, profile: str = "basic") -> None:
        self.profile: Profile = profile_named(profile)
        self.refusals: list[str] = []

    def __call__(self, instances: Sequence[bytes]) -> list[bytes | None]:
        """Output of every instance of one study; None for one that goes to quarantine."""
        subjects: list[Subject] = []

        def headers() -> Iterator[FileDataset]:
            for content in instances:
                with suppress(Rejected):
                    ds = admit(content)
                    issuer = str(ds.get("IssuerOfPatientID") or "")
                    subjects.append(Subject(str(ds.get("PatientID") or ""), issuer))
                    yield ds

        identity = Identity.gather(headers())
        subject = subjects[0] if subjects else Subject("")
        redact_text = text_redactor(identity, PSEUDONYMS, subject)
        attributes = AttributeRedactor(self.profile, PSEUDONYMS, subject, redact_text)
        return [self._output(one, subject, redact_text, attributes) for one in instances]

    def _output(
        self,
        content: bytes,
        subject: Subject,
        redact_text: RedactText,
        attributes: AttributeRedactor,
    ) -> bytes | None:
        try:
            ds = admit(content)
            redact_content(ds, redact_text=redact_text, pseudonyms=PSEUDONYMS, subject=subject)
            attributes.redact(ds)
            return finish(ds, redact_text=redact_text).content
        except Rejected as error:
            self.refusals.append(error.reason)
            return None


def redacted_report(text: str, header: Mapping[str, str]) -> RedactedText:
    """A report without its identifiers; `header` is what the images say about the patient."""
    subject = Subject(header.get("PatientID", ""))
    return text_redactor(Identity.of_header(header), PSEUDONYMS, subject)(text)
