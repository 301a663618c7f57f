"""Whether a redacted file is clean: judged from its own bytes, by code that did not make it.

Shares nothing with the engine: identifiers are gathered here from the originals, searched for in
bytes rather than in attributes, and pixels are read with other models in other views. A doubt
holds the object; the verifier never mends one.
"""

from services.redactor.verifier.doubts import Doubt, Reason, Retained
from services.redactor.verifier.needles import Needles
from services.redactor.verifier.residual import Box, ReadWords, Word
from services.redactor.verifier.verification import Validate, Verification, verify

__all__ = [
    "Box",
    "Doubt",
    "Needles",
    "ReadWords",
    "Reason",
    "Retained",
    "Validate",
    "Verification",
    "Word",
    "verify",
]
