"""Settings of redactor, read from `RADLOOM_REDACTOR_*`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SOURCE_REPOSITORY = Path(__file__).resolve().parents[2] / "triton_models"
"""The model repository of the source tree."""

PROJECT_NAME = r"[a-z0-9][a-z0-9-]{0,39}"


class ProjectRule(BaseModel):
    """One research project and what leaves for it.

    Attributes:
        name: At most 40 lower-case letters, digits and hyphens; appears in events and object keys.
        key_file: Secret of the project, 64 hexadecimal digits or more: `openssl rand -hex 32`.
        profile: De-identification profile, "basic".
        modalities: Values of Modality (0008,0060) whose series leave; "*" is every one. No default:
            what leaves is a decision.
        signing_key_file: Ed25519 key that signs evidence, PKCS #8 PEM; without one it derives
            from the project's key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=f"^{PROJECT_NAME}$")
    key_file: Path
    profile: str = "basic"
    modalities: frozenset[str] = Field(min_length=1)
    signing_key_file: Path | None = None


class Settings(BaseSettings):
    """Where redactor finds its peers, and what it may let out.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database (inbox, outbox, redactions, quarantine). PHI.
        ingest_url: DICOMweb root of ingest, where the source images are.
        custodian_address: "host:port" of ingest's gRPC door, which knows identities.
        object_dir: Folder of the object store: staged copies, manifests, evidence. PHI zone.
        projects: Export rules, a JSON array of `ProjectRule`. None by default: nothing leaves.
        inference_url: `grpc://host:port` of a Triton server; empty runs models in process.
        model_repository: Models `textdet` and `textrec` with their golden answers.
        validator: IOD validator that must find no new error, "dciodvfy"; empty does without.
        inference_deadline_s: Longest single inference, seconds.
        concurrency: Studies redacted at the same time; reading text in pixels uses all cores.
        handler_deadline_s: A study that takes longer makes the service unhealthy, seconds.
        http_host: Address of the HTTP door, gRPC door, health and metrics.
        http_port: Port of the HTTP door, health and metrics.
        grpc_port: Port of `RedactorService`.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(env_prefix="RADLOOM_REDACTOR_", extra="forbid")

    bus_url: str
    database_url: str
    ingest_url: str
    custodian_address: str
    object_dir: Path
    projects: tuple[ProjectRule, ...] = ()
    inference_url: str = ""
    model_repository: Path = SOURCE_REPOSITORY
    validator: str = ""
    inference_deadline_s: float = Field(default=60.0, gt=0)
    concurrency: int = Field(default=1, ge=1)
    handler_deadline_s: float = Field(default=7200.0, gt=0)
    http_host: str = "127.0.0.1"
    http_port: int = 8086
    grpc_port: int = 50056
    trace_file: Path | None = None
