"""What Prometheus is told: how much waits and how long, what was done, how TCS is, and never who it was about."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError, RetryLimitedError, TransientError
from tis_esr.engine.protocol import Depths, Engine
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.process import serving_process
from tis_esr.tcs.load_control import LoadControl
from tis_esr.tcs.transport import Counted
from tis_esr.web.metrics import Metrics

A, B = "esr.queue.a", "esr.queue.b"


def message(key: str, queue: str = A) -> Message:
    return Message(
        id=derived_id(key),
        queue=queue,
        correlation_id=f"f:{key}",
        source_file="f",
        deanery="EOE",
        row=1,
        body=b"{}",
    )


def quiet() -> Metrics:
    return Metrics(dict, lambda: "closed")


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Return what Prometheus reads: the value by name and labels, in the labels' alphabetical order."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_what_waits_is_told_by_queue_with_the_oldest_ones_age() -> None:
    metrics = quiet()
    metrics.depths = Depths({A: (7, 12.5), B: (1, 0.25)}, {}, outbox=3, outbox_oldest=1.5)
    found = samples(metrics)
    assert found["tis_esr_queue_depth", A] == 7
    assert found["tis_esr_queue_depth", B] == 1
    assert found["tis_esr_queue_oldest_seconds", A] == 12.5
    assert found["tis_esr_queue_oldest_seconds", B] == 0.25
    assert found["tis_esr_outbox_depth",] == 3
    assert found["tis_esr_outbox_oldest_seconds",] == 1.5


def test_an_empty_queue_is_told_of_no_more() -> None:
    metrics = quiet()
    metrics.depths = Depths({A: (7, 12.5)}, {})
    assert ("tis_esr_queue_depth", A) in samples(metrics)
    metrics.depths = Depths({}, {})
    assert ("tis_esr_queue_depth", A) not in samples(metrics)


def test_batches_are_counted_by_their_messages_and_timed_by_queue() -> None:
    metrics = quiet()
    metrics.observe(A, "done", [message("1"), message("2")], 0.02)
    metrics.observe(A, "done", [message("3")], 2.0)
    metrics.observe(A, "parked", [message("4")], 0.5)
    metrics.observe(B, "released", [message("5", B)], 40.0)
    found = samples(metrics)
    assert found["tis_esr_handled_total", "done", A] == 3
    assert found["tis_esr_handled_total", "parked", A] == 1
    assert found["tis_esr_handled_total", "released", B] == 1
    assert found["tis_esr_handler_seconds_count", A] == 3
    assert found["tis_esr_handler_seconds_sum", A] == pytest.approx(2.52)
    assert found["tis_esr_handler_seconds_bucket", "0.03", A] == 1
    assert found["tis_esr_handler_seconds_bucket", "3.0", A] == 3
    assert found["tis_esr_handler_seconds_bucket", "30.0", B] == 0


def test_calls_to_tcs_are_told_by_outcome_and_the_breaker_by_its_state() -> None:
    calls = {Counted("GET", "/api/posts/in/{npns}", "ok"): 3}
    state = "closed"
    metrics = Metrics(lambda: calls, lambda: state)
    assert samples(metrics)["tis_esr_tcs_calls_total", "GET", "ok", "/api/posts/in/{npns}"] == 3
    calls[Counted("GET", "/api/posts/in/{npns}", "ok")] += 2
    calls[Counted("GET", "/api/posts/in/{npns}", "unavailable")] = 10
    state = "open"
    found = samples(metrics)
    assert found["tis_esr_tcs_calls_total", "GET", "ok", "/api/posts/in/{npns}"] == 5
    assert found["tis_esr_tcs_calls_total", "GET", "unavailable", "/api/posts/in/{npns}"] == 10
    breaker = [found["tis_esr_tcs_breaker", name] for name in ("closed", "half-open", "open")]
    assert breaker == [0, 0, 1]


def test_the_limit_is_zero_where_the_share_has_run_out() -> None:
    load, now = LoadControl(64), 10.0
    metrics = Metrics(dict, lambda: "closed", lambda: load, lambda: now)
    load.share(6, 12.0)
    assert samples(metrics)["tis_esr_tcs_limit",] == 6
    now = 12.0
    assert samples(metrics)["tis_esr_tcs_limit",] == 0


def test_the_limit_on_calls_to_tcs_is_told_with_what_is_in_flight_and_why_it_moved() -> None:
    load = LoadControl(64)
    metrics = Metrics(dict, lambda: "closed", lambda: load, lambda: 0.0)
    found = samples(metrics)
    assert (found["tis_esr_tcs_limit",], found["tis_esr_tcs_in_flight",]) == (8, 0)
    reasons = ("halved_failures", "halved_latency", "raised", "share")
    assert [found["tis_esr_tcs_limit_changes_total", reason] for reason in reasons] == [0, 0, 0, 0]
    for _ in range(3):
        load.entered()
    for _ in range(10):
        load.answered("GET /p", 0.0, 1.0, failed=True)
    load.share(3, 100.0)
    found = samples(metrics)
    assert (found["tis_esr_tcs_limit",], found["tis_esr_tcs_in_flight",]) == (3, 3)
    assert [found["tis_esr_tcs_limit_changes_total", reason] for reason in reasons] == [1, 0, 0, 1]


def test_how_long_the_oldest_file_waits_is_told() -> None:
    metrics = quiet()
    assert samples(metrics)["tis_esr_file_lag_seconds",] == 0
    metrics.file_lag = 42.5
    assert samples(metrics)["tis_esr_file_lag_seconds",] == 42.5


def parked(*reasons: str) -> dict[str, float]:
    """Return the labels that these reasons come to, each parked once."""
    metrics = quiet()
    metrics.depths = Depths({}, {(A, reason): 1 for reason in reasons})
    return {key[2]: value for key, value in samples(metrics).items() if key[0] == "tis_esr_parked"}


def test_reasons_that_differ_by_a_number_or_a_name_in_quotes_are_one_label() -> None:
    assert parked("the ASG row 7 that it belongs to can't be used", "the ASG row 4711 that it belongs to can't be used") == {
        "the ASG row … that it belongs to can't be used": 2
    }  # fmt: skip
    assert parked("deanery 'XXX' is none of ours", "deanery 'YYY' is none of ours") == {
        "deanery … is none of ours": 2
    }
    assert parked(*(f"{name!r} is no name of a file from ESR" for name in ("a/b", "it's/b", 'a"/b'))) == {
        "… is no name of a file from ESR": 3
    }
    assert parked("it can't go: 'a' isn't there", "it can't go: 'b' isn't there") == {
        "it can't go: … isn't there": 2
    }
    names = ("DE_EOE_RMC_20261124_00000001.DAT", "DE_KSS_RMC_20261124_00000002.DAT")
    assert parked(*(f"in has no file {name}" for name in names)) == {"in has no file …": 2}


def test_reasons_that_differ_by_words_stay_apart_and_none_is_long() -> None:
    assert parked("column dob is missing", "column lastName is missing") == {
        "column dob is missing": 1,
        "column lastName is missing": 1,
    }
    [label] = parked("word " * 100)
    assert len(label) == 80


async def test_a_runner_tells_of_every_end_a_message_can_come_to(tmp_path: Path) -> None:
    tries: dict[str, int] = {}

    async def handle(work: Work, messages: Sequence[Message]) -> None:
        for each in messages:
            tries[each.correlation_id] = tries.get(each.correlation_id, 0) + 1
            if each.correlation_id == "f:bad":
                raise PermanentError("row 12 is bad")
            if each.correlation_id == "f:late" and tries[each.correlation_id] == 1:
                raise TransientError("TCS is away")
            if each.correlation_id == "f:suspect" and tries[each.correlation_id] == 1:
                raise RetryLimitedError("TCS answered 500")

    engine = EmbeddedEngine(tmp_path / "state", [])
    metrics = quiet()
    runner = Runner(
        engine, [Handler(A, "a", handle, batch=1)], today=lambda: date(2026, 11, 24), observe=metrics.observe
    )
    work = runner.work()
    for key in ("good", "bad", "late", "suspect"):
        work.emit("a", {}, cause=message(key))
    await work.commit()
    await runner.drain([A])
    metrics.depths = await engine.depths()
    engine.close()
    found = samples(metrics)
    assert {key[1]: value for key, value in found.items() if key[0] == "tis_esr_handled_total"} == {
        "done": 3,
        "parked": 1,
        "released": 1,
        "retried": 1,
    }
    assert found["tis_esr_parked", A, "row … is bad"] == 1
    assert found["tis_esr_handler_seconds_count", A] == 6


def test_values_that_did_not_go_to_tis_are_counted_by_column_and_reason() -> None:
    metrics = Metrics(dict, lambda: "closed", refused_values=lambda: {("lastName", "LOST_LETTERS"): 3})
    assert b'tis_esr_refused_values_total{column="lastName",reason="LOST_LETTERS"} 3.0' in metrics.text()


class Away:
    """An engine that can't be asked: it refuses, or never answers."""

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers

    async def depths(self) -> Depths:
        if self._answers:
            raise TransientError("MongoDB is away")
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("answers", [True, False])
async def test_nothing_old_is_told_of_queues_while_the_engine_cannot_be_asked(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_process, "_ENGINE_SECONDS", 0.01)
    metrics = quiet()
    metrics.depths = Depths({A: (7, 12.5)}, {(A, "bad"): 1}, outbox=3, outbox_oldest=1.5)
    text = (await serving_process.measured(cast("Engine", Away(answers=answers)), metrics)).decode()
    assert "tis_esr_tcs_breaker" in text
    assert not re.search(r"^tis_esr_(queue|outbox|parked)", text, re.MULTILINE)
