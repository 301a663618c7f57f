"""Where a language model may be: reports are sent there, so it is an address of the PHI zone."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from radloom.errors import Rejected


def checked_url(url: str) -> str:
    """Root of a server without trailing "/v1".

    Raises:
        Rejected: It is no http(s) URL, or holds credentials, a query or a fragment.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Rejected(
            "the language model's URL is none of http or https; expected 'http://host:port'",
            reason="model_url",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Rejected(
            "the language model's URL holds more than scheme, host, port and path; give "
            "credentials as API key",
            reason="model_url",
        )
    return url.rstrip("/").removesuffix("/v1")


def require_inside_phi_zone(url: str, *, declared: bool) -> None:
    """Returns when reports may be sent to `url`: on this machine, or declared inside the PHI zone.

    Raises:
        Rejected: Neither.
    """
    host = urlsplit(checked_url(url)).hostname or ""
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not (loopback or declared):
        raise Rejected(
            "the language model's URL leads off this machine and is not declared inside the PHI "
            "zone, and reports are not sent out of it; if it lies inside, say so (setting "
            "llm_in_phi_zone, option --llm-in-phi-zone)",
            reason="model_outside_phi_zone",
        )
