"""Weight lost and the time it took, as a sentence says it."""

import re
from dataclasses import dataclass

DAYS = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
"""By the first letter of the unit."""
POUNDS_PER_STONE = 14
HEAVIEST = 900.0
"""No weight in pounds or kilograms is larger; a larger number is something else."""

_COUNT: dict[str, float] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15,
    "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "half": 0.5, "one-half": 0.5, "1/2": 0.5,
}  # fmt: skip
_TENS = "twenty|thirty|forty|fifty|sixty"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORD = "|".join(sorted((re.escape(word) for word in _COUNT), key=len, reverse=True))
_FRACTIONS = {"1/2": 0.5, "and a half": 0.5, "½": 0.5, "1/4": 0.25, "3/4": 0.75}
_DIGITS = r"\d+(?:\.\d+)?(?:[-\s]+(?:1/2|1/4|3/4|and\s+a\s+half)|\s*½)?"
_N = rf"{_DIGITS}|(?:{_TENS})[-\s](?:{_ONES})|(?:{_WORD})(?:\s+and\s+a\s+half)?"
_UNIT = r"pounds?\b|lbs?\b\.?|#|kilograms?\b|kilos?\b|kgs?\b|stones?\b|%|percent\b"
_HALF = r"(?P<half>\s+and\s+a\s+half)?"
_QUANTITY = (
    rf"(?<![\w./])(?P<n>{_N})(?:\s+(?:of|a|an)\b)?"
    rf"(?:\s*(?:-|–|to|or|and)\s*(?:{_N}))?\s*-?\s*(?P<unit>{_UNIT}){_HALF}"
)
_AMOUNT = re.compile(_QUANTITY, re.IGNORECASE)
_HEDGE = (
    r"(?:(?:about|approximately|around|almost|nearly|some|over|up\s+to|more\s+than|at\s+least"
    r"|roughly|another|an\s+additional|greater\s+than|less\s+than|by|maybe|probably|close\s+to"
    r"|well\s+over|a\s+total\s+of|a|an|the|approx\.?|~|>|as\s+much\s+as|only|just|anywhere\s+from"
    r"|an\s+estimated|somewhere\s+between|between|from)\s+)*"
)
_UNNAMED = re.sub(r"\?P<\w+>", "?:", _QUANTITY)
_VERB = (
    r"(?:lost|lose|loses|losing|dropp(?:ed|ing)|down|loss\s+of|shed(?:ding)?|fell|fallen|falling"
    r"|decreas(?:ed|ing)|declin(?:ed|ing)|reduced|drop\s+of|decrease\s+of|decline\s+of"
    r"|reduction\s+of)"
)
_NOT_WEIGHT = r"(?!\s*(?:of\s+(?:blood|fluid|urine|vision|height)|more\s+than))"
_LIGHTER = r"(?:lighter|less\s+than\s+(?:he|she)|below\s+(?:his|her))"
_SIZES = r"(?:(?:an?|one|two|three|several|\d)\s+(?:\w+\s+)?sizes?\s+and\s+)?"
LOST = re.compile(
    rf"\b(?:{_VERB}\s+{_SIZES}{_HEDGE}{_UNNAMED}{_NOT_WEIGHT}|{_UNNAMED}\s+{_LIGHTER})",
    re.IGNORECASE,
)
"""A weight said to be lost: "lost about 10 pounds", "20 pounds lighter"."""


def _weighed(name: str) -> str:
    """A weight with or without unit, as groups `name` and `name_unit`."""
    return rf"(?P<{name}>\d{{2,3}}(?:\.\d+)?)(?:\s*-?\s*(?P<{name}_unit>{_UNIT}))?"


