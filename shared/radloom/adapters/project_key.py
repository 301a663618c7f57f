"""The secret key of a research project, in a file that only its owner should be able to read."""

import re
from pathlib import Path

from radloom.errors import Rejected

MIN_KEY_BYTES = 32
"""As long as HMAC-SHA256's digest: RFC 2104 section 3."""

HEXADECIMAL = re.compile(rb"\s*((?:[0-9A-Fa-f]{2})+)\s*")
REMEDY = "make one with `openssl rand -hex 32 > FILE` and keep it as long as the project"


def read_key(path: Path) -> bytes:
    """The key in a file: what its hexadecimal digits say if it has no others, else its bytes.

    Raises:
        Rejected: The file cannot be read, or holds less than 32 bytes of key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Rejected(f"{path}: {error.strerror}; {REMEDY}", reason="no_key") from error
    digits = HEXADECIMAL.fullmatch(content)
    key = bytes.fromhex(digits[1].decode()) if digits else content
    if len(key) < MIN_KEY_BYTES:
        raise Rejected(
            f"{path}: {len(key)} bytes of key, at least {MIN_KEY_BYTES} are needed; {REMEDY}",
            reason="short_key",
        )
    return key
