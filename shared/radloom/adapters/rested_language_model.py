"""A language model behind a circuit breaker."""

from collections.abc import Mapping

from radloom.adapters.circuit_breaker import CircuitBreaker
from radloom.ports import LanguageModel, LanguageModelDescription


class RestedLanguageModel:
    """A language model that is left alone for a while after failures in a row.

    Args:
        model: The model.
        breaker: Counts its failures.
    """

    def __init__(self, model: LanguageModel, breaker: CircuitBreaker) -> None:
        self._model = model
        self._breaker = breaker
        self._described: LanguageModelDescription | None = None

    def describe(self) -> LanguageModelDescription:
        """Who would answer; once known, asking again says nothing about the server's health."""
        if self._described is None:
            with self._breaker.call():
                self._described = self._model.describe()
        return self._described

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
        with self._breaker.call():
            return self._model.complete(
                instructions, content, schema, max_tokens=max_tokens, deadline_s=deadline_s
            )
