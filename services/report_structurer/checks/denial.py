"""Denials that cannot be meant: of what is then described, and those that were lost."""

import re
from collections.abc import Iterator, Sequence

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.mentions import Mention, mentions
from services.report_structurer.checks.reading import FRONT, Reading, Said, is_head


def denial(reading: Reading) -> list[Alert]:
    """Statements whose denial contradicts their own words."""
    if not reading.complete:
        return []
    found = mentions(reading)
    return [*_described(reading, found), *_lost(reading, found)]


_DEGREE = re.compile(
    r"(?:(?:[a-z]+ ){1,5}: |\d+ \. )*(?:there (?:is|are) no"
    r"|no(?: evidence of)?) "
    r"(?:also|an?|slight|subtle|minimal|mild|moderate|tiny|several|few|multiple|scattered"
    r"|multilevel|single|remote|linear|benign|unchanged|healed|incidental|trace|rounded|nonspecific"
    r"|grade \d)\b(?! degree| or | to )"
)
"""What nobody denies: "no mild thickening"."""
_DEGREE_BEHIND = re.compile(
    r"(?:(?:[a-z]+ ){1,5}: |\d+ \. )*(?:an? )?(?:mild|moderate|slight|minimal|tiny|subtle|scattered"
    r"|multilevel|several|multiple|small)\b(?: [a-z]+){1,12} (?:is|are|was|were) not (?:seen|noted"
    r"|identified|observed|present|evident|demonstrated)\b"
)
"""What nobody says: "mild stenosis of the artery is not present"."""
_DEGREE_NEXT = re.compile(
    r"(?:(?:[a-z]+ ){1,5}: |\d+ \. )*no (?:[a-z]+ ){1,8}and (?:mild|moderate|severe|small|large"
    r"|moderately|mildly|severely) (?!or )"
)
"""A list that begins with a denial and goes on with a degree: "no thickening and mild edema"."""
_DETAIL = re.compile(
    r"(?:\S+ ){0,24}?(?:(?:measuring|measures|spanning) (?:approximately |about |up to )?\d"
    r"|, (?:most )?(?:likely|probably|consistent with|compatible with|(?:with )?(?:the )?largest)\b"
    r"|, (?:more|especially|particularly|predominantly|suggesting|indicating|causing|resulting"
    r"|leading)\b"
    r"|(?:features|appearance) (?:consistent|compatible|suggestive)|, which (?:may|is|measures))"
)
_EXTENT = re.compile(
    r"(?:[a-z-]+ ){1,14}?(?:(?:with [a-z -]+ of|to) \d+(?:\.\d+)? (?:mm|cm)"
    r"|with (?:associated|resultant|resulting|mild|moderate|severe|marked|minimal))\b"
)
_SIZED = re.compile(r"\b(?:measuring|measures|spanning|largest)\b")
_BOUND = re.compile(
    r"\b(?:greater|larger|more|less|over|above|exceed\w*|than|but|although|however)\b"
)
_POINTING = re.compile(r"(?:the|this|these)\b")


def _described(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Alert]:
    """Denied findings with a size, a likely cause or a further sentence about them."""
    followers = dict(zip(reading.said, reading.said[1:], strict=False))
    stated = {m.said: m.start for m in mentions if not m.denied}
    denied = {m.said: m for m in mentions if m.denied}
    for said in reading.said:
        if said.zone == FRONT:
            continue
        detail = _detail(said)
        after = followers.get(said)
        if any(odd.match(said.plain) for odd in (_DEGREE, _DEGREE_BEHIND, _DEGREE_NEXT)):
            yield alert("denied_degree", (said.statement.start, said.statement.end))
        elif detail and stated.get(said, detail[0]) >= detail[0]:
            yield alert("denied_described", detail)
        elif said in stated:
            continue
        elif said in denied and after and _points_back(denied[said], after):
            span = (after.words[0].start, after.words[1].end)
            yield alert("denied_described", (denied[said].start, denied[said].end), span)


_LOST = re.compile(
    r"(?:(?:findings|impression) : |\d+ \. )?(?:there (?:is|are) )?(?:evidence (?:of|for) "
    r"|(?:significant|acute|new|definite|abnormal|suspicious|focal|pathologic|enlarged|other"
    r"|any|gross) )[^.;:]*\bor\b"
    r"|(?:(?:findings|impression) : |\d+ \. )?[^.;:]*\bor\b[^.;:]* (?:identified|seen|observed"
    r"|detected|noted|evident|appreciated) \.$"
)
_DOUBT = re.compile(
    r"\b(?:may|might|could|possibl\w+|probabl\w+|likely|either|whether|versus|suggest\w*"
    r"|represent\w*|consistent|if|consider\w*"
    r"|recommend\w*|suspicious for|concern\w*|not|no|without|nor|more or less|with or without"
    r"|and / or|one or|two or|or more|or less|or so)\b"
)


def _lost(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Alert]:
    """Alternatives stated as findings: "fracture or dislocation is seen" has lost its "no"."""
    stated = {m.said for m in mentions if not m.denied}
    for said in reading.said:
        if said in stated and _LOST.match(said.plain) and not _DOUBT.search(said.plain):
            yield alert("denial_lost", (said.statement.start, said.statement.end))


FIRST = 25
"""Characters from the beginning within which a denial is that of the whole sentence."""


def _detail(said: Said) -> tuple[int, int] | None:
    """Offsets from a denial to the end of a sentence that describes what it denies."""
    for scope in said.governing:
        first = _first(said)
        whole = scope.start < scope.cue_start or scope.cue_start <= first + FIRST
        if scope.quality == "negated" and whole:
            behind = " ".join(w.text for w in said.words if w.start >= scope.cue_end)
            heads = (w for w in said.words if is_head(w.stem))
            named = any(scope.start <= w.start < scope.end for w in heads) or _SIZED.search(behind)
            if (
                named
                and (_DETAIL.match(behind) or _EXTENT.match(behind))
                and not _BOUND.search(behind)
            ):
                return scope.cue_start, said.statement.end
    return None


def _first(said: Said) -> int:
    """Offset of the first word behind the headings."""
    marks = [w.end for w in said.words[:LEAD] if w.text == ":"]
    return marks[-1] if marks else said.words[0].start


LEAD = 8
"""Words from the beginning in which headings end."""


def _points_back(one: Mention, after: Said) -> bool:
    """Whether the next sentence speaks of the denied finding as known: "The lesion measures"."""
    if not _POINTING.match(after.plain) or after.zone != one.said.zone:
        return False
    first = after.words[1:4]
    named = any(word.stem == one.stem and not after.denied(word.start) for word in first)
    return named and one.stem not in {"fluid", "air"}
