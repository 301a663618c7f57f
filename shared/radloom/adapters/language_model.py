"""A language model behind an HTTP server: OpenAI's API in three dialects, or Ollama's."""

import asyncio
import json
import logging
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from radloom.adapters.language_dialects import CHAT, DIALECTS, Dialect, Json, Prompt
from radloom.adapters.model_address import checked_url
from radloom.errors import Rejected, Unavailable
from radloom.ports import LanguageModelDescription

DEPENDENCY = "language_model"
MAX_ANSWER_BYTES = 1_000_000
"""Wire limit of one answer; far above what `max_tokens` allows."""
LIST_DEADLINE_S = 5.0
"""A list of models is at hand, or the server is not."""
PROBE_TOKENS = 64
REFUSED = frozenset({400, 413, 415, 422})
"""Answers that say the request itself will not do. Everything else that is no success (a redirect,
a wrong address, credentials, an overload, a fault) may be mended without changing it."""

PROBE_WORD = "radloom-7f3a"
PROBE_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": [PROBE_WORD]}},
    "required": ["word"],
    "additionalProperties": False,
}
"""The prompt of the probe never names the word: only a server that holds the model to the schema
answers it."""

_PLAIN = re.compile(r"[\w./:@+-]{1,128}", re.ASCII)
"""Names and digests of models."""

_LOGGERS = ("httpx", "httpcore", *(f"httpcore.{n}" for n in ("connection", "http11", "proxy")))


class _Quiet(logging.Filter):
    """httpcore logs headers at DEBUG: credentials going out, whatever the server says coming in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may pass."""
        return record.levelno >= logging.WARNING


_QUIET = _Quiet()


@dataclass(frozen=True)
class _Found:
    dialect: Dialect
    description: LanguageModelDescription


