"""How servers of language models take a prompt with a JSON schema, and where they put the answer.

`json_schema` is OpenAI's form: vLLM, llama-server. `json_object` with the schema inside is what
llama-cpp-python's server knows. `tool` asks for the one call of a function whose parameters follow
the schema: Triton's OpenAI frontend constrains nothing else. `ollama` is Ollama's own door.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]
CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Prompt:
    """One question to a model; see `ports.LanguageModel.complete`."""

    model: str
    instructions: str
    content: str
    schema: Mapping[str, object]
    max_tokens: int
    context_tokens: int


class Dialect(Protocol):
    """One way to ask."""

    @property
    def name(self) -> str:
        """Name in descriptions."""
        ...

    @property
    def path(self) -> str:
        """Where the request goes, under the server's root."""
        ...

    def request(self, prompt: Prompt) -> Json:
        """Body of the request."""
        ...

    def text(self, answer: object) -> str | None:
        """The model's text in the body of an answer; None when it is not there."""
        ...


def _messages(prompt: Prompt) -> list[Json]:
    return [
        {"role": "system", "content": prompt.instructions},
        {"role": "user", "content": prompt.content},
    ]


def _chat(prompt: Prompt) -> Json:
    return {
        "model": prompt.model,
        "messages": _messages(prompt),
        "temperature": 0,
        "seed": 0,
        "max_tokens": prompt.max_tokens,
        "stream": False,
    }


def _message(answer: object) -> Json:
    """`choices[0].message` of an OpenAI answer; empty when there is none."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    return message if isinstance(message, dict) else {}


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None


class JsonSchema:
    """OpenAI's structured outputs."""

    name, path = "json_schema", CHAT

    def request(self, prompt: Prompt) -> Json:
        """Body of the request."""
        wanted = {"name": "answer", "strict": True, "schema": prompt.schema}
        return _chat(prompt) | {"response_format": {"type": "json_schema", "json_schema": wanted}}

    def text(self, answer: object) -> str | None:
        """The message's content."""
        return _text(_message(answer).get("content"))


class JsonObject:
    """llama-cpp-python's form, which answers OpenAI's with HTTP 500."""

    name, path = "json_object", CHAT

    def request(self, prompt: Prompt) -> Json:
        """Body of the request."""
        return _chat(prompt) | {"response_format": {"type": "json_object", "schema": prompt.schema}}

    def text(self, answer: object) -> str | None:
        """The message's content."""
        return _text(_message(answer).get("content"))


class Tool:
    """The arguments of a function that the model must call."""

    name, path = "tool", CHAT

    def request(self, prompt: Prompt) -> Json:
        """Body of the request."""
        function = {"name": "answer", "parameters": prompt.schema}
        return _chat(prompt) | {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": "answer"}},
        }

    def text(self, answer: object) -> str | None:
        """The arguments of the first call."""
        calls = _message(answer).get("tool_calls")
        first = calls[0] if isinstance(calls, list) and calls else None
        function = first.get("function") if isinstance(first, dict) else None
        return _text(function.get("arguments")) if isinstance(function, dict) else None


class Ollama:
    """Ollama's `/api/chat`, which alone lets the caller set the length of the context."""

    name, path = "ollama", "/api/chat"

    def request(self, prompt: Prompt) -> Json:
        """Body of the request."""
        return {
            "model": prompt.model,
            "messages": _messages(prompt),
            "stream": False,
            "format": prompt.schema,
            "options": {
                "temperature": 0,
                "seed": 0,
                "num_predict": prompt.max_tokens,
                "num_ctx": prompt.context_tokens,
            },
        }

    def text(self, answer: object) -> str | None:
        """The message's content."""
        message = answer.get("message") if isinstance(answer, dict) else None
        return _text(message.get("content")) if isinstance(message, dict) else None


DIALECTS: tuple[Dialect, ...] = (Ollama(), JsonSchema(), JsonObject(), Tool())
"""In the order of probing. Ollama first: it takes OpenAI's form too, without length of context."""
