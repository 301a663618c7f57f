"""The known identifiers of a study."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydicom import Dataset

from services.redactor.identity.health_record import record_values
from services.redactor.identity.instances import header_values, instance_values
from services.redactor.identity.matcher import Matcher
from services.redactor.spans import Kind


@dataclass(frozen=True)
class Known:
    """One known identifier.

    Attributes:
        kind: What it is.
        value: As its source writes it; a name has the components of PN (PS3.5 6.2.1).
    """

    kind: Kind
    value: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """All known identifiers of one study. Never logged; its repr says only how many.

    Attributes:
        known: The identifiers.
    """

    known: frozenset[Known] = field(repr=False)

    @classmethod
    def gather(
        cls,
        datasets: Iterable[Dataset],
        patient: Mapping[str, Any] | None = None,
        extra: Iterable[Known] = (),
    ) -> "Identity":
        """Identifiers from all instances of a study and from the health record.

        Args:
            datasets: Every instance; file meta is read where there is one.
            patient: FHIR Patient, or Bundle that holds one, as JSON.
            extra: What else is known.
        """
        pairs = {pair for ds in datasets for pair in instance_values(ds)}
        pairs |= set(record_values(patient or {}))
        return cls(frozenset(Known(kind, value) for kind, value in pairs) | frozenset(extra))

    @classmethod
    def of_header(cls, header: Mapping[str, object]) -> "Identity":
        """Identifiers from a map of DICOM keywords to values."""
        return cls(frozenset(Known(kind, value) for kind, value in header_values(header)))

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> "Identity":
        """Identifiers from a FHIR resource if it says that it is one, else from DICOM keywords."""
        if "resourceType" in known:
            return cls.gather((), known)
        return cls.of_header(known)

    @property
    def patient_id(self) -> str:
        """What stands for the subject where no Patient ID is at hand: the first identifier."""
        return min(self.values(Kind.ID), default="")

    @cached_property
    def matcher(self) -> Matcher:
        """Finds the identifiers in any text."""
        return Matcher.of((known.kind, known.value) for known in self.known)

    def values(self, kind: Kind) -> frozenset[str]:
        """Known values of one kind."""
        return frozenset(known.value for known in self.known if known.kind is kind)
