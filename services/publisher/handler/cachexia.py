"""Delivers cachexia scores: one transaction of criteria, with the risk when a site accepted it."""

from dataclasses import dataclass

from radloom.fhir.cachexia import Filing, build_bundle, says_nothing
from radloom.fhir.elements import Json
from radloom.ports import Reaction
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from services.publisher import ledger
from services.publisher.cachexia_result import references, resource_keys, result_of, values
from services.publisher.handler.delivery import Delivery, is_late, said_already, standing, step
from services.publisher.identity import confirmed, filed
from services.publisher.ledger import Entry, Status


@dataclass(frozen=True)
class CachexiaDelivery(Delivery):
    """Handler of `cachexia.scored`."""

    def on_cachexia_scored(self, event: CachexiaScored) -> Reaction:
        """Delivers a score; one that the record would hear nothing of is kept in the ledger.

        Raises:
            Rejected: Ingest does not know subject or evidence, or the record refuses for good.
            Unavailable: Something needed does not answer.
        """
        mine = result_of(event)
        history = self.history(mine)
        if is_late(mine, history):
            return Reaction()
        former = standing(history, mine)
        if former is None and says_nothing(event):
            return Reaction(effects=(ledger.write(Entry(mine, Status.WITHHELD), self.clock.now()),))
        entry = said_already(mine, history)
        if entry is None:
            entry = self.send(mine, (), self._bundle(event, former), values)
        return self.delivered(entry, subject_key=event.subject_key)

    def _bundle(self, event: CachexiaScored, former: Entry | None) -> Json:
        with step("fetch"):
            identity = self.custodian.resolve_subject(event.subject_key)
            subject = filed(confirmed(identity, (), self.patient_system))
            keys = resource_keys(event.evidence)
            resolved = self.custodian.resources(keys) if keys else ()
        with step("render"):
            replaces = None
            if former is not None:
                replaces = CachexiaScored.FromString(former.result.event)
            filing = Filing(subject, references(event.evidence, resolved))
            return build_bundle(event, filing, replaces=replaces)
