"""Settings of ingest, read from `RADLOOM_INGEST_*`."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int | None, BeforeValidator(lambda value: None if value == "" else value)]
"""A port, or empty for a door that stays closed."""


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

    model_config = SettingsConfigDict(env_prefix="RADLOOM_INGEST_", extra="forbid")

    bus_url: str
    database_url: str
    storage_dir: Path
    site_secret: SecretStr
    quiet_s: float = Field(default=30.0, gt=0)
    http_host: str = "127.0.0.1"
    http_port: int = 8042
    grpc_port: int = 50051
    dimse_host: str = "127.0.0.1"
    dimse_port: Port = None
    ae_title: str = Field(default="RADLOOM", max_length=16)
    calling_ae_titles: str = ""
    max_parts: int = 2000
    max_part_bytes: int = 2 * 2**30
    max_body_bytes: int = 8 * 2**30
    trace_file: Path | None = None
