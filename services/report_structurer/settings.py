"""Settings of report_structurer, read from `RADLOOM_REPORT_STRUCTURER_*`."""

from pathlib import Path

from pydantic import Field
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
        template_dir: Folder of the site's own `<exam>.yaml`, which stand before
            ours of the same name.
        llm_url: Server of a language model that may propose, "http://127.0.0.1:8000"; empty leaves
            all to the word lists. It is sent every report.
        llm_model: Name that the server knows the model by; empty takes the first it lists.
        llm_api_key: Bearer token for it; empty sends none.
        llm_in_phi_zone: The server lies inside the PHI zone. Without, only this machine is allowed.
        llm_timeout_s: Limit of one answer, seconds.
        llm_report_s: Limit of all answers about one report, seconds; the word lists do the rest.
        llm_context_tokens: Length of the model's context; questions are cut to fit it.
        llm_failures: Failures in a row after which the model is left alone.
        llm_rest_s: How long it is left alone, seconds.
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
    template_dir: Path | None = None
    llm_url: str = ""
    llm_model: str = ""
    llm_api_key: str = Field(default="", repr=False)
    llm_in_phi_zone: bool = False
    llm_timeout_s: float = Field(default=30.0, gt=0)
    llm_report_s: float = Field(default=120.0, gt=0)
    llm_context_tokens: int = Field(default=4096, ge=3072)
    llm_failures: int = Field(default=3, ge=1)
    llm_rest_s: float = Field(default=60.0, gt=0)
