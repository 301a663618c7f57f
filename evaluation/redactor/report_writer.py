"""Writes reports with the place and kind of every identifier in them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from evaluation.redactor import calendar_forms, report_forms
from evaluation.redactor.people import CITIES, NAMES, Person, address, company, institution, person

_SLOT: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
NEUTRAL: Final = "-"
"""Neither identifier nor report: redacting it is no fault, leaving it is none."""
EPONYM: Final = "EPONYM"
KEPT: Final = ""
KIN: Final = ("wife", "son", "daughter", "mother", "husband", "sister")


@dataclass(frozen=True)
class Marked:
    """A place in a report: start, end, and the kind of identifier, `-` or `EPONYM`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Report:
    """A report, its identifiers, and what the image header would say about the patient.

    Attributes:
        text: The report.
        marks: Ordered places.
        header: DICOM keyword to value; empty in one report of five.
        prose: Whether it is prose of another kind than a printed report.
    """

    text: str
    marks: tuple[Marked, ...]
    header: dict[str, str]
    prose: bool


def report(rng: Random) -> Report:
    """One report of a random form."""
    prose = rng.random() < 0.5
    form = rng.choice(report_forms.PROSE if prose else report_forms.PRINTED)
    case = _Case(rng)
    text = ""
    marks: list[Marked] = []
    position = 0
    for slot in _SLOT.finditer(form):
        text += form[position : slot.start()]
        position = slot.end()
        for words, kind in case.filled(slot[1], slot[2] or ""):
            if kind:
                marks.append(Marked(len(text), len(text) + len(words), kind))
            text += words
    return Report(text + form[position:], tuple(marks), case.header(), prose)


def reports(seed: int, n: int) -> list[Report]:
    """`n` reports of one seed."""
    rng = Random(seed)  # noqa: S311 - synthetic data
    return [report(rng) for _ in range(n)]


Pieces = list[tuple[str, str]]


