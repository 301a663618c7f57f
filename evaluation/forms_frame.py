"""Errors of sex, technique, date, and of the impression against what was found."""

import re
from collections.abc import Iterator

from evaluation.forms_words import Edit, like
from evaluation.written import Written, content

_MALE = re.compile(
    r"\b(?:prostate|prostatic|seminal vesicles?|testic\w+|testis|scrot\w+)\b", re.IGNORECASE
)
_FEMALE = re.compile(
    r"\b(?:uterus|uterine|ovar\w+|adnexa\w*|endometri\w+|pregnan\w+)\b", re.IGNORECASE
)
_SEX = {
    "male": "female", "female": "male", "man": "woman", "woman": "man", "he": "she", "she": "he",
    "his": "her", "gentleman": "lady", "boy": "girl", "girl": "boy",
}  # fmt: skip
_SEX_WORD = re.compile(rf"\b({'|'.join(_SEX)})\b", re.IGNORECASE)


def sex_swapped(report: Written) -> Iterator[Edit]:
    """The stated sex against organs or against other words of sex."""
    words = list(_SEX_WORD.finditer(report.text))
    organs = bool(_MALE.search(report.text)) != bool(_FEMALE.search(report.text))
    if not words or not (organs or len(words) > 1):
        return
    for word in words:
        yield word.start(), word.end(), like(word[1], _SEX[word[1].lower()])


