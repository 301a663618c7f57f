import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from radloom import topics

ROOT = Path(__file__).parents[2]
SERVICES = {path.parent.name for path in ROOT.glob("services/*/app.py")}


def test_the_pipeline_is_acyclic() -> None:
    readers: dict[str, set[str]] = {}
    for topic in topics.ALL:
        for consumer in topic.consumers:
            readers.setdefault(consumer, set()).add(topic.producer)
    order = tuple(TopologicalSorter(readers).static_order())
    assert order.index("ingest") < order.index("muscle_seg") < order.index("publisher")


def test_every_producer_and_consumer_is_a_service() -> None:
    named = {t.producer for t in topics.ALL} | {c for t in topics.ALL for c in t.consumers}
    assert named == SERVICES


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_a_topic_carries_one_message_type_and_a_key_that_the_message_has(
    topic: topics.Topic,
) -> None:
    assert [t for t in topics.ALL if t.message is topic.message] == [topic]
    assert topic.key in topic.message.DESCRIPTOR.fields_by_name
    assert topics.of_message(topic.message()) == topic


def test_a_message_that_no_topic_carries_is_named() -> None:
    from radloom.wire.v1.dead_letter_pb2 import DeadLetter  # noqa: PLC0415 - the odd one out

    with pytest.raises(KeyError, match="DeadLetter"):
        topics.of_message(DeadLetter())


def test_the_readme_pipeline_table_is_the_topic_table() -> None:
    rows = re.findall(
        r"^\| `([a-z.]+)` \| `(\w+)` \| (\w+) \| ([\w, ]+|-) \|$",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    assert rows == [
        (t.name, t.message.DESCRIPTOR.name, t.producer, ", ".join(t.consumers) or "-")
        for t in topics.ALL
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_says_what_it_reads_and_emits(service: str) -> None:
    words = (ROOT / "services" / service / "__init__.py").read_text()
    reads, emits = words.split("Reads:")[1].split("Emits:")
    for topic in topics.consumed_by(service):
        assert f"`{topic.name}`" in reads
    for topic in topics.ALL:
        assert (f"`{topic.name}`" in emits) == (topic.producer == service)
