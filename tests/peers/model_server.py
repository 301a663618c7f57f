"""A loopback HTTP server that speaks as servers of language models do, with a text of the test's.

Shapes: vLLM's and llama-server's documentation (July 2026), Ollama's docs/api.md, the sources of
llama-cpp-python 0.3.36 and of Triton's OpenAI frontend, which knows response formats by name alone
and constrains function calls only (triton-inference-server/server issue 8852).
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Model = Callable[[Json], str]
"""Text of an answer to a JSON schema."""


@dataclass(frozen=True)
class Reply:
    """What goes over the wire.

    Attributes:
        status: HTTP status.
        body: The body as it is sent.
        headers: Further headers.
        length: Declared length, where it is a lie.
        drip_s: Wait before each byte.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    drip_s: float = 0.0


Answer = Callable[[str, str, Json], Reply]
"""Reply to a method, a path and a JSON body."""


def reply(content: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode())


def obedient(schema: Json) -> str:
    """The first answer that a schema allows; no text where it asks for any."""
    values = {k: v.get("enum", [""])[0] for k, v in schema["properties"].items()}
    return json.dumps(values)


def prompted(body: Json) -> Json:
    """The items of a question, by id."""
    content = body["messages"][-1]["content"]
    return {str(item["id"]): item["text"] for item in json.loads(content)}


UNBOUND = "Hello! How can I help you today?"
"""What a server makes of a schema that it does not know."""


def schema_in(body: Json, form: str) -> Json | None:
    """The schema of a request in a form, when it is there."""
    wanted = body.get("response_format") or {}
    if form == "json_schema" and wanted.get("type") == "json_schema":
        found: Json | None = wanted["json_schema"]["schema"]
        return found
    if form == "json_object" and wanted.get("type") == "json_object":
        return wanted.get("schema")
    if form == "tool" and body.get("tool_choice"):
        parameters: Json = body["tools"][0]["function"]["parameters"]
        return parameters
    return None


def chat(message: Json, model: str, **more: object) -> Json:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1727679085,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        **more,
    }