class HttpLanguageModel:
    """Implements `ports.LanguageModel`; finds out the dialect when it is first needed.

    No redirect is followed, no proxy of the environment used: a prompt holds a report, and goes to
    the address of the settings or nowhere. What the server says in an error is never repeated.

    Args:
        url: Root of the server, "http://127.0.0.1:8000"; a trailing "/v1" is left out.
        model: Name that the server knows the model by; "" takes the first one it lists.
        api_key: Bearer token; "" sends none.
        context_tokens: Length of the context to ask for, where the server lets the caller choose.
        probe_deadline_s: Limit of each question of the probe, seconds; a server may load its
            weights on the first one.

    Raises:
        Rejected: The URL is none of a server.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        api_key: str = "",
        context_tokens: int = 4096,
        probe_deadline_s: float = 30.0,
    ) -> None:
        self._root = checked_url(url)
        self._model = model
        self._context_tokens = context_tokens
        self._probe_deadline_s = probe_deadline_s
        # For http an empty one: the client makes a full one otherwise, at 30 ms a call.
        https = self._root.startswith("https:")
        self._tls = (
            ssl.create_default_context() if https else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._found: _Found | None = None
        self._probing = threading.Lock()
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_QUIET)

    def describe(self) -> LanguageModelDescription:
        """Who would answer; see `ports.LanguageModel`."""
        return self._probed().description

    def complete(
        self,
        instructions: str,
        content: str,
        schema: Mapping[str, object],
        *,
        max_tokens: int,
        deadline_s: float,
    ) -> str:
        """The model's text; see `ports.LanguageModel`."""
        found = self._probed()
        prompt = Prompt(
            found.description.name, instructions, content, schema, max_tokens, self._context_tokens
        )
        _, text = self._asked(found.dialect, prompt, deadline_s)
        return text

    def _probed(self) -> _Found:
        with self._probing:
            if self._found is None:
                self._found = self._probe()
            return self._found

    def _probe(self) -> _Found:
        """The first dialect in which the server holds the model to a schema."""
        tags = self._listed("/api/tags", "models")
        models = self._listed("/v1/models", "data")
        for dialect in DIALECTS:
            offered = tags if dialect.path != CHAT else models
            name = self._model or next((name for entry in offered if (name := _name(entry))), "")
            prompt = Prompt(
                name, "Say hello.", "Hello.", PROBE_SCHEMA, PROBE_TOKENS, self._context_tokens
            )
            try:
                answer, text = self._asked(dialect, prompt, self._probe_deadline_s)
            except Rejected:
                continue
            except Unavailable as error:
                if error.affects_all:
                    raise
                continue
            if _is_probe_answer(text):
                digests = [_digest(entry) for entry in tags if _name(entry) == name]
                digest = next(iter(digests), "") or _fingerprint(answer)
                return _Found(dialect, LanguageModelDescription(name, digest, dialect.name))
        raise Unavailable(
            "the language model's server holds it to a JSON schema in no dialect that is known "
            f"({', '.join(dialect.name for dialect in DIALECTS)})",
            dependency=DEPENDENCY,
        )

    def _listed(self, path: str, key: str) -> list[Json]:
        """Models that the server lists; none where it does not know the path."""
        try:
            answer = self._sent("GET", path, None, LIST_DEADLINE_S)
        except Rejected:
            return []
        except Unavailable as error:
            if error.affects_all:
                raise
            return []
        listed = answer.get(key) if isinstance(answer, dict) else None
        return [m for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []

    def _asked(self, dialect: Dialect, prompt: Prompt, deadline_s: float) -> tuple[object, str]:
        answer = self._sent("POST", dialect.path, dialect.request(prompt), deadline_s)
        text = dialect.text(answer)
        if text is None:
            raise Unavailable(
                f"the language model's answer has no text where dialect {dialect.name} puts it",
                dependency=DEPENDENCY,
                affects_all=False,
            )
        return answer, text

    def _sent(self, method: str, path: str, body: Json | None, deadline_s: float) -> object:
        """JSON of an answer; the deadline holds for all of it, however slowly it drips in."""
        try:
            return asyncio.run(self._exchange(method, path, body, deadline_s))
        except TimeoutError:
            raise Unavailable(
                f"the language model gave no answer within {deadline_s:g} s", dependency=DEPENDENCY
            ) from None
        except httpx.RemoteProtocolError:
            raise Unavailable(
                "the language model's server broke its answer off",
                dependency=DEPENDENCY,
                affects_all=False,
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"the language model does not answer ({type(error).__name__})",
                dependency=DEPENDENCY,
            ) from None

    async def _exchange(
        self, method: str, path: str, body: Json | None, deadline_s: float
    ) -> object:
        async with (
            asyncio.timeout(deadline_s),
            httpx.AsyncClient(
                headers=self._headers,
                verify=self._tls,
                timeout=deadline_s,
                trust_env=False,
                follow_redirects=False,
            ) as client,
            client.stream(method, f"{self._root}{path}", json=body) as response,
        ):
            _require_success(response.status_code)
            content = bytearray()
            async for piece in response.aiter_raw():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise Rejected(
                        f"the language model's answer has more than {MAX_ANSWER_BYTES} bytes",
                        reason="model_answer",
                    )
            return _json(bytes(content))


def _require_success(status: int) -> None:
    if httpx.codes.is_success(status):
        return
    if status in REFUSED:
        raise Rejected(
            f"the language model's server refuses the request with HTTP {status}",
            reason="model_refuses",
        )
    raise Unavailable(
        f"the language model's server answers HTTP {status}; check address, credentials and its "
        "own log",
        dependency=DEPENDENCY,
        affects_all=False,
    )


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unavailable(
            "the language model's server does not answer in JSON",
            dependency=DEPENDENCY,
            affects_all=False,
        ) from None


def _is_probe_answer(text: str) -> bool:
    try:
        return bool(json.loads(text) == {"word": PROBE_WORD})
    except (ValueError, RecursionError):
        return False


def _name(entry: Json) -> str:
    return _plain(entry.get("id") or entry.get("name") or entry.get("model"))


def _digest(entry: Json) -> str:
    return _plain(entry.get("digest"))


def _plain(found: object) -> str:
    """A name or digest as it may go into proofs; "" for what looks like none."""
    return found if isinstance(found, str) and _PLAIN.fullmatch(found) else ""


def _fingerprint(answer: object) -> str:
    """`system_fingerprint`, which some servers fill with build or revision."""
    return _plain(answer.get("system_fingerprint")) if isinstance(answer, dict) else ""
