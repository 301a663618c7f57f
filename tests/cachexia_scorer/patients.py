"""Evidence written as a line: "weight=80 kg@170; smi=40 cm2/m2 B; told=6 %/90; sex=female".

`kind=[comparator]value unit[ grade][@days ago]`; `told` is a stated weight loss with the days in
which it was lost; muscle is of grade A unless said otherwise.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import Features, features
from services.cachexia_scorer.quantities import exact

AT = datetime(2026, 4, 3, 12, tzinfo=UTC)

_NUMBER = re.compile(r"(?P<bound>[<>]?=?)(?P<value>-?[\d.]+) (?P<unit>\S+)(?: (?P<grade>\w+))?")
_KINDS = {"bun": "urea_nitrogen"}
_MUSCLE = {"sma", "smi", "smd"}


def evidence(line: str) -> list[Evidence]:
    return list(_items(line))


def patient(line: str) -> Features:
    return features(evidence(line), AT)


def _items(line: str) -> Iterator[Evidence]:
    for index, part in enumerate(filter(None, (p.strip() for p in line.split(";")))):
        name, _, rest = part.partition("=")
        written, _, days = rest.partition("@")
        common: dict[str, Any] = {
            "id": f"Observation/{index}",
            "observed_at": AT - timedelta(days=int(days or 0)),
            "source": "test",
        }
        match name:
            case "sex":
                yield Evidence(kind="sex", word=written, **common | {"observed_at": None})
            case "born":
                yield Evidence(kind="birth_date", word=written, **common | {"observed_at": None})
            case "cancer":
                common["polarity"] = written
                yield Evidence(kind="diagnosis", word="malignancy", **common)
            case "told":
                yield _told(written, common)
            case _:
                yield _measured(name, written, common)


def _told(written: str, common: dict[str, Any]) -> Evidence:
    amount, _, interval = written.partition("/")
    value, unit = amount.split()
    return Evidence(
        kind="symptom",
        word="weight_loss",
        value=exact(value),
        unit=unit,
        interval_days=None if interval == "-" else int(interval),
        **common,
    )


def _measured(name: str, written: str, common: dict[str, Any]) -> Evidence:
    match = _NUMBER.fullmatch(written)
    assert match, written
    common["comparator"] = match["bound"]
    grade = match["grade"] or ("A" if name in _MUSCLE else "")
    return Evidence(
        kind=_KINDS.get(name, name),
        value=exact(match["value"]),
        unit=match["unit"],
        grade="" if grade == "ungraded" else grade,
        **common,
    )
