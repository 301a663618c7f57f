"""Settings of muscle_seg, read from `RADLOOM_MUSCLE_SEG_*`."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

SOURCE_REPOSITORY = Path(__file__).parents[2] / "triton_models"


class Settings(BaseSettings):
    """Where muscle_seg finds its peers, and how it runs.

    Attributes:
        bus_url: `sqlite:////path` on one machine, `kafka://host:port` in production.
        database_url: The service's own database (inbox, outbox).
        ingest_url: DICOMweb root of ingest, where the images are.
        object_dir: Folder of the object store, where segmentations go.
        inference_url: Triton as `grpc://host:port`; empty runs the models in process.
        model_repository: Models, and their golden inferences.
        require_gpu: Not ready when a model resolved to a CPU; a lost GPU is noticed so.
        inference_deadline_s: Longest single inference, seconds.
        concurrency: Studies measured at the same time; each takes about 1 GB.
        http_host: Address of health and metrics.
        http_port: Port of health and metrics.
        grpc_port: Port of `MuscleSegService`.
        trace_file: Where spans go; empty drops them.
    """

    model_config = SettingsConfigDict(env_prefix="RADLOOM_MUSCLE_SEG_", extra="forbid")

    bus_url: str
    database_url: str
    ingest_url: str
    object_dir: Path
    inference_url: str = ""
    model_repository: Path = SOURCE_REPOSITORY
    require_gpu: bool = False
    inference_deadline_s: float = 60.0
    concurrency: int = 1
    http_host: str = "127.0.0.1"
    http_port: int = 8081
    grpc_port: int = 50052
    trace_file: Path | None = None
