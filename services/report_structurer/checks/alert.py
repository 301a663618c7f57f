"""What a check says, and how sure it may be."""

from dataclasses import dataclass
from hashlib import sha256

from services.report_structurer.lexicon import load

Span = tuple[int, int]


@dataclass(frozen=True)
class Alert:
    """Two places of a report that disagree, or one that cannot be.

    Attributes:
        kind: `laterality`, `negation`, `number`, `unit`, `organ`, `sex`, `technique`, `date`,
            `contradiction` or `recommendation`.
        message: One sentence for the radiologist; none of the report's words.
        spans: Offsets in the report: both places, or the one there is.
        confidence: Share of right alerts among those of this rule on development data, from 0 to 1.
    """

    kind: str
    message: str
    spans: tuple[Span, ...]
    confidence: float

    @property
    def id(self) -> str:
        """The same for the same places of the same text; by it an alert is dismissed."""
        return sha256(repr((self.kind, self.spans)).encode()).hexdigest()[:16]


def alert(rule: str, *spans: Span) -> Alert:
    """An alert by the rule's entry in `lexicons/checks.yaml`."""
    entry = load("checks")["rules"][rule]
    return Alert(entry["kind"], entry["message"], tuple(sorted(spans)), float(entry["precision"]))
