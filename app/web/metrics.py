"""What Prometheus is told about hearing. Label values come from closed sets: nobody outside can add a series."""

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector

from app.domain.events import HEARD

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """One registry and the series of the web process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._deliveries = Counter(
            "plumbline_deliveries",
            "Webhooks answered, by event and HTTP status",
            ("event", "status"),
            registry=self.registry,
        )
        self._children: dict[tuple[str, int], Counter] = {}
        self.ack_seconds = Histogram(
            "plumbline_ack_seconds",
            "From the headers of an accepted webhook to its answer",
            buckets=ACK_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "plumbline_commit_deliveries",
            "Deliveries that shared one commit",
            buckets=BATCH_SIZES,
            registry=self.registry,
        )

    def answered(self, event: str, status: int) -> None:
        """Count one answer; `event` is what the sender calls it, proven or not."""
        known = event if event in HEARD or event == "ping" else "other"
        child = self._children.get((known, status))
        if child is None:
            child = self._children[known, status] = self._deliveries.labels(known, str(status))
        child.inc()