_GAP = r"[^.;:\d]{0,40}?"
_ABOUT = r"(?:about\s+|approximately\s+|a\s+weight\s+of\s+)?"
_FELL = r"(?:weigh\w*|wt|dropped|went|gone|decreased|declined|fell|fallen|lost|down)"
_HEAVY, _LIGHT = _weighed("before"), _weighed("after")
_BEFORE = r"(?:down\s+from|compared\s+(?:to|with)|versus)"
_NOW = (
    r"(?:(?:now|currently|today)\s+(?:only\s+)?(?:weighs|at|weighing|is|down\s+to)"
    r"|is\s+now|and\s+is)"
)
_PAIRS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_FELL}\b[^.;\d]{{0,40}}?\bfrom\s+{_ABOUT}{_HEAVY}{_GAP}\bto\s+{_ABOUT}{_LIGHT}",
        rf"\bweigh\w*{_GAP}{_LIGHT}[^.;\d]{{0,25}}?\b{_BEFORE}\s+{_ABOUT}{_HEAVY}",
        (
            rf"\b(?:weight|wt){_GAP}{_LIGHT}\s*\(?[^.;\d]{{0,12}}?\b(?:was|previously|prior"
            rf"|down\s+from)\s+{_ABOUT}{_HEAVY}"
        ),
        rf"\b(?:dropped|decreased|down|fallen|declined)\s+to\s+{_LIGHT}{_GAP}\bfrom\s+{_HEAVY}",
        (
            rf"\b(?:weighed"
            rf"|used\s+to\s+weigh)\s+{_ABOUT}{_HEAVY}[^.;]{{0,50}}?\b{_NOW}\s+{_ABOUT}{_LIGHT}"
        ),
        rf"\b(?:weight|wt)\s*:?\s*{_HEAVY}\s*(?:->|→|-->)\s*{_LIGHT}",
        rf"\bcurrent\s+(?:body\s+)?weight{_GAP}{_LIGHT}{_GAP}\busual\s+(?:body\s+)?weight{_GAP}{_HEAVY}",
        rf"\busual\s+(?:body\s+)?weight{_GAP}{_HEAVY}{_GAP}\b(?:now|current\w*){_GAP}{_LIGHT}",
    )
)
_PAST = r"(?:last|past|previous|preceding|prior)"
_TIME = r"(?P<unit>days?|weeks?|wks?|months?|mos?|years?|yrs?)\b(?!-?\s*old)(?:'s)?"
_COUNTED = rf"(?P<n>{_N})(?:\s*(?:-|–|to)\s*(?P<m>{_N}))?(?:\s+(?:of|a)\b)?\s*-?\s*{_TIME}"
_LENGTH = (
    r"(?:(?:about|approximately|around|roughly|less\s+than|the|a|an|period\s+of|course\s+of"
    r"|span\s+of|last|past|previous|preceding|prior|only|just)\s+)*"
)
_ONE = rf"(?:the\s+(?:course\s+of\s+the\s+)?{_PAST}|a|the|this\s+{_PAST})"
_SINGLE = r"(?P<unit>day|week|wk|month|year|yr)\b(?!-?\s*old)"
_INTERVALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:\b(?:over|in|during|for|within|across|since|this)|\bx|/)\s*{_LENGTH}{_COUNTED}",
        rf"\b(?:over|in|during|for|within)\s+(?:about\s+)?{_ONE}\s+{_SINGLE}",
        rf"\b{_PAST}\s+{_COUNTED}",
        rf"\b{_COUNTED}\s+(?:ago|period|history|time|span)\b",
    )
)
BEFORE_PENALTY = 12
"""Characters by which a time before the amount counts as farther away than one behind it."""


@dataclass(frozen=True)
class Loss:
    """Weight lost as said.

    Attributes:
        value: Amount; None where not said.
        unit: `lb`, `kg` or `%` of the weight; None without amount.
        interval_days: Days within which; None where not said.
    """

    value: float | None
    unit: str | None
    interval_days: int | None


def loss(text: str, start: int, end: int, mention: tuple[int, int]) -> Loss:
    """Amount and time of the weight loss mentioned in a sentence of the text."""
    value, unit, where = _amount(text, start, end, mention)
    return Loss(value, unit, _interval_days(text, start, end, where))


def pair(text: str, start: int, end: int) -> re.Match[str] | None:
    """Where two weights are named of which the later is the smaller."""
    for pattern in _PAIRS:
        found = pattern.search(text, start, end)
        if found and _difference(found):
            return found
    return None


