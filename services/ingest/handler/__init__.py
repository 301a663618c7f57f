"""Takes in images, documents and clinical resources: durable first, then announced."""

from dataclasses import dataclass

from services.ingest.handler.clinical import ClinicalIntake
from services.ingest.handler.studies import Verdict

__all__ = ["Ingest", "Verdict"]


@dataclass(frozen=True)
class Ingest(ClinicalIntake):
    """Custodian of raw inputs; each kind of input is a module of its own."""