class _Case:
    """One patient, the people around, and the words for each slot."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.patient, self.doctor, self.second = person(rng), person(rng), person(rng)
        self.kin = rng.choice(NAMES[rng.choice(list(NAMES))][0].split())
        self.exam = calendar_forms.day(rng)
        self.prior = calendar_forms.day(rng, 2000, self.exam.year)
        self.born = calendar_forms.day(rng, 1926, 2000)
        self.form = rng.choice(calendar_forms.FORMS)
        self.mrn = _code(rng)
        self.accession = rng.choice(("A{}", "CT{}", "{}", "RAD-{}", "US-24-{}")).format(
            rng.randint(10**5, 10**9)
        )
        self.mail = f"{self.doctor.given}.{self.doctor.family}@{rng.choice(HOSTS)}".replace(" ", "")

    def header(self) -> dict[str, str]:
        """What the images say, or nothing."""
        if self.rng.random() < 0.2:
            return {}
        native = f"={self.patient.native}" if self.patient.native else ""
        return {
            "PatientName": self.patient.dicom + native,
            "PatientID": self.mrn,
            "PatientBirthDate": f"{self.born:%Y%m%d}",
            "StudyDate": f"{self.exam:%Y%m%d}",
            "AccessionNumber": self.accession,
            "ReferringPhysicianName": self.doctor.dicom,
        }

    def filled(self, slot: str, form: str) -> Pieces:
        """Words and their kind for one slot."""
        if slot == "P":
            return [(name_form(self.rng, self.patient, form), "NAME")]
        found = self._people().get(slot) or self._codes().get(slot) or self._places().get(slot)
        return found() if found else self._clinical(slot)

    def _people(self) -> dict[str, Callable[[], Pieces]]:
        rng, patient, doctor = self.rng, self.patient, self.doctor
        signed = rng.choice(("{}, MD", "{} M.D.", "{}, FRCR", "{}, D.O."))
        title = "Ms." if patient.sex == "F" else "Mr."
        return {
            "D": lambda: [("Dr. ", KEPT), (name_form(rng, doctor, "DOC"), "NAME")],
            "D2": lambda: [(f"{self.second.given} {self.second.family}", "NAME"), (", MD", KEPT)],
            "Dm": lambda: _around(signed, f"{doctor.given} {doctor.family}", "NAME"),
            "dlast": lambda: [(doctor.family, "NAME")],
            "dfirst": lambda: [(doctor.given, "NAME")],
            "d2first": lambda: [(self.second.given, "NAME")],
            "dtitle": lambda: [(rng.choice(("Dr.", "Doctor", "Prof.")), KEPT)],
            "title": lambda: [(title, KEPT)],
            "plast": lambda: [(patient.family, "NAME")],
            "pfirst": lambda: [(patient.given, "NAME")],
            "kin": lambda: [
                (rng.choice(["wife", "son", "daughter", "mother", "husband", "sister"]), KEPT)
            ],
            "kinname": lambda: [(self.kin, "NAME")],
            "ini": lambda: [(_initials(rng, doctor, self.second), NEUTRAL)],
            "He": lambda: [("She" if patient.sex == "F" else "He", KEPT)],
            "sex": lambda: [("woman" if patient.sex == "F" else "man", KEPT)],
            "s": lambda: [(patient.sex, KEPT)],
        }

    def _codes(self) -> dict[str, Callable[[], Pieces]]:
        rng = self.rng
        return {
            "mrn": lambda: [(self.mrn, "ID")],
            "acc": lambda: [(self.accession, "ID")],
            "visit": lambda: [(_code(rng), "ID")],
            "order": lambda: [(f"#{rng.randint(10**6, 10**8)}", "ID")],
            "policy": lambda: [(f"{_letters(rng, 3)}{rng.randint(10**8, 10**9)}", "ID")],
            "serial": lambda: [(_serial(rng), "ID")],
            "ssn": lambda: [(_social_security(rng), "ID")],
            "dob": lambda: [(rng.choice(calendar_forms.FORMS)(self.born), "DATE")],
            "date": lambda: [(self.form(self.exam), "DATE"), *_clock(rng)],
            "pdate": lambda: [(rng.choice(calendar_forms.FORMS)(self.prior), "DATE")],
            "mday": lambda: [(rng.choice(calendar_forms.PARTIAL)(self.prior), "DATE")],
            "phone": lambda: [(phone(rng), "PHONE")],
            "fax": lambda: [(phone(rng), "PHONE")],
            "email": lambda: [(self.mail, "EMAIL")],
            "email2": lambda: [(_mail(rng, self.second), "EMAIL")],
            "url": lambda: [(_url(rng), "EMAIL")],
            "age": lambda: [(_age(rng, rng.randint(18, 89)), KEPT)],
            "age90": lambda: [(_age(rng, rng.randint(90, 104)), "AGE")],
        }  # fmt: skip

    def _places(self) -> dict[str, Callable[[], Pieces]]:
        rng = self.rng
        return {
            "hosp": lambda: [(institution(rng), "LOC")],
            "addr": lambda: [(address(rng), "LOC")],
            "city": lambda: [(rng.choice(CITIES), "LOC")],
            "company": lambda: [(company(rng), "LOC")],
            "ward": lambda: [(rng.choice(("Ward 7B", "ICU", "4 West", "ED bay 3")), NEUTRAL)],
            "room": lambda: [(str(rng.randint(100, 999)), NEUTRAL)],
        }

    def _clinical(self, slot: str) -> Pieces:
        rng = self.rng
        if slot == "epon":
            before, after = rng.choice(report_forms.EPONYM_FORMS).split("{e}")
            return [(before, KEPT), (rng.choice(report_forms.EPONYMS), EPONYM), (after, KEPT)]
        words = {
            "exam": report_forms.EXAMS,
            "sign": report_forms.SIGNS,
            "tech": report_forms.TECHNIQUES,
            "hard": report_forms.HARD,
            "plan": report_forms.PLANS,
        }.get(slot, report_forms.FINDINGS)
        chosen = rng.choice(words)
        chosen = re.sub(r"\{n\}", lambda _: str(rng.randint(10, 69)), chosen)
        return [(re.sub(r"\{k\}", lambda _: str(rng.randint(2, 9)), chosen), KEPT)]


HOSTS: Final = ("brannockhealth.org", "imaging.example", "kesselheim-klinik.de", "nhs.example.uk")


def name_form(rng: Random, who: Person, form: str) -> str:
    """A name in one of the ways of writing it; DOC, FULL, INIT, UPPER or NAME limit the ways."""
    family, given, middle = who.family, who.given, who.middle
    full = f"{given} {middle + '. ' if middle else ''}{family}"
    ways = {
        "DOC": [full, f"{given[0]}. {family}", family, f"{family}, {given}", f"{given} {family}"],
        "FULL": [full, f"{given} {family}", f"{given} {family.upper()}"],
        "INIT": [f"{family}, {given[0]}", f"{family} {given[0]}{middle}", f"{family}, {given[0]}."],
        "UPPER": [f"{family}, {given} {middle}".strip().upper(), full.upper(), who.dicom.upper()],
    }.get(form)
    if ways is None:
        ways = [f"{family}, {given}", f"{family.upper()}, {given.upper()}", full, who.dicom]
        ways += [f"{family.upper()} {given}", full.lower(), f"{family}, {given} {middle}".strip()]
        if who.native:
            ways += [who.native.replace("^", " "), who.native.replace("^", "")]
    return rng.choice(ways)


PHONE_FORMS: Final = (
    "({a}) {b}-{c}",
    "{a}-{b}-{c}",
    "{a}.{b}.{c}",
    "+1 {a} {b} {c}",
    "1-{a}-{b}-{c}",
    "+44 20 {c} {d}",
    "+49 {a}/{b}{c}",
    "0{a} {b}{c}",
    "+33 1 {p} {q} {p} {q}",
    "({a}) {b}-{c} ext. {a}",
)


def phone(rng: Random) -> str:
    """A telephone number of one of several countries."""
    a, b = rng.randint(201, 989), rng.randint(200, 999)
    c, d = rng.randint(1000, 9999), rng.randint(1000, 9999)
    return rng.choice(PHONE_FORMS).format(a=a, b=b, c=c, d=d, p=c % 90 + 10, q=d % 90 + 10)


def _code(rng: Random) -> str:
    number = rng.randint(10**5, 10**9)
    forms = ("{n}", "{a}{n}", "{b}-{n}", "{n:010d}", "{n}{a}", "{h}-{t:03d}")
    a, b = _letters(rng, 1), _letters(rng, 3)
    return rng.choice(forms).format(n=number, a=a, b=b, h=number // 1000, t=number % 1000)


def _serial(rng: Random) -> str:
    return f"{_letters(rng, 2)}-{rng.randint(10**4, 10**6)}-{_letters(rng, 1)}"


def _social_security(rng: Random) -> str:
    return f"{rng.randint(100, 899)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"


def _mail(rng: Random, who: Person) -> str:
    return f"{_letters(rng, 1)}{who.family.split()[-1]}@{rng.choice(HOSTS)}".lower()


def _url(rng: Random) -> str:
    return f"https://pacs.{rng.choice(HOSTS)}/view?id={rng.randint(10**5, 10**7)}"


def _letters(rng: Random, n: int) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=n))


def _initials(rng: Random, first: Person, second: Person) -> str:
    a, b = first.given[0] + first.family[0], second.given[0] + second.family[0]
    return rng.choice((f"{a}/{b.lower()}", a, f"{a}:{b}"))


def _clock(rng: Random) -> Pieces:
    if rng.random() < 0.7:
        return []
    return [(f" {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}", NEUTRAL)]


def _age(rng: Random, years: int) -> str:
    return rng.choice((f"{years}-year-old", f"{years} year old", f"{years} y/o", f"{years}yo"))


def _around(form: str, words: str, kind: str) -> Pieces:
    before, after = form.split("{}")
    return [(before, KEPT), (words, kind), (after, KEPT)]
