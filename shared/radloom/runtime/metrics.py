"""What a worker tells Prometheus; names and labels are an interface of dashboards and alerts."""

from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram


class Outcome(StrEnum):
    """How a delivery ended, or what happened to it on the way."""

    OK = "ok"
    """Handled; effects and events are durable."""
    DUPLICATE = "dup"
    """Had been handled before; nothing happened again."""
    RETRY = "retry"
    """Parked in a retry topic."""
    DEAD_LETTER = "dlq"
    """Given up."""
    HOLD = "hold"
    """Waits in place for a dependency; counted per wait, and the delivery goes on."""
    ABANDONED = "abandoned"
    """Not finished at shutdown; another member is handed it."""
    DROPPED = "dropped"
    """Finished after its partition had moved; the new owner's run is the one that counts."""
    COMMIT_FAILED = "commit_failed"
    """The bus did not take the commit; it is delivered again and found in the inbox."""


LAG = "radloom_worker_lag_records"
OLDEST_AGE = "radloom_worker_oldest_uncommitted_seconds"
IN_FLIGHT = "radloom_worker_in_flight"
HOLD_SECONDS = "radloom_worker_hold_seconds_total"
DELIVERIES = "radloom_worker_deliveries_total"
HANDLER_SECONDS = "radloom_worker_handler_seconds"
REBALANCES = "radloom_worker_rebalances"
OUTBOX_ROWS = "radloom_outbox_waiting"

lag = Gauge(LAG, "Uncommitted records in the partitions of this member.", ["service", "topic"])
oldest_age = Gauge(
    OLDEST_AGE,
    "Age of the oldest record that was handed out and not committed; the service level.",
    ["service", "topic"],
)
in_flight = Gauge(IN_FLIGHT, "Handlers running now.", ["service"])
hold_seconds = Counter(HOLD_SECONDS, "Time spent waiting for a dependency.", ["service"])
deliveries = Counter(DELIVERIES, "Deliveries by outcome.", ["service", "topic", "outcome"])
handler_seconds = Histogram(
    HANDLER_SECONDS,
    "Duration of one handler run.",
    ["service", "topic"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 30, 60, 120, 300, 600, 1800),
)
rebalances = Gauge(REBALANCES, "Times partitions came to or left this member.", ["service"])
outbox_waiting = Gauge(OUTBOX_ROWS, "Events durable here and not yet on the bus.")
