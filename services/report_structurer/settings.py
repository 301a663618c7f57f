"""Settings of report_structurer, read from `RADLOOM_REPORT_STRUCTURER_*`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where report_structurer finds its peers, and how it runs.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database (inbox, outbox, structured reports). PHI.
        custodian_address: "host:port" of ingest's gRPC door, which holds the documents.
        concurrency: Reports structured at the same time.
        http_host: Address of the HTTP door, health and metrics.
        http_port: Port of the HTTP door, health and metrics.
        grpc_port: Port of `ReportStructurerService`.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(env_prefix="RADLOOM_REPORT_STRUCTURER_", extra="forbid")

    bus_url: str
    database_url: str
    custodian_address: str
    concurrency: int = 1
    http_host: str = "127.0.0.1"
    http_port: int = 8084
    grpc_port: int = 50053
    trace_file: Path | None = None
