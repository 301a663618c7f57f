"""What stands for an identifier outside the PHI zone: keyed, stateless, the same on every replica.

HMAC-SHA256 (RFC 2104) of what is replaced, under the key of one research project. Nobody without
the key can go back or link two projects; a replay, another replica or another year gives the same
pseudonym. The key of the bus (`subject_key`) is never used here.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

MIN_KEY_BYTES = 32
"""As long as the digest: a shorter key would be the weakest part (RFC 2104 section 3)."""

STANDARD_UID = re.compile(r"1\.2\.840\.10008(\.\d{1,4}){1,10}")
"""Names a class, a syntax or a well-known instance (PS3.6 annex A): never replaced. No component of
one has more than four digits; a number of a patient behind the same root has."""

MAX_SHIFT_DAYS = 3650
MIN_SHIFT_DAYS = 30
"""Dates move back by 30 days to ten years: never forward, into days that have not been."""

FIRST_DAY = date(1900, 1, 1)
"""Stands for a date that a shift would move before it."""


@dataclass(frozen=True)
class Subject:
    """Whom an object is about, as its source calls them.

    Attributes:
        patient_id: Patient ID (0010,0020).
        issuer_of_patient_id: Issuer of Patient ID (0010,0021); "" when the source gave none.
    """

    patient_id: str
    issuer_of_patient_id: str = ""


@dataclass(frozen=True)
class Pseudonyms:
    """Pseudonyms of one project.

    Attributes:
        project_key: Secret of the project, 32 bytes or more.
    """

    project_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.project_key) < MIN_KEY_BYTES:
            raise ValueError(
                f"the project key has {len(self.project_key)} bytes, at least {MIN_KEY_BYTES} are "
                "needed; make one with `openssl rand -hex 32` and keep it as long as the project"
            )

    def uid(self, uid: str) -> str:
        """UID under 2.25 (PS3.5 B.2) for `uid`; one that the standard itself defines stays."""
        value = uid.strip("\0 ")
        if not value or STANDARD_UID.fullmatch(value):
            return value
        return f"2.25.{int.from_bytes(self._digest('uid', value)[:16], 'big')}"

    def patient_id(self, subject: Subject) -> str:
        """Patient ID of 18 characters for a subject."""
        return self.code("patient", subject.patient_id, subject.issuer_of_patient_id)

    def code(self, domain: str, *parts: str) -> str:
        """Code of 18 capital letters and digits for `parts` within `domain`."""
        return f"RL{self._digest(domain, *parts).hex()[:16].upper()}"

    def number(self, domain: str, *parts: str, below: int) -> int:
        """Number in 0..`below`-1 for `parts` within `domain`: chooses among surrogates."""
        return int.from_bytes(self._digest(domain, *parts)[:8], "big") % below

    def shift(self, subject: Subject) -> timedelta:
        """How far every date of a subject moves, the same in all studies: intervals stay exact."""
        parts = (subject.patient_id, subject.issuer_of_patient_id)
        span = MAX_SHIFT_DAYS - MIN_SHIFT_DAYS + 1
        return -timedelta(days=MIN_SHIFT_DAYS + self.number("date", *parts, below=span))

    def shifted(self, day: date, subject: Subject) -> date:
        """`day` moved by the shift of `subject`."""
        try:
            return max(FIRST_DAY, day + self.shift(subject))
        except OverflowError:
            return FIRST_DAY

    def digest(self, domain: str, content: bytes) -> str:
        """Keyed digest, 64 hexadecimal digits: proves equality to who has the key, says nothing."""
        return hmac.new(self.project_key, domain.encode() + b"\0" + content, "sha256").hexdigest()

    def _digest(self, domain: str, *parts: str) -> bytes:
        # Lengths keep ("a", "bc") and ("ab", "c") apart; spaces around a value are padding (PS3.5).
        encoded = [re.sub(r"^[\s\0]+|[\s\0]+$", "", part).encode() for part in parts]
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        message = domain.encode() + b"\0" + framed
        return hmac.new(self.project_key, message, hashlib.sha256).digest()
