"""Delivers results to archive and record, and says so once both acknowledged.

Every step may be repeated: the objects derive from the event, the archive takes the same bytes
twice, the record is addressed by identifiers. A process that dies between any two steps leaves a
`pending` row, and the redelivered event does all of it again to the same effect.
"""

from dataclasses import dataclass

from services.publisher.handler.cachexia import CachexiaDelivery
from services.publisher.handler.muscle import MuscleDelivery
from services.publisher.handler.redaction import RedactionDelivery
from services.publisher.handler.report import ReportDelivery


@dataclass(frozen=True)
class Publisher(MuscleDelivery, ReportDelivery, CachexiaDelivery, RedactionDelivery):
    """Handler of every event that carries a result; each kind is a module of its own."""
