"""What a panel of a dashboard is, and its queries: made from what the program declares about its metrics."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from docgen.metrics_page import declared

METRICS: Final = declared()
_NAME = re.compile(r"\btis_esr_\w+")
_UNITS: Final = {"_seconds": "s", "_ratio": "percentunit"}

Form = Literal["timeseries", "stat", "table"]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel with its queries, each with the legend of its series; ``note`` says what the metrics' own texts don't.

    ``unit`` is Grafana's, by default that of the metric's name. From ``bad`` on (down from it, if ``is_bad_below``) a
    value is coloured.
    """

    title: str
    queries: Sequence[tuple[str, str]]
    note: str = ""
    unit: str = ""
    form: Form = "timeseries"
    width: int = 8
    bad: float | None = None
    is_bad_below: bool = False
    metrics: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in _NAME.findall(str(self.queries))}
        object.__setattr__(self, "metrics", sorted(names))

    @property
    def description(self) -> str:
        """Return what the panel shows: what its metrics mean, and the note."""
        meanings = [f"{METRICS[name].documentation}." for name in self.metrics]
        return " ".join(filter(None, [*meanings, self.note]))

    @property
    def shown_unit(self) -> str:
        """Return Grafana's name of the unit."""
        found = [unit for end, unit in _UNITS.items() if self.metrics[0].endswith(end)]
        return self.unit or (found[0] if found else "short")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A titled row of panels."""

    title: str
    panels: Sequence[Panel]


def series(metric: str, where: str = "") -> str:
    """Return the selector of a metric's series of the jobs that the dashboard shows."""
    return f'{metric}{{job=~"$job"{"," if where else ""}{where}}}'


def gauge(metric: str, *by: str, where: str = "", how: str = "max") -> str:
    """Return a gauge by labels. Every process reports the store's gauges alike, so they are not added up."""
    return (
        f"{how} by ({', '.join(by)}) ({series(metric, where)})" if by else f"{how}({series(metric, where)})"
    )


def rate(counter: str, *by: str, where: str = "") -> str:
    """Return how much a counter grows in a second, over all processes."""
    return f"sum{_by(by)}(rate({series(counter, where)}[$__rate_interval]))"


def increase(counter: str, *by: str, span: str = "1h") -> str:
    """Return how much a counter grew within a span, over all processes."""
    return f"sum{_by(by)}(increase({series(counter)}[{span}]))"


def quantile(share: float, histogram: str, by: str) -> str:
    """Return a quantile of a histogram."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', by, 'le')})"


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""
