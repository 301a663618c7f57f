"""Text that was burned into pixels: found, read, and blanked unless it is known to be harmless."""

from services.redactor.pixels.redaction import (
    BlankedBox,
    Decision,
    KeptBox,
    PixelRedaction,
    PixelSettings,
    redact_pixels,
)

__all__ = [
    "BlankedBox",
    "Decision",
    "KeptBox",
    "PixelRedaction",
    "PixelSettings",
    "redact_pixels",
]
