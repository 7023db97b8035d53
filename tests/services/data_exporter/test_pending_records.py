"""What is stored of a position's notifications follows what was generated last, and leaves out what ESR has."""

from datetime import date

import msgspec

from tis_esr.decisions.position_view import PositionView
from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import NotificationDraft, NotificationsGenerated
from tis_esr.services.data_exporter.outbound import NotificationRecord, RecordState
from tis_esr.services.data_exporter.pending_records import REPEATED_AT_MOST, held_back, notifications

MESSAGE = Message(id="1", queue="", correlation_id="f:1", source_file="f", deanery="EOE", row=1, body=b"")


def type_1(about: str, end: str) -> NotificationDraft:
    return NotificationDraft(key=about, columns={"notificationTitleCode": "1", "end": end})


NOBODY = NotificationDraft(key="1:1:next:", columns={"notificationTitleCode": "1"})


class Position:
    """A position whose notifications are generated, and sent in file after file."""

    def __init__(self) -> None:
        self.stored: dict[str, NotificationRecord] = {}
        self.files = 0

    def generate(self, *drafts: NotificationDraft) -> None:
        view = PositionView(position_id=1, position_number=1, deanery_number="EOE/1", deanery="EOE")
        body = NotificationsGenerated(
            position=view, version=1, notifications=list(drafts), built_on=date(2026, 11, 24)
        )
        for record in notifications(list(self.stored.values()), body, MESSAGE):
            self.stored[record.key] = record

    def send(self, without: tuple[str, ...] = ()) -> list[str]:
        """Send what is pending in one file, but for some records; return what it was about."""
        self.files += 1
        name = f"DE_EOE_DNC_20261124_{self.files:08d}.DAT"
        found = [record for key, record in self.stored.items() if key not in without]
        pending = [record for record in found if record.state is RecordState.TO_EXPORT]
        for row, record in enumerate(pending, 1):
            self.stored[record.key] = msgspec.structs.replace(
                record, state=RecordState.EXPORTED, file=name, file_row=row
            )
        return [record.about for record in pending]

    def answer(self, key: str, state: RecordState) -> None:
        self.stored[key] = msgspec.structs.replace(self.stored[key], state=state)


def test_what_esr_was_told_last_is_not_told_again() -> None:
    position = Position()
    position.generate(type_1("now:1", "March"))
    assert position.send() == ["now:1"]
    position.generate(type_1("now:1", "March"))
    assert position.send() == []


def test_what_is_so_again_after_another_word_was_sent_is_told_again() -> None:
    """ESR's last word about the position would be the other one."""
    position = Position()
    position.generate(type_1("now:1", "March"))
    position.send()
    position.generate(type_1("next:2", "April"))
    assert position.send() == ["next:2"]
    position.generate(type_1("now:1", "March"))
    assert position.send() == ["now:1"]
    position.generate(type_1("now:1", "March"))
    assert position.send() == []


def test_what_is_so_again_before_the_other_word_was_sent_is_not_told_again() -> None:
    position = Position()
    position.generate(type_1("now:1", "March"))
    position.send()
    position.generate(type_1("next:2", "April"))
    position.generate(type_1("now:1", "March"))
    assert position.send() == []


def test_several_words_that_stand_together_are_sent_as_a_whole_when_one_is_new() -> None:
    """ESR replaces who is now and next in a position by those of the newest file."""
    position = Position()
    position.generate(type_1("now:1", "March"))
    position.send()
    position.generate(type_1("now:1", "March"), type_1("next:2", "April"))
    assert position.send() == ["now:1", "next:2"]
    position.generate(type_1("now:1", "March"), type_1("next:2", "April"))
    assert position.send() == []
    position.generate(type_1("now:1", "March"), type_1("next:2", "May"))
    assert sorted(position.send()) == ["next:2", "now:1"]
    position.generate(type_1("now:1", "March"))
    assert position.send() == ["now:1"]


def test_a_pending_one_beside_a_changed_one_is_cancelled_when_the_change_is_undone() -> None:
    position = Position()
    position.generate(type_1("now:1", "March"), type_1("next:2", "April"))
    position.send()
    position.generate(type_1("now:1", "March"), type_1("next:2", "May"))
    position.generate(type_1("now:1", "March"), type_1("next:2", "April"))
    assert position.send() == []


