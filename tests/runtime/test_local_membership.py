from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from radloom import topics
from radloom.adapters.local_membership import Partition, shared_out

MEMBERS = st.sets(st.sampled_from("abcdefghijklmnop"), min_size=1)
TOPICS = ["study", "study.retry.0", "muscle"]
PLACES = [(topic, number) for topic in TOPICS for number in range(topics.PARTITIONS)]


@given(MEMBERS, st.dictionaries(st.sampled_from(PLACES), st.sampled_from("abcdefghijklmnop")))
def test_every_partition_has_one_live_owner_and_every_topic_is_shared_evenly(
    members: set[str], current: dict[Partition, str]
) -> None:
    owners = shared_out(dict.fromkeys(sorted(members), TOPICS), current)
    assert set(owners) == set(PLACES)
    assert set(owners.values()) <= members
    for topic in TOPICS:
        load = Counter(dict.fromkeys(members, 0))
        load.update(owner for (name, _), owner in owners.items() if name == topic)
        assert max(load.values()) - min(load.values()) <= 1


@given(MEMBERS)
def test_nothing_moves_while_nobody_comes_or_goes(members: set[str]) -> None:
    wanted = dict.fromkeys(sorted(members), TOPICS)
    owners = shared_out(wanted, {})
    assert shared_out(wanted, owners) == owners


@given(MEMBERS)
def test_a_newcomer_takes_no_more_than_its_share(members: set[str]) -> None:
    before = shared_out(dict.fromkeys(sorted(members), TOPICS), {})
    after = shared_out(dict.fromkeys([*sorted(members), "new"], TOPICS), before)
    moved = {place for place in PLACES if before[place] != after[place]}
    assert {after[place] for place in moved} <= {"new"}


def test_a_topic_that_one_member_wants_goes_to_that_member() -> None:
    owners = shared_out({"a": ["study"], "b": ["study", "muscle"]}, {})
    assert {owners["muscle", number] for number in range(topics.PARTITIONS)} == {"b"}
