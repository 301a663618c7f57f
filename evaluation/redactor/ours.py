"""The redactor of this repository as the evaluation calls it: by its public functions."""

from collections.abc import Sequence

from pydicom.dataset import FileDataset

from radloom.errors import Rejected
from services.redactor.attributes import redact_attributes
from services.redactor.guard import admit
from services.redactor.identity import Identity
from services.redactor.layout import finish
from services.redactor.profiles import Profile, profile_named
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.structured_content import redact_content
from services.redactor.text import text_redactor

KEY = bytes(range(32))


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
        admitted = [self._admitted(content) for content in instances]
        identity = Identity.gather(ds for ds in admitted if ds is not None)
        return [
            self._output(content, identity) if ds is not None else None
            for content, ds in zip(instances, admitted, strict=True)
        ]

    def _admitted(self, content: bytes) -> FileDataset | None:
        try:
            return admit(content)
        except Rejected as error:
            self.refusals.append(error.reason)
            return None

    def _output(self, content: bytes, identity: Identity) -> bytes | None:
        ds = admit(content)
        pseudonyms = Pseudonyms(KEY)
        subject = Subject(str(ds.get("PatientID", "")), str(ds.get("IssuerOfPatientID", "")))
        redact_text = text_redactor(identity, pseudonyms, subject)
        try:
            redact_content(
                ds,
                redact_text=redact_text,
                pseudonyms=pseudonyms,
                subject=subject,
                profile=self.profile,
            )
            redact_attributes(
                ds,
                profile=self.profile,
                pseudonyms=pseudonyms,
                subject=subject,
                redact_text=redact_text,
            )
            return finish(ds, redact_text=redact_text).content
        except Rejected as error:
            self.refusals.append(error.reason)
            return None
