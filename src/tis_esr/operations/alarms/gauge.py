"""What /metrics shows of alarms: how many are active of each kind, and which kinds are judged at all. Pure."""

from collections.abc import Iterable, Mapping
from math import isnan, nan

from tis_esr.operations.alarms.alarm import Alarm
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.evaluation import Evaluation
from tis_esr.operations.alarms.thresholds import STALE


def active_by_kind(
    evaluations: Iterable[Evaluation], active: Iterable[Alarm], now: float, seconds: Mapping[str, float]
) -> dict[tuple[str, ...], float]:
    """Return the number of active alarms by kind and severity, with 0 for each kind that some process has judged.

    A kind that could not be judged for STALE is left out, so that Prometheus misses it; one that can't be judged because
    something is not configured is not a number. ``seconds`` says how often a kind is judged, 0 for with each evaluation.
    """
    found: dict[tuple[str, ...], float] = {}
    for one in evaluations:
        for kind in one.not_known:
            if kind in BY_ID:
                found.setdefault(_place(kind), nan)
        for kind, at in one.kinds.items():
            is_fresh = now - at < STALE.total_seconds() + seconds.get(kind, 0.0)
            if kind in BY_ID and is_fresh and kind not in one.unknown and kind not in one.not_known:
                found[_place(kind)] = 0.0
    for alarm in active:
        place = alarm.kind, alarm.severity.value
        before = found.get(place, 0.0)
        found[place] = 1.0 if isnan(before) else before + 1
    return found


def _place(kind: str) -> tuple[str, ...]:
    return kind, BY_ID[kind].severity.value
