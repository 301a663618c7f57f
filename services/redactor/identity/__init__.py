"""identity: what is known about the people behind a study, found again in any text.

Gathered once per study from all of its instances and the health record, in memory only; one
matcher serves tags, structured content, reports, words read from pixels, and documents.
"""

from services.redactor.identity.known import Identity, Known
from services.redactor.identity.matcher import Match, Matcher

__all__ = ["Identity", "Known", "Match", "Matcher"]
