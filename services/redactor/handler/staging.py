"""Ports of the redactor, and how objects come into the store."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from opentelemetry import trace

from radloom.errors import Rejected
from radloom.ports import Clock, Custodian, Enqueue, InstanceSource, ObjectStore, Transactions
from radloom.wire.v1.common_pb2 import ObjectRef
from services.redactor import release
from services.redactor.evidence import Signer
from services.redactor.redaction import Instruments, Project
from services.redactor.release import Evidence, Redaction

_tracer = trace.get_tracer("radloom.redactor")


@dataclass(frozen=True)
class Export:
    """What leaves for one project.

    Attributes:
        project: How its copies are made.
        signer: Signs their evidence.
        modalities: Values of Modality (0008,0060) whose series leave; "*" is every one.
    """

    project: Project
    signer: Signer
    modalities: frozenset[str]

    def takes(self, modality: str) -> bool:
        """Whether series of `modality` leave."""
        return "*" in self.modalities or modality in self.modalities


@dataclass(frozen=True)
class Staging:
    """Ports of the redactor.

    Attributes:
        source: Ingest, which holds the images.
        custodian: Ingest, which knows identities.
        objects: Store of the PHI zone, for copies, manifests and evidence.
        database: Redactions, quarantine, decisions.
        enqueue: Adds events to the outbox, for what people decide.
        clock: Tells when copies were released.
        exports: What leaves; nothing else does.
        instruments: Models and validator, opened when first needed.
    """

    source: InstanceSource
    custodian: Custodian
    objects: ObjectStore
    database: Transactions
    enqueue: Enqueue
    clock: Clock
    exports: Mapping[str, Export]
    instruments: Callable[[], Instruments]

    def export_of(self, project: str) -> Export:
        """Rules of a project.

        Raises:
            Rejected: There is no such project.
        """
        found = self.exports.get(project)
        if found is None:
            raise Rejected(
                "no such project here; the setting PROJECTS names them", reason="unknown_project"
            )
        return found

    def put(self, project: str, content: bytes, suffix: str) -> ObjectRef:
        """Stages `content` under its digest: the same content is the same object."""
        key = f"redactor/{project}/{sha256(content).hexdigest()}.{suffix}"
        return self.objects.put(key, content)

    def staged(self, made: Redaction, signer: Signer) -> tuple[ObjectRef, ObjectRef, Evidence]:
        """Manifest and evidence of a release, staged, and the evidence."""
        evidence = release.evidence_of(made, signer)
        lines = "".join(f"{line}\n" for line in evidence.lines).encode()
        return (
            self.put(made.project, release.manifest(made), "manifest"),
            self.put(made.project, lines, "jsonl"),
            evidence,
        )


@contextmanager
def step(name: str) -> Iterator[None]:
    """A span around one step."""
    with _tracer.start_as_current_span(f"redactor {name}") as span:
        span.set_attribute("radloom.step", name.replace(" ", "_"))
        yield
