from pathlib import Path

import pytest

from services.redactor.attributes.iods import attributes_of, iods
from services.redactor.attributes.rules import RULES, Treatment
from services.redactor.attributes.table import rows
from services.redactor.profiles import BASIC, COHORT, FULL_DATES, LONGITUDINAL
from training.redactor import compile_iods, compile_words, describe

ROOT = Path(__file__).parents[2]
DATA = ROOT / "services/redactor/attributes/data"


def test_the_documentation_is_what_the_rules_say() -> None:
    assert (ROOT / describe.OUT).read_text() == describe.described()


def test_every_rule_has_a_sentence_of_its_own() -> None:
    sentences = [rule.sentence for rule in RULES.values()]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(sentences)
    assert {rule.name for rule in RULES.values()} == set(RULES)
    assert {rule.treatment for rule in RULES.values()} == set(Treatment)


def test_the_iods_are_those_of_highdicom() -> None:
    assert (ROOT / compile_iods.OUT).read_text() == compile_iods.compiled()


def test_our_own_words_are_among_those_of_descriptors() -> None:
    kept = (DATA / "descriptor_words.txt").read_text().split()
    assert compile_words.own() <= set(kept)
    assert kept == sorted(set(kept))


def test_the_table_is_whole() -> None:
    assert len(rows()) == 652
    assert {row.basic for row in rows().values()} == {
        *("X", "Z", "D", "U", "X/Z", "X/D", "X/Z/D", "Z/D", "X/Z/U*"),
    }


@pytest.mark.parametrize(
    ("tag", "actions"),
    [
        (0x00080020, ("Z", "C", "C", "K")),  # Study Date
        (0x00081030, ("C", "C", "C", "C")),  # Study Description
        (0x00100030, ("Z", "Z", "Z", "Z")),  # Patient's Birth Date
        (0x00101010, ("X", "X", "K", "K")),  # Patient's Age
        (0x0040A730, ("C", "C", "C", "C")),  # Content Sequence
        (0x0020000D, ("U", "U", "U", "U")),  # Study Instance UID
    ],
)
def test_options_override_the_basic_action(tag: int, actions: tuple[str, ...]) -> None:
    profiles = (BASIC, LONGITUDINAL, COHORT, FULL_DATES)
    assert tuple(rows()[tag].action(profile) for profile in profiles) == actions


def test_types_are_those_of_ps3_3() -> None:
    ct = attributes_of("ct-image")
    assert (ct.types[0x00080060], ct.types[0x00100010], ct.types[0x00081030]) == ("1", "2", "3")
    assert ct.nested[0x00081140].types[0x00081155] == "1"
    assert 0x00189087 not in ct.types


def test_content_items_nest_in_themselves() -> None:
    content = attributes_of("comprehensive-sr").nested[0x0040A730]
    assert content.nested[0x0040A730].nested[0x0040A730].types[0x0040A040] == "1"
    assert content.types[0x0040A160] == "1C"


def test_every_iod_is_readable() -> None:
    assert len(iods()) > 170
    assert all(attributes_of(name).types for name in iods())
