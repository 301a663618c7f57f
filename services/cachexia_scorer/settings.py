"""Settings of cachexia_scorer, read from `RADLOOM_CACHEXIA_SCORER_*`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

SOURCE_REPOSITORY = Path(__file__).parents[2] / "triton_models"


class Settings(BaseSettings):
    """Where cachexia_scorer finds its peers, and how it runs.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database (inbox, outbox, evidence, scores). PHI.
        custodian_address: "host:port" of ingest's gRPC door, which knows sex and birth date.
        inference_url: Triton as `grpc://host:port`; empty runs the models in process.
        model_repository: Models, and their golden inferences.
        inference_deadline_s: Longest single inference, seconds; an answer takes a millisecond.
        concurrency: Events handled at the same time.
        http_host: Address of the HTTP door, health and metrics.
        http_port: Port of the HTTP door, health and metrics.
        grpc_port: Port of `CachexiaScorerService`.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(env_prefix="RADLOOM_CACHEXIA_SCORER_", extra="forbid")

    bus_url: str
    database_url: str
    custodian_address: str
    inference_url: str = ""
    model_repository: Path = SOURCE_REPOSITORY
    inference_deadline_s: float = 10.0
    concurrency: int = 1
    http_host: str = "127.0.0.1"
    http_port: int = 8085
    grpc_port: int = 50054
    trace_file: Path | None = None
