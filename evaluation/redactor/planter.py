"""What was planted, where, and how a value of each kind is made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from pydicom import DataElement, Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from evaluation.redactor.people import Person, made_up

Path_ = tuple[int, ...]
"""Tags and item numbers by turns, from the root of the data set."""

TEXT_VRS: Final = {"LO", "SH", "LT", "ST", "UT", "UC"}


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