def _difference(found: re.Match[str]) -> tuple[float, str] | None:
    """What the later weight is less than the earlier, and its unit; None when it is not less."""
    first, second = float(found["before"]), float(found["after"])
    units = {_unit(unit) for unit in (found["before_unit"], found["after_unit"]) if unit}
    if len(units) != 1 or units & {"%", "stone"} or not second < first < HEAVIEST:
        return None
    return round(first - second, 2), units.pop()


def _amount(
    text: str, start: int, end: int, mention: tuple[int, int]
) -> tuple[float | None, str | None, tuple[int, int]]:
    """Weight lost, a difference of two weights or the amount nearest to the mention; and where."""
    two = pair(text, start, end)
    made = _difference(two) if two else None
    if two and made:
        return *made, two.span()
    found = [m for m in _AMOUNT.finditer(text, start, end) if not _is_weight(text, m)]
    if not found:
        return None, None, mention
    near = min(found, key=lambda m: max(m.start() - mention[1], mention[0] - m.end(), 0))
    value, unit = _number(near["n"]) + (0.5 if near["half"] else 0), _unit(near["unit"])
    if unit == "stone":
        value, unit = value * POUNDS_PER_STONE, "lb"
    return round(value, 2), unit, near.span()


_WEIGHT_BEFORE = re.compile(
    r"(?:weigh(?:s|ed|t|ing)?(?:\s+(?:today|now|currently|loss))?(?:\s+(?:is|was|of|at|to|:))?"
    r"|\bnow(?:\s+at)?|currently(?:\s+at)?|\bat|\bfrom|\bdown\s+to|\bdropped\s+to"
    r"|gain(?:ed|ing)?(?:\s+(?:of|about|back))*)[\s:,]*$",
    re.IGNORECASE,
)
_NO_AMOUNT_BEHIND = re.compile(
    r"\s*-?(?:(?:of\s+)?(?:weight\s+)?gain|/\s*(?:day|week|wk|month)|(?:per|a|each"
    r"|every)\s+(?:day|week|month)|weekly)",
    re.IGNORECASE,
)
"""A gain, or how fast."""
_LOSS_BEFORE = re.compile(r"loss(?:\s+(?:is|was|of|at))?[\s:,]*$", re.IGNORECASE)


def _is_weight(text: str, amount: re.Match[str]) -> bool:
    """Whether the pounds are what somebody weighs or gained, not what was lost."""
    before = text[max(0, amount.start() - 30) : amount.start()]
    after = text[amount.end() : amount.end() + 20]
    of_body = amount["unit"] not in {"%", "percent"} and bool(_WEIGHT_BEFORE.search(before))
    return (of_body and not _LOSS_BEFORE.search(before)) or bool(_NO_AMOUNT_BEHIND.match(after))


def _interval_days(text: str, start: int, end: int, where: tuple[int, int]) -> int | None:
    found = [m for pattern in _INTERVALS for m in pattern.finditer(text, start, end)]
    if not found:
        return None

    def away(m: re.Match[str]) -> int:
        return max(m.start() - where[1], where[0] - m.end() + BEFORE_PENALTY, 0)

    near = min(found, key=away)
    said = near.groupdict()
    count = _number(said.get("m") or said.get("n") or "1")
    return round(count * DAYS[near["unit"][0].lower()])


def _number(said: str) -> float:
    plain = " ".join(said.lower().split())
    if plain in _COUNT:
        return _COUNT[plain]
    for fraction, part in _FRACTIONS.items():
        if plain.endswith(fraction):
            rest = plain.removesuffix(fraction).rstrip(" -")
            return (_number(rest) if rest else 0) + part
    tens, _, ones = plain.replace("-", " ").partition(" ")
    return _COUNT[tens] + _COUNT[ones] if ones else float(plain)


def _unit(word: str) -> str:
    plain = word.lower()
    if plain.startswith("k"):
        return "kg"
    if plain.startswith("s"):
        return "stone"
    return "%" if plain in {"%", "percent"} else "lb"
