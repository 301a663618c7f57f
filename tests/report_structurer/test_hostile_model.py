"""Whatever a language model says, nothing is lost and nothing invented: the word lists stand."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from radloom.adapters.clock import SystemClock
from radloom.adapters.language_model import HttpLanguageModel
from radloom.ports import LanguageModel
from services.report_structurer.answers import structured
from services.report_structurer.handler import ModelLimits, adviser
from services.report_structurer.rewrites import model_fault
from services.report_structurer.structure import structure
from tests.peers.llama import llama
from tests.peers.model_server import serving
from tests.report_structurer.hostile import MODES, MUTATIONS, hostile, shorter
from tests.report_structurer.synthetic_reports import ALL

LIMITS = ModelLimits(answer_s=0.5, report_s=5.0)
Answer = dict[str, Any]


def advised(model: LanguageModel, text: str, limits: ModelLimits = LIMITS) -> Answer:
    return structured(text, adviser(model, SystemClock(), limits))


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


def words(text: str, pattern: str) -> Counter[str]:
    return Counter(re.findall(rf"\b(?:{pattern})\b", text.lower()))


UNITS = "mm|cm|ml|pounds|months"
SIDES = "left|right|bilateral"
DENIALS = "no|not|without"


def require_supported(source: str, text: str) -> None:
    """By other means than the guard's: numbers, units, sides and denials are those of the span."""
    assert numbers(text) == numbers(source)
    for pattern in (UNITS, SIDES, DENIALS):
        assert words(text, pattern) == words(source, pattern)


def require_nothing_lost_or_invented(text: str, answer: Answer) -> None:
    proof = answer["proof"]
    assert proof["coverage"] == 1.0
    assert proof["facts_in"] == proof["facts_out"]
    plain = structured(text)
    for made, own in zip(answer["statements"], plain["statements"], strict=True):
        assert made["text"] == text[made["start"] : made["end"]]
        unplaced = {"sections": 0, "placed_by": 0}
        assert made | unplaced == own | unplaced
        if made["sections"] != own["sections"]:
            assert own["sections"] == ["general_other"]
            assert made["needs_review"]
    for shown in answer["concise"]["statements"]:
        require_supported(answer["statements"][shown["id"]]["text"], shown["text"])
    for reason in answer.get("reasons", {"statements": []})["statements"]:
        assert not numbers(reason["text"])
        assert not words(reason["text"], SIDES)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_lost_or_invented_and_the_word_lists_stand(mode: str) -> None:
    rejected = []
    with serving(hostile(MODES[mode])) as url:
        model = HttpLanguageModel(url)
        for text in ALL:
            answer = advised(model, text)
            require_nothing_lost_or_invented(text, answer)
            assert answer["concise"] == structured(text)["concise"]
            assert "reasons" not in answer
            assert answer["proof"]["engine"] == "hostile"
            rejected += answer["proof"]["rejected"]
    assert "rewrite" in {one["task"] for one in rejected}


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_judge_refuses_every_sentence_that_was_changed_so(name: str) -> None:
    sentences = [s.text for text in ALL for s in structure(text).statements]
    offered = [(s, made) for s in sentences if (made := MUTATIONS[name](s)) not in {s, shorter(s)}]
    assert offered
    assert [made for source, made in offered if not model_fault(source, made)] == []


def test_the_judge_takes_sentences_that_only_are_shorter() -> None:
    sentences = [s.text for text in ALL for s in structure(text).statements]
    taken = [s for s in sentences if shorter(s) != s and not model_fault(s, shorter(s))]
    assert len(taken) >= 10


@pytest.mark.peer
def test_a_model_of_random_weights_leaves_everything_to_the_word_lists(tmp_path: Path) -> None:
    with llama(tmp_path) as server:
        model = HttpLanguageModel(server.url)
        for text in ALL:
            answer = advised(model, text, ModelLimits())
            require_nothing_lost_or_invented(text, answer)
            assert answer["proof"]["engine"] == "random"
            assert answer["concise"] == structured(text)["concise"]
            judged = [r for r in answer["proof"]["rejected"] if r["statement_id"] is not None]
            assert "rewrite" in {r["task"] for r in judged}


def test_there_are_more_modes_than_the_design_asks_for() -> None:
    assert len(MODES) >= 15
