"""Redacts the studies that an export rule names."""

from dataclasses import dataclass

from radloom.ports import Reaction
from radloom.wire.v1.study_received_pb2 import StudyReceived


@dataclass(frozen=True)
class Redactor:
    """Handler of `study.received`."""

    def on_study_received(self, event: StudyReceived) -> Reaction:  # noqa: ARG002
        """Nothing leaves: no export rule exists yet."""
        return Reaction()
