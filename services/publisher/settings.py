"""Settings of publisher, read from `RADLOOM_PUBLISHER_*`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where publisher finds its peers, and where results go.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database (inbox, outbox, ledger).
        ingest_url: DICOMweb root of ingest, where the source images are.
        custodian_address: "host:port" of ingest's gRPC door, which knows identities.
        object_dir: Folder of the object store, where segmentations are.
        archive_url: DICOMweb root of the archive that gets SEG, SR and key image, or `file:///`
            of a folder. No default: where results go is a decision.
        fhir_url: FHIR base of the record that gets the transaction, or `file:///` of a folder.
        fhir_token: Bearer token for the record; empty sends none.
        fhir_timeout_s: Longest wait for one answer of the record, seconds; a transaction of ten
            resources takes a loaded server seconds, not minutes.
        research_archives: Where de-identified copies go: JSON object of project name and DICOMweb
            root, or `file:///` of a folder. A project that is not named here is sent nowhere.
        patient_identifier_system: URI of patient identifiers in the record. Empty leaves it out:
            the issuer's name then is all that tells identifiers of two hospitals apart.
        concurrency: Results delivered at the same time; sending waits more than it computes.
        http_host: Address of results, health and metrics.
        http_port: Port of results, health and metrics.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(env_prefix="RADLOOM_PUBLISHER_", extra="forbid")

    bus_url: str
    database_url: str
    ingest_url: str
    custodian_address: str
    object_dir: Path
    archive_url: str = Field(min_length=1)
    fhir_url: str = Field(min_length=1)
    fhir_token: str = Field(default="", repr=False)
    fhir_timeout_s: float = Field(default=30.0, gt=0)
    research_archives: dict[str, str] = Field(default_factory=dict)
    patient_identifier_system: str = ""
    concurrency: int = Field(default=2, ge=1)
    http_host: str = "127.0.0.1"
    http_port: int = 8082
    trace_file: Path | None = None