def test_that_nobody_is_there_or_next_is_sent_only_where_esr_was_sent_anything() -> None:
    position = Position()
    position.generate(type_1("now:1", "March"))
    position.generate(NOBODY)
    assert position.send() == []
    position.generate(type_1("now:1", "March"))
    assert position.send() == ["now:1"]
    position.generate(NOBODY)
    assert position.send() == ["1:1:next:"]


def test_what_stands_beside_one_that_is_held_back_is_sent_once() -> None:
    position = Position()
    both = type_1("now:1", "March"), type_1("next:2", "April")
    position.generate(*both)
    position.stored["next:2#1"] = held_back(position.stored["next:2#1"], "it does not fit")
    assert position.send() == ["now:1"]
    position.generate(*both)
    assert position.send(("next:2#1",)) == []


def withdrawal(placement: int = 7) -> NotificationDraft:
    columns = {"notificationTitleCode": "2", "withdrawnTraineeLastName": "Specimen"}
    return NotificationDraft(key=f"1:sent:{placement}:8", columns=columns, fact="withdrawn")


def test_a_withdrawal_that_esr_rejected_is_repeated_and_one_that_it_accepted_is_not() -> None:
    position = Position()
    position.generate(withdrawal())
    assert position.send() == ["1:sent:7:8"]
    position.generate(withdrawal())
    assert position.send() == []
    position.answer("1:sent:7:8#1", RecordState.REJECTED)
    position.generate(withdrawal())
    assert position.send() == ["1:sent:7:8"]
    position.answer("1:sent:7:8#2", RecordState.CONFIRMED)
    position.generate(withdrawal())
    assert position.send() == []


def test_a_withdrawal_that_esr_rejects_again_and_again_is_not_repeated_for_ever() -> None:
    position = Position()
    for number in range(1, REPEATED_AT_MOST + 1):
        position.generate(withdrawal())
        assert position.send() == ["1:sent:7:8"]
        position.answer(f"1:sent:7:8#{number}", RecordState.REJECTED)
    position.generate(withdrawal())
    assert position.send() == []


def test_two_withdrawals_of_one_trainee_that_are_equal_are_sent_in_two_files() -> None:
    """ESR rejects a row that is in a file twice, and would hold the second applicant without the second row."""
    position = Position()
    for expected in (["1:sent:7:8"], ["1:sent:9:8"], []):
        position.generate(withdrawal(7), withdrawal(9))
        assert position.send() == expected


def of(*placements: int) -> NotificationDraft:
    """A type 1 about who is there, with the placements that it names."""
    return NotificationDraft(
        key=f"1:1:now:{placements[0]}",
        columns={"notificationTitleCode": "1", "end": f"of {placements}"},
        placements=list(placements),
    )


def nobody_but(*drafted: int) -> NotificationDraft:
    return msgspec.structs.replace(NOBODY, placements=list(drafted))


def test_whose_placement_went_back_to_draft_is_still_expected() -> None:
    position = Position()
    position.generate(of(1))
    position.send()
    position.generate(nobody_but(1))
    assert position.send() == []
    position.generate(of(1))
    assert position.send() == []


def test_that_nobody_is_there_is_sent_where_esr_has_somebody_else_than_those_who_are_expected() -> None:
    """The other trainee of the position was deleted: ESR would go on to hold them (seeds 10 and 15 of the quarter)."""
    position = Position()
    position.generate(of(2, 1))
    position.send()
    for _ in range(2):
        position.generate(nobody_but(1))
    assert position.send() == ["1:1:next:"]
    position.generate(nobody_but(1))
    assert position.send() == []


def test_somebody_who_was_never_sent_does_not_hide_whom_esr_has() -> None:
    """The second one was reported in no file: it is the first one whom ESR has, and who is gone."""
    position = Position()
    position.generate(of(1))
    position.send()
    position.generate(of(2))
    position.generate(nobody_but(2))
    assert position.send() == ["1:1:next:"]


def test_where_esr_was_sent_applicants_alone_nobody_is_said_to_be_gone_while_one_is_in_draft() -> None:
    position = Position()
    position.generate(nobody_but(1))
    assert position.send() == []


def test_a_type_1_that_was_stored_without_its_placements_is_about_the_one_in_its_subject() -> None:
    position = Position()
    position.generate(msgspec.structs.replace(of(2), placements=[]))
    position.send()
    position.generate(nobody_but(1))
    assert position.send() == ["1:1:next:"]
