"""lexicon: words of a text, and what openly licensed lists say about them."""

from services.redactor.lexicon.words import (
    MEDICAL_ENDS,
    Lists,
    Word,
    folded,
    listed,
    lists,
    words,
)

__all__ = ["MEDICAL_ENDS", "Lists", "Word", "folded", "listed", "lists", "words"]
