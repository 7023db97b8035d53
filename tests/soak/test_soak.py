"""A process that runs for weeks does not grow, and one that leaks is found: the short form; ``make soak`` is the long one."""

import pytest
from tests.soak.__main__ import main
from tests.soak.judge import growing, slope
from tests.soak.soak import Sample, Soak, soaking

WARM, JUDGED, LEAKING = 7, 6, 2
OF_THE_PROCESS = ("blocks", "handles", "connections", "threads")
"""The store is steady only after three weeks: ``test_plateau`` and the long form judge it."""
STEADY: Sample = {
    "memory": 100_000_000,
    "blocks": 500_000,
    "handles": 9,
    "connections": 10,
    "threads": 6,
    "store": 2_000_000,
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Soak:
    """A process that lived for two weeks through faults, and leaked in the last days."""
    with soaking(tmp_path_factory.mktemp("soak"), ["EOE"]) as soak:
        acts = {
            2: soak.fail_calls,
            4: soak.renew_certificate,
            9: soak.drop_connections,
            10: soak.turn_clock_back,
        }
        for day in range(WARM + JUDGED):
            if act := acts.get(day):
                act()
            soak.day()
        for name in ("handles", "connections", "blocks"):
            soak.leak(name)
        for _ in range(LEAKING):
            soak.day()
        soak.stop()
    return soak


@pytest.mark.timeout(300)
def test_nothing_of_a_process_grows(lived: Soak) -> None:
    print(*lived.samples, sep="\n")
    assert growing(lived.samples[WARM : WARM + JUDGED], OF_THE_PROCESS, lived.samples[:WARM]) == {}


@pytest.mark.timeout(300)
def test_a_process_that_leaks_is_found_within_days(lived: Soak) -> None:
    leaking, before = lived.samples[-LEAKING - 1 :], lived.samples[: -LEAKING - 1]
    assert set(growing(leaking, OF_THE_PROCESS, before)) == {"handles", "connections", "blocks"}


@pytest.mark.timeout(300)
def test_the_traffic_of_each_day_went_through_and_no_login_was_refused(lived: Soak) -> None:
    days = WARM + JUDGED + LEAKING
    assert len(lived.samples) == days
    assert lived.sent() >= {"APP", "DNC"}
    assert lived.front.granted > 3
    assert lived.front.refused == 0
    assert lived.front.authority.issued == 2


@pytest.mark.parametrize(
    ("name", "per_day"),
    [
        ("memory", 500_000),
        ("blocks", 300),
        ("handles", 1),
        ("connections", 1),
        ("threads", 1),
        ("store", 15_000),
    ],
)
def test_each_measure_is_judged(name: str, per_day: int) -> None:
    leaking = [{**STEADY, name: STEADY[name] + per_day * day} for day in range(10)]
    assert set(growing(leaking)) == {name}


@pytest.mark.parametrize("weeks", [1, 3, 5, 7])
def test_weeks_that_leave_too_few_days_to_judge_are_refused_before_they_begin(
    weeks: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["soak", "--weeks", str(weeks)])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "name more, or fewer --warm-days" in capsys.readouterr().err


def test_single_high_days_and_a_sink_are_no_growth() -> None:
    high = [{**STEADY, "handles": 30 if day in {4, 9} else 9} for day in range(10)]
    sinking = [{**STEADY, "memory": STEADY["memory"] - day * 2_000_000} for day in range(10)]
    assert growing(high) == {}
    assert growing(sinking) == {}


def test_a_pool_that_fills_again_does_not_grow_and_one_that_fills_more_does() -> None:
    earlier = [{**STEADY, "connections": 19}]
    filling = [{**STEADY, "connections": 11 + day} for day in range(9)]
    assert growing(filling, earlier=earlier) == {}
    assert set(
        growing([*filling, *({**STEADY, "connections": 20 + day} for day in range(5))], earlier=earlier)
    ) == {"connections"}


def test_a_slope_is_the_median_of_all_pairs() -> None:
    assert slope([1, 2, 3, 4, 100]) == 1
