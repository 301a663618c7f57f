"""How long to wait before trying again."""

import random


class Backoff:
    """Doubling waits with jitter, so that replicas do not return in step.

    Args:
        first_s: First wait, seconds.
        longest_s: No wait is longer, seconds.
    """

    def __init__(self, first_s: float = 0.5, longest_s: float = 30.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def next_s(self) -> float:
        """Seconds to wait now: between half of the current step and all of it."""
        step = self._next_s
        self._next_s = min(step * 2, self._longest_s)
        return step * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret

    def reset(self) -> None:
        """Starts over, because an attempt succeeded."""
        self._next_s = self._first_s
