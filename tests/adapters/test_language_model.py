"""Where prompts go, and where they do not."""

import json
import logging
from dataclasses import dataclass, field

import pytest

from radloom.adapters.circuit_breaker import CircuitBreaker
from radloom.adapters.clock import SystemClock
from radloom.adapters.language_model import HttpLanguageModel
from radloom.adapters.model_address import checked_url, require_inside_phi_zone
from radloom.adapters.rested_language_model import RestedLanguageModel
from radloom.errors import Rejected, Unavailable
from radloom.ports import LanguageModelDescription
from tests.peers.model_server import Json, Reply, chat, obedient, reply, serving, vllm

SCHEMA = {"type": "object", "properties": {"1": {"type": "string"}}}
KEY = "sk-very-secret"
WORDS = "hypodense lesion in the right lobe"


def complete(model: HttpLanguageModel, *, deadline_s: float = 5.0) -> str:
    content = json.dumps([{"id": 1, "text": WORDS}])
    return model.complete("Answer.", content, SCHEMA, max_tokens=50, deadline_s=deadline_s)


@dataclass
class Requests:
    """A server that keeps what it is sent; after the probe it answers with `made`."""

    made: Reply
    bodies: list[Json] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Json) -> Reply:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        if method == "POST" and "word" in schema.get("properties", {}):
            return reply(chat({"content": obedient(schema)}, "m"))
        if method == "POST" and path == "/v1/chat/completions":
            self.bodies.append(body)
            return self.made
        return reply({"data": [{"id": "m"}]}) if path == "/v1/models" else reply({}, 404)


def test_a_redirect_is_not_followed_so_the_report_goes_nowhere_else() -> None:
    elsewhere = Requests(reply({}))
    with serving(elsewhere.answer) as other:
        away = Reply(307, headers={"Location": f"{other}/v1/chat/completions"})
        with serving(Requests(away).answer) as url, pytest.raises(Unavailable, match="HTTP 307"):
            complete(HttpLanguageModel(url))
    assert elsewhere.bodies == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Requests(reply({}))
    with serving(proxy.answer) as other, serving(vllm(obedient)) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert json.loads(complete(HttpLanguageModel(url))) == {"1": ""}
    assert proxy.bodies == []


def test_temperature_is_nought_and_the_answer_bounded() -> None:
    server = Requests(reply(chat({"content": "{}"}, "m")))
    with serving(server.answer) as url:
        complete(HttpLanguageModel(url))
    (body,) = server.bodies
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0, 50, False)
    assert [m["role"] for m in body["messages"]] == ["system", "user"]


def test_an_answer_that_drips_in_ends_at_the_deadline() -> None:
    with serving(Requests(Reply(body=b" " * 1000, drip_s=0.05)).answer) as url:
        model = HttpLanguageModel(url)
        model.describe()
        with pytest.raises(Unavailable, match=r"within 0\.3 s"):
            complete(model, deadline_s=0.3)


def test_an_answer_beyond_the_limit_is_rejected() -> None:
    with serving(Requests(Reply(body=b" " * 3_000_000)).answer) as url, pytest.raises(Rejected):
        complete(HttpLanguageModel(url))


def test_what_the_server_says_in_an_error_is_not_repeated() -> None:
    for status in (400, 500):
        with serving(Requests(reply({"error": WORDS}, status)).answer) as url:
            with pytest.raises((Rejected, Unavailable)) as refused:
                complete(HttpLanguageModel(url))
            assert "hypodense" not in str(refused.value)
            assert refused.value.__cause__ is None


def test_neither_key_nor_words_nor_headers_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("httpx", "httpcore", "httpcore.http11", "httpcore.connection", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    caplog.set_level(logging.DEBUG)
    away = Reply(307, headers={"Location": f"/{WORDS}", "X-Echo": WORDS})
    with serving(Requests(away).answer) as url:
        model = HttpLanguageModel(url, api_key=KEY)
        with pytest.raises(Unavailable):
            complete(model)
    assert KEY not in caplog.text
    assert "hypodense" not in caplog.text
    assert KEY not in repr(model)


def test_a_name_that_no_model_has_is_not_taken_over() -> None:
    def answer(method: str, path: str, body: Json) -> Reply:
        if path == "/v1/models":
            return reply({"data": [{"id": "a\nb" * 100}, {"id": 7}, {"id": "fine-7b:latest"}]})
        return vllm_any(method, path, body)

    with serving(answer) as url:
        assert HttpLanguageModel(url).describe().name == "fine-7b:latest"


def vllm_any(method: str, path: str, body: Json) -> Reply:
    if (method, path) != ("POST", "/v1/chat/completions") or "response_format" not in body:
        return reply({}, 404)
    schema = body["response_format"].get("json_schema", {}).get("schema")
    return reply(chat({"content": obedient(schema)}, "m")) if schema else reply({}, 400)


def test_a_server_that_only_talks_is_not_taken_for_one_that_keeps_to_a_schema() -> None:
    def answer(*_: object) -> Reply:
        talk = {"content": '{"word": "hello"}'}
        return reply(chat(talk, "m") | {"message": talk, "data": [], "models": []})

    with serving(answer) as url, pytest.raises(Unavailable, match="no dialect"):
        HttpLanguageModel(url).describe()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8000",
        "ftp://host",
        "http://",
        "http://name:word@host",
        "http://host/?key=1",
        "http://host/#a",
    ],
)
def test_what_is_no_address_of_a_server_is_rejected_without_being_repeated(url: str) -> None:
    with pytest.raises(Rejected) as refused:
        HttpLanguageModel(url)
    assert refused.value.reason == "model_url"
    assert "word" not in str(refused.value)


def test_the_version_in_the_path_is_ours_to_add() -> None:
    assert checked_url("http://host:8000/v1/") == "http://host:8000"
    assert checked_url("https://host/llm") == "https://host/llm"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1"])
def test_this_machine_is_inside_the_phi_zone(url: str) -> None:
    require_inside_phi_zone(url, declared=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.org",
        "http://10.0.0.5:8000",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://0.0.0.0:8000",
    ],
)
def test_another_machine_is_outside_unless_declared(url: str) -> None:
    with pytest.raises(Rejected, match="llm_in_phi_zone") as refused:
        require_inside_phi_zone(url, declared=False)
    assert refused.value.reason == "model_outside_phi_zone"
    require_inside_phi_zone(url, declared=True)


@dataclass
class Deaf:
    """A model that never answers."""

    asked: int = 0

    def describe(self) -> LanguageModelDescription:
        return LanguageModelDescription("deaf", "", "json_schema")

    def complete(self, *_: object, **__: object) -> str:
        self.asked += 1
        raise Unavailable("deaf", dependency="language_model")


def test_a_model_that_never_answers_is_left_alone_although_it_is_known() -> None:
    deaf = Deaf()
    breaker = CircuitBreaker("language_model", SystemClock(), failures=3, rest_s=3600)
    model = RestedLanguageModel(deaf, breaker)
    for _ in range(10):
        assert model.describe().name == "deaf"
        with pytest.raises(Unavailable):
            model.complete("", "", {}, max_tokens=1, deadline_s=1)
    assert deaf.asked == 3
