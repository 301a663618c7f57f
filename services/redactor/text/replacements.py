"""What stands in place of a span."""

from dataclasses import dataclass

from services.redactor.identity import Identity
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind
from services.redactor.text.dates import read_date, written_like
from services.redactor.text.tags import tag


@dataclass(frozen=True)
class Replacements:
    identity: Identity
    pseudonyms: Pseudonyms
    subject: Subject
    surrogates: bool
    shift_dates: bool

    def of(self, value: str, kind: Kind) -> str:
        if kind is Kind.AGE:
            return "90+"
        if kind is Kind.DATE and self.shift_dates:
            day = read_date(value)
            if day is not None:
                return written_like(value, day, self.pseudonyms.shifted(day, self.subject))
        return tag(kind)
