"""What every adapter of `ports.LanguageModel` does alike, whatever server is behind it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from radloom.adapters.language_model import HttpLanguageModel
from radloom.errors import Rejected, Unavailable
from radloom.ports import LanguageModel, LanguageModelDescription
from tests.peers.llama import llama
from tests.peers.model_server import OLLAMA_DIGEST, SHAPES, Reply, obedient, reply, serving

SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"7": {"type": "string", "enum": ["liver", "spleen"]}, "9": {"type": "string"}},
    "required": ["7", "9"],
    "additionalProperties": False,
}


@dataclass
class FakeLanguageModel:
    """Answers what a schema allows; its context is a hundred thousand characters."""

    name: str = "fake"

    def describe(self) -> LanguageModelDescription:
        return LanguageModelDescription(self.name, "", "json_schema")

    def complete(
        self,
        instructions: str,
        content: str,
        schema: Mapping[str, object],
        *,
        max_tokens: int,
        deadline_s: float,
    ) -> str:
        if deadline_s <= 0:
            raise Unavailable("too late", dependency="language_model")
        if len(instructions) + len(content) + max_tokens > 100_000:
            raise Rejected("beyond the context", reason="model_refuses")
        return obedient(dict(schema))


@dataclass(frozen=True)
class Case:
    """A model and what it is known as."""

    model: LanguageModel
    name: str
    dialect: str


@pytest.fixture(
    scope="module",
    params=["fake", *SHAPES, pytest.param("llama.cpp, live", marks=pytest.mark.peer)],
)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Case]:
    if request.param == "fake":
        yield Case(FakeLanguageModel(), "fake", "json_schema")
    elif request.param in SHAPES:
        shape, name, dialect = SHAPES[request.param]

        def limited(method: str, path: str, body: dict[str, object]) -> Reply:
            if method == "POST" and len(json.dumps(body)) > 100_000:
                return reply({"error": {"code": "context_length_exceeded"}}, 400)
            return shape(obedient)(method, path, body)

        with serving(limited) as url:
            yield Case(HttpLanguageModel(url), name, dialect)
    else:
        folder: Path = tmp_path_factory.mktemp("llama")
        with llama(folder) as server:
            yield Case(HttpLanguageModel(f"{server.url}/v1"), "random", "json_object")


def complete(model: LanguageModel, content: str = "[]", *, deadline_s: float = 30.0) -> str:
    return model.complete("Answer.", content, SCHEMA, max_tokens=200, deadline_s=deadline_s)


def test_it_says_who_it_is_and_how_it_takes_a_schema(case: Case) -> None:
    told = case.model.describe()
    assert (told.name, told.dialect) == (case.name, case.dialect)
    expected = {"llama3.2:latest": OLLAMA_DIGEST, "model.gguf": "b6123-79c1160b"}
    assert told.digest == expected.get(case.name, "")


def test_it_answers_within_the_schema(case: Case) -> None:
    text = complete(case.model)
    assert text.replace(" ", "").startswith(('{"7":"liver"', '{"7":"spleen"'))


def test_the_same_question_has_the_same_answer(case: Case) -> None:
    assert complete(case.model) == complete(case.model)


def test_after_the_deadline_it_is_unavailable(case: Case) -> None:
    case.model.describe()
    with pytest.raises(Unavailable) as late:
        complete(case.model, deadline_s=0.0)
    assert late.value.dependency == "language_model"


def test_a_prompt_beyond_the_context_is_rejected(case: Case) -> None:
    with pytest.raises(Rejected):
        complete(case.model, "x" * 100_000)


def test_where_nobody_listens_it_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        HttpLanguageModel("http://127.0.0.1:9").describe()
