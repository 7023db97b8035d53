"""A parked message that came from no file of ESR, such as a change of TIS, is listed by its id alone."""

import pytest

from tis_esr.commands.parked_desk import listing
from tis_esr.engine.reader_protocol import Among, Trace
from tis_esr.errors import Exit
from tis_esr.operations.parked.listing import Choice
from tis_esr.settings import Settings


class OneParked:
    def parked(self, among: Among) -> list[Trace]:
        reason = "not a change of TIS: data.id is not a whole number"
        return [
            Trace(
                seq=1.0, id="91f7", queue="esr.queue.tis.change", state="PARKED", attempts=1,
                correlation_id="", source_file="", row=0, reason=reason,
            )
        ]  # fmt: skip

    def close(self) -> None: ...


def test_a_parked_change_of_tis_names_no_row_of_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listing, "reader_of", lambda *_: OneParked())
    assert listing.list_parked(Settings(), Choice(), None, None, as_json=False) is Exit.DONE_WITH_PARKED
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].endswith("esr.queue.tis.change: not a change of TIS: data.id is not a whole number")
    assert lines[4].split() == ["91f7"]
