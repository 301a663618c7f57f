"""Lets copies of studies out, when an export rule names them and their own bytes prove clean.

Copies are staged in the object store of the PHI zone under the digest of their content. What makes
them leave is one transaction: the row with the verdict, the mark that the event was handled, and
the event that names manifest and digests. A process that dies anywhere before it has released
nothing; the redelivered event makes the same bytes again.
"""

from dataclasses import dataclass

from services.redactor.handler.answers import Answers
from services.redactor.handler.decisions import Decisions
from services.redactor.handler.staging import Export
from services.redactor.handler.studies import Studies
from services.redactor.handler.texts import Texts

__all__ = ["Export", "Redactor"]


@dataclass(frozen=True)
class Redactor(Studies, Decisions, Texts, Answers):
    """Handler of `study.received`, and behind `RedactorService`."""
