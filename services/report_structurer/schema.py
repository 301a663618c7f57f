"""Shape of the HTTP door's answer, for /openapi.json; `answers.answer` makes what it describes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of the parts: nothing else is in them."""

    model_config = ConfigDict(extra="forbid")


class FactAnswer(Part):
    """One fact of a statement; offsets are Unicode code points of the text that was sent."""

    kind: str = Field(
        description="measurement, number, count, date, time, image, category, level, agent, side, "
        "finding, organ, recommendation"
    )
    value: float | str
    unit: str | None = Field(description="UCUM code of a measurement")
    side: Literal["left", "right", "bilateral"] | None
    start: int
    end: int
    polarity: Literal["affirmed", "negated"] | None
    certainty: Literal["certain", "uncertain"] | None


class PlacedByAnswer(Part):
    """What placed a statement."""

    rule: str = Field(
        description="organ, finding, weak, antecedent, heading, region, usual, none, model"
    )
    spans: list[tuple[int, int]] = Field(description="offsets of the words that decided")


class StatementAnswer(Part):
    """One statement, verbatim."""

    id: int
    start: int
    end: int
    text: str
    part: str
    sections: list[str]
    polarity: Literal["affirmed", "negated", "mixed", "none"]
    certainty: Literal["certain", "uncertain"]
    temporality: Literal["current", "historical", "hypothetical"]
    facts: list[FactAnswer]
    needs_review: bool
    placed_by: PlacedByAnswer


class SectionAnswer(Part):
    """One organ section; one that the report does not mention is never called normal."""

    name: str
    state: Literal["reported", "not_mentioned"]
    statement_ids: list[int]
    expected: bool = Field(description="the template of the examination names it")


class ExamAnswer(Part):
    """What examination the report is of."""

    name: str = Field(description="the template that orders the sections")
    title: str
    spans: list[tuple[int, int]] = Field(description="offsets of the words that told")
    needs_review: bool = Field(description="no template fits what the report says")


class CriticalAnswer(Part):
    """A finding that somebody must hear of."""

    finding: str
    severity: Literal["immediate", "urgent", "important"]
    certainty: Literal["certain", "uncertain"]
    spans: list[tuple[int, int]]
    statement_id: int


class DismissalAnswer(Part):
    """Who thought an alert wrong, why and when."""

    reason: str
    dismissed_by: str
    dismissed_at: str


class AlertAnswer(Part):
    """Places of a report that contradict each other, or one that cannot be."""

    id: str = Field(description="the same for the same places; by it an alert is dismissed")
    kind: str
    message: str
    spans: list[tuple[int, int]]
    confidence: float = Field(description="share of right alerts of its rule, measured")


class KeptAlertAnswer(AlertAnswer):
    """An alert of a document that ingest took in."""

    dismissal: DismissalAnswer | None


class AlertsAnswer(Part):
    """Alerts of a text."""

    alerts: list[AlertAnswer]


class KeptAlertsAnswer(Part):
    """Alerts of a document."""

    alerts: list[KeptAlertAnswer]


class TextAnswer(Part):
    """A text that stands for a statement."""

    id: int
    text: str


class ConciseAnswer(Part):
    """Findings and impression, shortened; derived, never the record."""

    statements: list[TextAnswer]
    words_in: int
    words_out: int


class RejectionAnswer(Part):
    """A proposal of a language model that was not taken."""

    statement_id: int | None = Field(description="null: an answer that could not be read, or none")
    task: Literal["rewrite", "section", "reason", "describe"]
    reason: str


class ProofAnswer(Part):
    """What was checked before this was let out."""

    coverage: float = Field(description="always 1")
    facts_in: int
    facts_out: int = Field(description="always facts_in")
    statements: int
    unplaced: int = Field(description="statements that need review")
    concise: int = Field(description="texts of the concise view, each judged again")
    asked: int = Field(description="proposals asked of a language model")
    taken: int
    rejected: list[RejectionAnswer]
    engine: str = Field(description="deterministic, or the language model that proposed")
    engine_sha256: str = Field(description="of the word lists")
    model_digest: str = Field(description="as the model's server tells it")
    prompt_sha256: str
    template: str


class ReasonsAnswer(Part):
    """Why statements need review, in a language model's words."""

    label: Literal["model-generated, not part of the record"]
    statements: list[TextAnswer]


class StructuredAnswer(Part):
    """A structured report. PHI."""

    exam: ExamAnswer
    statements: list[StatementAnswer]
    sections: list[SectionAnswer]
    concise: ConciseAnswer
    critical: list[CriticalAnswer]
    proof: ProofAnswer
    reasons: ReasonsAnswer | None = Field(
        default=None, description="only where a language model gave any"
    )
