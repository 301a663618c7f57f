"""Encapsulated surfaces (PS3.3 A.85): numbers stay, words go.

STL is 80 free bytes, a count and 50 bytes per facet, two of them free. OBJ and MTL are lines of a
keyword and numbers; names of groups and materials are redacted like any text.
"""

import re

from radloom.errors import Rejected
from services.redactor.spans import RedactText

STL_HEADER_BYTES, STL_FACET_BYTES, STL_FREE_BYTES = 80, 50, 2
NUMBERS = re.compile(r"[-+0-9.eE/ \t]*")
NUMERIC_WORDS = "v vt vn vp f l p s d Tr Ni Ns Ka Kd Ks Ke Tf illum Pr Pm"
NUMERIC = frozenset(NUMERIC_WORDS.split())
"""Keywords of OBJ and MTL whose arguments are numbers."""
NAMED = frozenset(["g", "o", "usemtl", "newmtl", "mtllib"])
"""Keywords whose arguments are names that somebody chose."""


def cleaned_stl(content: bytes) -> bytes:
    """A binary STL file, its free bytes zero.

    Raises:
        Rejected: It is no binary STL file; PS3.3 A.85.1 allows no other.
    """
    count = int.from_bytes(content[STL_HEADER_BYTES : STL_HEADER_BYTES + 4], "little")
    start = STL_HEADER_BYTES + 4
    if not count or len(content) < start + count * STL_FACET_BYTES:
        raise Rejected("its surface is no whole binary STL file; send it again", reason="document")
    facets = bytearray(content[start : start + count * STL_FACET_BYTES])
    for k in range(STL_FREE_BYTES):
        first = STL_FACET_BYTES - STL_FREE_BYTES + k
        facets[first::STL_FACET_BYTES] = bytes(count)
    return bytes(STL_HEADER_BYTES) + content[STL_HEADER_BYTES:start] + bytes(facets)


def cleaned_lines(content: bytes, redact_text: RedactText) -> bytes:
    """An OBJ or MTL file without comments, its names redacted.

    Raises:
        Rejected: A line is neither numbers nor a name.
    """
    try:
        text = content.rstrip(b"\0 ").decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected("its surface is no text in UTF-8", reason="document") from None
    kept = []
    for line in text.splitlines():
        keyword, _, rest = line.strip().partition(" ")
        if not keyword or keyword.startswith("#"):
            continue
        if keyword in NUMERIC and NUMBERS.fullmatch(rest):
            kept.append(f"{keyword} {rest}")
        elif keyword in NAMED:
            kept.append(f"{keyword} {redact_text(rest).text}")
        else:
            raise Rejected(
                "its surface has a line that is neither numbers nor a name; a person must look at "
                "it",
                reason="document",
            )
    return ("\n".join(kept) + "\n").encode()
