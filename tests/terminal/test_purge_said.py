"""What ``tis-esr purge`` prints of the days from which things are kept."""

from datetime import date

import pytest

from tis_esr.commands.purge import _show
from tis_esr.services.retention.audit import PurgeOfDay


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        (date(2025, 6, 17), "guards against older files from 17 Jun 2025"),
        (
            date.min,
            "all that protects against older files, because a message has been waiting or parked for very long",
        ),
    ],
)
def test_a_purge_that_removes_no_guards_says_why(
    guards: date, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    day = date(2026, 11, 24)
    _show(PurgeOfDay(day=day, messages=day, personal=day, history=day, guards=guards), dry_run=False)
    assert said in " ".join(capsys.readouterr().out.split())