def organ_of_the_other_sex(report: Written) -> Iterator[Edit]:
    """A sentence about an organ that the patient cannot have."""
    male = re.search(r"\b(?:male|man|gentleman)\b", report.text, re.IGNORECASE)
    female = re.search(r"\b(?:female|woman|lady)\b", report.text, re.IGNORECASE)
    if bool(male) == bool(female):
        return
    said = "The uterus is unremarkable." if male else "The prostate is not enlarged."
    sentences = list(report.within("findings"))
    for _, end in sentences[len(sentences) // 2 :][:2]:
        yield end, end, " " + said


_CONTRAST = re.compile(r"\b(without|with)(?=(?: iv| intravenous)? contrast)", re.IGNORECASE)
_NO_DOSE = re.compile(
    r"without (?:the )?(?:use|administration|contrast|intravenous|iv)", re.IGNORECASE
)
_DOSE = re.compile(
    r"\d+(?:\.\d+)? ?(?:mL|cc)\b|(?:after|following|administration of)[^.]{0,60}contrast",
    re.IGNORECASE,
)


def contrast_swapped(report: Written) -> Iterator[Edit]:
    """The title's contrast against the technique or an enhancing finding."""
    for found in _CONTRAST.finditer(report.text, 0, report.findings):
        around = report.text[max(0, found.start() - 14) : found.end() + 24].lower()
        if "and with" in around:
            continue
        rest = report.text[: found.start()] + report.text[found.end() + 12 : report.findings]
        told = _DOSE if found[1].lower() == "with" else _NO_DOSE
        enhancing = re.search(r"\benhanc(?:ing|ement)\b", report.text[report.findings :])
        if told.search(rest) or (found[1].lower() == "with" and enhancing):
            other = "without" if found[1].lower() == "with" else "with"
            yield found.start(), found.end(), like(found[1], other)


_MODALITY = re.compile(r"\b(CT|MRI|MR|ultrasound)\b", re.IGNORECASE)


def modality_swapped(report: Written) -> Iterator[Edit]:
    """Another modality in the title or the technique, which agree."""
    compared = re.search(
        r"COMPARISONS?:.*?(?=[A-Z]{6,}:|$)", report.text[: report.findings], re.DOTALL
    )
    apart = compared.span() if compared else (0, 0)
    found = [
        m
        for m in _MODALITY.finditer(report.text, 0, report.findings)
        if not apart[0] <= m.start() < apart[1]
    ]
    kinds = {m[1].upper()[:2] for m in found}
    if len(found) > 1 and len(kinds) == 1:
        for one in (found[0], found[-1]):
            yield one.start(), one.end(), "MRI" if kinds == {"CT"} else "CT"


_REGION = re.compile(
    r"\b(chest|abdomen|head|brain|knee|hip|shoulder|wrist|ankle|elbow|neck)\b", re.IGNORECASE
)
_ELSEWHERE = {
    "chest": "knee",
    "abdomen": "brain",
    "head": "abdomen",
    "brain": "chest",
    "neck": "hip",
}


def region_swapped(report: Written) -> Iterator[Edit]:
    """The title names another part of the body than technique and findings."""
    end = re.search(r"HISTORY|INDICATION|CLINICAL|REASON|TECHNIQUE|COMPARISON|\n", report.text)
    found = _REGION.search(report.text, 0, min(80, end.start()) if end else 60)
    if found and len(re.findall(rf"\b{found[1]}\b", report.text, re.IGNORECASE)) > 1:
        other = _ELSEWHERE.get(found[1].lower(), "chest")
        yield found.start(), found.end(), like(found[1], other)


_DATE = re.compile(r"\b(\d{1,2})([/-])(\d{1,2})\2(\d{2,4})\b")


def date_impossible(report: Written) -> Iterator[Edit]:
    """The 32nd of a month, or the 30th of February."""
    for found in _DATE.finditer(report.text):
        if int(found[1]) <= 12:
            yield found.start(3), found.end(3), "32"
            yield found.start(1), found.end(3), f"02{found[2]}30"


def comparison_denied(report: Written) -> Iterator[Edit]:
    """No comparison, although findings compare."""
    field = re.search(
        r"COMPARISONS?:\s*([^.\n]*?(?:__|\d)[^.\n]*)\.?(?=\s|$)", report.text[: report.findings]
    )
    compares = re.search(
        r"\b(?:unchanged|compared (?:to|with)|interval|previous(?:ly)?|prior)\b",
        report.text[report.findings :],
    )
    if field and compares:
        yield field.start(1), field.end(1), "None"


_EXAMINED = re.compile(r"EXAM(?:INATION)? DATE:\s*(__)")


def comparison_after_examination(report: Written) -> Iterator[Edit]:
    """A comparison dated after the examination; the dates are written in."""
    front = report.text[: report.findings]
    field = re.search(r"COMPARISONS?:\s*((?:None|No |__)[^.\n:]*)\.", front)
    if field is None:
        return
    examined = _EXAMINED.search(front, 0, field.start())
    if examined:
        between = front[examined.end(1) : field.start(1)]
        yield examined.start(1), field.end(1), f"05/02/2023{between}CT dated 06/14/2023"
        yield examined.start(1), field.end(1), f"2023-05-02{between}MRI from 2024-01-11"
    else:
        yield field.start(1), field.end(1), "CT dated 06/14/2023 (current examination 05/02/2023)"


_CHANGE = {
    "increased": "decreased", "decreased": "increased", "larger": "smaller", "smaller": "larger",
    "progression": "regression", "worsening": "improving", "enlarging": "shrinking",
    "stable": "increased", "unchanged": "increased",
}  # fmt: skip


def change_flipped(report: Written) -> Iterator[Edit]:
    """Increase for decrease in one of two places."""
    pattern = re.compile(rf"\b({'|'.join(_CHANGE)})\b", re.IGNORECASE)
    for found in pattern.finditer(report.text, report.findings):
        a, b = report.sentence(found.start())
        nouns = content(report.text[a:b])
        twin = [
            s
            for s in report.sentences
            if report.part(s[0]) not in {"front", report.part(a)}
            and re.search(rf"\b{found[1]}\b", report.text[s[0] : s[1]], re.IGNORECASE)
            and len(nouns & content(report.text[s[0] : s[1]])) > 1
        ]
        if twin:
            yield found.start(), found.end(), like(found[1], _CHANGE[found[1].lower()])


_HOLLOW = re.compile(
    r"\b(?:no|not|without|normal|unremarkable|intact|patent|recommend\w*)\b", re.IGNORECASE
)


def _telling(report: Written, part: str) -> list[tuple[int, int]]:
    return [
        (a, b)
        for a, b in report.within(part)
        if not _HOLLOW.search(report.text[a:b]) and len(content(report.text[a:b])) > 2
    ]


_FINDING = re.compile(
    r"\b(?:mass|cyst|lesions?|aneurysm|fractures?|hemorrhage|thromb\w+|embol\w+|metasta\w+"
    r"|infarct\w*"
    r"|abscess|pneumothorax|pneumonia|appendicitis|stenosis|thickening|effusions?|tears?"
    r"|ascites|opacit\w+"
    r"|atherosclerotic|degenerative|tendin\w+|edema|hernia|hematoma|synovitis|lymphadenopathy"
    r"|stones?)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:this|these|phone|call|discussed|patient|should|considered|advised|report|refer"
    r"|cannot|she|he"
    r"|comparison|alternative|limited)\b",
    re.IGNORECASE,
)


def foreign_impression(report: Written, other: Written) -> Iterator[Edit]:
    """An impression of another report that shares no word of meaning with this one."""
    own = content(report.text)
    for a, b in _telling(report, "impression"):
        for c, d in _telling(other, "impression"):
            sentence = other.text[c:d].strip()
            telling = _FINDING.search(sentence) and not _VAGUE.search(sentence)
            if telling and len(content(sentence)) > 2 and not content(sentence) & own:
                yield a, b, (" " if report.text[a] == " " else "") + sentence


_GRAVE = re.compile(
    r"\b(?:mass|aneurysm|fracture|hemorrhage|thromb\w+|embol\w+|metasta\w+|infarct\w*|abscess"
    r"|pneumothorax|appendicitis|obstruction|rupture|tumou?r|complete tear)\b", re.IGNORECASE,
)  # fmt: skip


def main_finding_left_out(report: Written) -> Iterator[Edit]:
    """A grave finding that the impression no longer names."""
    for a, b in _telling(report, "impression"):
        found = _GRAVE.search(report.text, a, b)
        rest = report.text[report.impression : a] + report.text[b:]
        nouns = content(report.text[a:b])
        told = (
            any(
                re.search(rf"\b{found[0]}", report.text[c:d], re.IGNORECASE)
                and not _HOLLOW.search(report.text[c:d])
                for c, d in report.within("findings")
            )
            if found
            else False
        )
        if found and told and len(content(rest)) > 5 and len(nouns & content(rest)) < 2:
            yield a, b, ""


_ADVICE = re.compile(
    r"\b(?:recommend\w*|advised|suggested|should be|follow[- ]?up)\b", re.IGNORECASE
)


def advice_left_out(report: Written) -> Iterator[Edit]:
    """The only advice, where a suspicious finding or the findings ask for one."""
    advice = [(a, b) for a, b in report.within("impression") if _ADVICE.search(report.text[a:b])]
    asked = any(_ADVICE.search(report.text[a:b]) for a, b in report.within("findings"))
    grave = re.search(
        r"\b(?:suspicious|concerning|worrisome) for|indeterminate", report.text[report.findings :]
    )
    if len(advice) == 1 and (asked or grave):
        a, b = advice[0]
        if not re.search(r"suspicious|concerning", report.text[a:b]):
            yield a, b, ""


def advice_for_elsewhere(report: Written) -> Iterator[Edit]:
    """Advice to image a part of the body that the report does not speak of."""
    organs = r"(pelvic|renal|chest|abdominal|brain|breast|thyroid|cardiac|liver)"
    pattern = re.compile(rf"\b{organs}(?= (?:ultrasound|CT|MRI|imaging|MR)\b)", re.IGNORECASE)
    for found in pattern.finditer(report.text, report.impression):
        a, b = report.sentence(found.start())
        if _ADVICE.search(report.text[a:b]):
            for other in ("knee", "ankle", "thyroid", "breast"):
                if other not in report.text.lower():
                    yield found.start(), found.end(), like(found[1], other)
