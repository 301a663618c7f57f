"""The bus that a URL names."""

from radloom.adapters.kafka import KafkaBus
from radloom.adapters.local_bus import LocalBus
from radloom.ports import Bus


def open_bus(url: str) -> Bus:
    """Bus at `url`.

    Args:
        url: `sqlite:////path` for the log on this machine, `kafka://host:port[,host:port]`.

    Raises:
        ValueError: The URL names neither.
    """
    kind, _, rest = url.partition("://")
    if kind == "sqlite" and rest.startswith("/"):
        return LocalBus(rest[1:])
    if kind == "kafka" and rest:
        return KafkaBus(rest)
    raise ValueError(f"bus URL {url!r}; expected 'sqlite:///PATH' or 'kafka://HOST:PORT'")
