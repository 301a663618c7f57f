"""Attributes of a DICOM object: PS3.15 table E.1-1, decided by the object's own IOD.

`redact_attributes` walks every depth. What the table lists is treated as it says; what only the
IOD lists is kept if its value cannot name anybody; what neither lists is removed.
"""

from services.redactor.attributes.actions import Action, ElementAction
from services.redactor.attributes.engine import AttributeRedactor, redact_attributes

__all__ = ["Action", "AttributeRedactor", "ElementAction", "redact_attributes"]