def vllm(say: Model) -> Answer:
    listed = {"id": "org/model", "object": "model", "owned_by": "vllm", "root": "org/model"}

    def answer(method: str, path: str, body: Json) -> Reply:
        if (method, path) == ("GET", "/v1/models"):
            return reply({"object": "list", "data": [listed | {"max_model_len": 4096}]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return reply({"detail": "Not Found"}, 404)
        if body["model"] != "org/model":
            return reply({"error": {"message": "no such model", "code": 404}}, 404)
        schema = schema_in(body, "json_schema")
        text = say(schema) if schema else UNBOUND
        message: Json = {"role": "assistant", "content": text, "tool_calls": [], "refusal": None}
        more = {"service_tier": None, "system_fingerprint": None, "prompt_logprobs": None}
        return reply(chat(message | {"reasoning": None}, "org/model", **more))

    return answer


def llama_server(say: Model) -> Answer:
    """It lists its model at Ollama's address too, and answers there in OpenAI's shape."""
    listed = {"id": "model.gguf", "object": "model", "owned_by": "llamacpp", "meta": {"n_vocab": 1}}

    def answer(method: str, path: str, body: Json) -> Reply:
        if method == "GET" and path in {"/v1/models", "/api/tags"}:
            tags = [{"name": "model.gguf", "model": "model.gguf", "digest": ""}]
            return reply({"object": "list", "data": [listed], "models": tags})
        if method != "POST" or path not in {"/v1/chat/completions", "/api/chat"}:
            return reply({"error": {"code": 404, "type": "not_found_error"}}, 404)
        schema = schema_in(body, "json_schema") or schema_in(body, "json_object")
        message = {"role": "assistant", "content": say(schema) if schema else UNBOUND}
        more = {"system_fingerprint": "b6123-79c1160b", "timings": {"cache_n": 0, "prompt_n": 1}}
        return reply(chat(message, "model.gguf", **more))

    return answer


def llama_cpp_python(say: Model) -> Answer:
    listed = {"id": "random", "object": "model", "owned_by": "me", "permissions": []}

    def answer(method: str, path: str, body: Json) -> Reply:
        if (method, path) == ("GET", "/v1/models"):
            return reply({"object": "list", "data": [listed]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return reply({"detail": "Not Found"}, 404)
        if body.get("response_format", {}).get("type") == "json_schema":
            return reply({"error": {"message": "...", "type": "internal_server_error"}}, 500)
        schema = schema_in(body, "json_object")
        message = {"role": "assistant", "content": say(schema) if schema else UNBOUND}
        return reply(chat(message, "random"))

    return answer


OLLAMA_DIGEST = "9f438cb9cd581fc025612d27f7c1a6669ff83a8bb0ed86c94fcf4c5440555697"


def ollama(say: Model) -> Answer:
    tags = [{"name": "llama3.2:latest", "model": "llama3.2:latest", "digest": OLLAMA_DIGEST}]

    def answer(method: str, path: str, body: Json) -> Reply:
        if (method, path) == ("GET", "/api/tags"):
            return reply({"models": tags})
        if (method, path) == ("GET", "/v1/models"):
            return reply({"object": "list", "data": [{"id": "llama3.2:latest"}]})
        if method != "POST" or path not in {"/api/chat", "/v1/chat/completions"}:
            return Reply(404, b"404 page not found", {"Content-Type": "text/plain"})
        if path != "/api/chat":
            schema = schema_in(body, "json_schema")
            message = {"role": "assistant", "content": say(schema) if schema else UNBOUND}
            return reply(chat(message, "llama3.2:latest", system_fingerprint="fp_ollama"))
        text = say(body["format"]) if body.get("format") else UNBOUND
        made = {"model": body["model"], "message": {"role": "assistant", "content": text}}
        return reply(made | {"done": True, "done_reason": "stop", "eval_count": 12})

    return answer


def triton_openai(say: Model) -> Answer:
    listed = {"id": "llama-3.1-8b", "object": "model", "owned_by": "Triton Inference Server"}

    def answer(method: str, path: str, body: Json) -> Reply:
        if (method, path) == ("GET", "/v1/models"):
            return reply({"object": "list", "data": [listed | {"created": 1727679085}]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return reply({"detail": "Not Found"}, 404)
        if body.get("response_format", {}).get("type") == "json_schema":
            return reply({"detail": [{"type": "enum", "loc": ["body", "response_format"]}]}, 422)
        message: Json = {"role": "assistant", "content": UNBOUND, "tool_calls": None}
        schema = schema_in(body, "tool")
        if schema:
            call = {"name": "answer", "arguments": say(schema)}
            calls = [{"id": "cmpl-1", "type": "function", "function": call}]
            message |= {"content": "", "tool_calls": calls, "function_call": None}
        return reply(chat(message, "llama-3.1-8b", system_fingerprint=None) | {"usage": None})

    return answer


SHAPES: dict[str, tuple[Callable[[Model], Answer], str, str]] = {
    "vllm": (vllm, "org/model", "json_schema"),
    "llama-server": (llama_server, "model.gguf", "json_schema"),
    "llama-cpp-python": (llama_cpp_python, "random", "json_object"),
    "ollama": (ollama, "llama3.2:latest", "ollama"),
    "triton openai": (triton_openai, "llama-3.1-8b", "tool"),
}
"""Shape, model and dialect by server."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Address of a server, up until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(answer("GET", self.path, {}))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._send(answer("POST", self.path, json.loads(self.rfile.read(length))))

        def _send(self, made: Reply) -> None:
            self.send_response(made.status)
            headers = {"Content-Type": "application/json"} | made.headers
            length = len(made.body) if made.length is None else made.length
            try:
                for name, value in {**headers, "Content-Length": str(length)}.items():
                    self.send_header(name, value)
                self.end_headers()
                for byte in made.body if made.drip_s else ():
                    time.sleep(made.drip_s)
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                if not made.drip_s:
                    self.wfile.write(made.body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # who asked has gone

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
