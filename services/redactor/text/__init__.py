"""text: free text without what says who somebody is; measurements and eponyms stay.

Known identifiers, rules, and names in context each propose candidates with a score; what is
probable enough is replaced. Pure: no I/O but the shipped word lists, no network.
"""

from services.redactor.text.candidates import RAW, Calibration, Candidate
from services.redactor.text.redactor import Style, candidates, text_redactor

__all__ = ["RAW", "Calibration", "Candidate", "Style", "candidates", "text_redactor"]
