"""Settings of ingest, read from `RADLOOM_INGEST_*`."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.ingest.subject import require_secret

MAX_PORT = 65535
Port = Annotated[int, Field(ge=0, le=MAX_PORT)]
OptionalPort = Annotated[Port | None, BeforeValidator(lambda value: None if value == "" else value)]
"""A port, or empty for a door that stays closed."""


def _long_enough(secret: SecretStr) -> SecretStr:
    require_secret(secret.get_secret_value())
    return secret


class Settings(BaseSettings):
    """Where ingest listens and keeps what it takes in.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database.
        storage_dir: Folder of the instances.
        site_secret: Key of the subject keys; 32 bytes or more, for the life of the site.
        quiet_s: How long a study must be quiet before it is released, seconds. Modalities pause
            between series; 30 s is what routers commonly wait.
        http_host: Address of the DICOMweb door.
        http_port: Port of the DICOMweb door.
        grpc_port: Port of `CustodianService`.
        dimse_host: Address of the C-STORE door.
        dimse_port: Port of the C-STORE door; empty leaves it closed.
        ae_title: Application entity title of the C-STORE door.
        calling_ae_titles: Comma-separated titles that may call; empty lets everybody.
        max_parts: Instances in one post.
        max_part_bytes: Bytes of one instance; a large enhanced multi-frame object fits.
        max_body_bytes: Bytes of one post.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(
        env_prefix="RADLOOM_INGEST_",
        extra="forbid",
        hide_input_in_errors=True,  # secrets and passwords are among the values
    )

    bus_url: str = Field(pattern="^(sqlite:///|kafka://).")
    database_url: str = Field(pattern="^(sqlite:///|postgresql[+a-z]*://).")
    storage_dir: Path
    site_secret: Annotated[SecretStr, AfterValidator(_long_enough)]
    quiet_s: float = Field(default=30.0, gt=0)
    http_host: str = "127.0.0.1"
    http_port: Port = 8042
    grpc_port: Port = 50051
    dimse_host: str = "127.0.0.1"
    dimse_port: OptionalPort = None
    ae_title: str = Field(default="RADLOOM", max_length=16)
    calling_ae_titles: str = ""
    max_parts: int = Field(default=2000, gt=0)
    max_part_bytes: int = Field(default=2 * 2**30, gt=0)
    max_body_bytes: int = Field(default=8 * 2**30, gt=0)
    trace_file: Path | None = None
