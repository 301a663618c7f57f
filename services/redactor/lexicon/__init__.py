"""lexicon: words of a text, and what openly licensed lists say about them."""

from services.redactor.lexicon.words import Lists, Word, folded, lists, words

__all__ = ["Lists", "Word", "folded", "lists", "words"]
