"""Delays and limits of a worker."""

from dataclasses import dataclass, field
from datetime import timedelta

from radloom.runtime.dead_letters import FloodLimit


@dataclass(frozen=True)
class WorkerOptions:
    """How patient a worker is.

    Attributes:
        concurrency: Handlers that run at a time, each on another partition. One by default: a
            model uses all cores by itself.
        retry_delays_s: Wait before each further attempt at one message, seconds; as many retry
            topics. Half a minute for a hiccup, five for a restart, an hour for a repair.
        hold_first_s: First wait in place for a dependency of every message, seconds; doubles.
        hold_longest_s: Longest such wait, seconds: how late recovery is noticed at worst.
        drain_s: How long shutdown waits for handlers under way, seconds; below the 30 s that
            Kubernetes grants by default.
        handler_deadline_s: A handler run longer than this makes the worker unhealthy, seconds.
        loop_deadline_s: A loop without a turn for this long makes it unhealthy, seconds.
        kill_limit: Runs of one event that began and never ended before it is given up.
        flood_limit: When to stop rather than give up more.
        inbox_retention: How long handled events are remembered; longer than the retention of the
            topics, of which a replay may hand them out again.
    """

    concurrency: int = 1
    retry_delays_s: tuple[float, ...] = (30.0, 300.0, 3600.0)
    hold_first_s: float = 0.5
    hold_longest_s: float = 30.0
    drain_s: float = 25.0
    handler_deadline_s: float = 900.0
    loop_deadline_s: float = 60.0
    kill_limit: int = 3
    flood_limit: FloodLimit = field(default_factory=FloodLimit)
    inbox_retention: timedelta = timedelta(days=30)
