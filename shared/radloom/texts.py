"""Text on its way through formats that do not take every character.

Decoded once for everybody: offsets of the structurer are those of the publisher only if both read
the same characters.
"""

import json
import unicodedata
from collections.abc import Iterable
from email.message import Message

from radloom.errors import Rejected

NON_CHARACTERS = "\ufffe\uffff"


def shown(text: str) -> str:
    """`text` with characters that FHIR strings or DICOM text forbid replaced.

    FHIR allows tab, line feed and carriage return of the control characters (R4, string), and
    white space beside them is the blank alone. DICOM allows no more (PS3.5 table 6.2-1, UT).
    """
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in " \t\r\n":
        return character
    if character.isspace():
        return " "
    forbidden = unicodedata.category(character) in ("Cc", "Cs") or character in NON_CHARACTERS
    return "\N{REPLACEMENT CHARACTER}" if forbidden else character


def literal(text: str) -> str:
    """`text` as a JSON string of ASCII: no character of it can be refused or trimmed."""
    return json.dumps(text)


def of_literal(text: str) -> str:
    """The text that `literal` wrote.

    Raises:
        Rejected: It wrote no such.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, str):
        raise Rejected("text that is no JSON string", reason="not_a_literal")
    return value


def joined(parts: Iterable[tuple[int, str, str, str]]) -> str:
    """Text of statements given as start, blanks before, text, blanks after; in any order.

    Raises:
        Rejected: One is missing: the offsets have a gap, or overlap.
    """
    text = ""
    for start, before, statement, after in sorted(parts):
        if start != len(text) + len(before):
            raise Rejected(
                f"a statement at {start} follows {len(text)} characters; expected it at "
                f"{len(text) + len(before)}",
                reason="statements_missing",
            )
        text += before + statement + after
    return text


def text_of(content: bytes, content_type: str) -> str:
    """Text in the charset that a media type declares; UTF-8 without one.

    Raises:
        Rejected: It is not in that charset, or the charset is unknown.
    """
    message = Message()
    message["Content-Type"] = content_type
    charset = message.get_content_charset("utf-8")
    try:
        return content.decode(charset)
    except (LookupError, UnicodeError) as error:
        raise Rejected(
            "the document is not text in the charset that its media type declares; send it with "
            "charset=utf-8",
            reason="charset",
        ) from error
