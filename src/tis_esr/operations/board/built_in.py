"""What is expected where nobody has set anything: ESR's published times, and our own schedule from the settings."""

from dataclasses import dataclass

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectations import Expectation
from tis_esr.operations.composition import window
from tis_esr.settings import Settings

_RMC_GRACE, _ANSWER_GRACE = 30, 60
_OWN_GRACE = 15
_ON_THE_DAY = "59 23 * * *"


@dataclass(frozen=True)
class Terms:
    """What the board takes from the settings: the built-in expectations, and the window of applicants."""

    built_in: tuple[Expectation, ...]
    window: ApplicantWindow


def terms_of(settings: Settings) -> Terms:
    """Return the terms of an installation."""
    return Terms(
        built_in=built_in_expectations(
            settings.applicants_cron,
            settings.notifications_cron,
            export_wait_minutes=settings.export_wait_minutes,
            confirmation_due_days=settings.confirmation_due_days,
            send_rtc=settings.send_rtc,
        ),
        window=window(settings),
    )


def built_in_expectations(
    applicants_cron: str,
    notifications_cron: str,
    *,
    export_wait_minutes: float,
    confirmation_due_days: int,
    send_rtc: bool,
) -> tuple[Expectation, ...]:
    """Return one expectation a file type, for all offices; RTC files are expected if ``send_rtc``.

    ESR promises RMC files by 14:30, its APC files arrive about 07:12 and its DCC files about 15:12. Of our own exports
    the first of a day counts, and the longest wait at the gate is no delay.
    """
    own = int(export_wait_minutes) + _OWN_GRACE
    at_once = confirmation_due_days == 0
    return (
        Expectation(type=FileType.RMC, schedule="30 14 * * *", grace_minutes=_RMC_GRACE, source="ESR sends it by 14:30"),
        Expectation(type=FileType.APP, schedule=applicants_cron, grace_minutes=own, source="TIS_ESR_APPLICANTS_CRON"),
        Expectation(type=FileType.DNC, schedule=notifications_cron, grace_minutes=own, source="TIS_ESR_NOTIFICATIONS_CRON"),
        Expectation(
            type=FileType.RTC,
            schedule="30 15 * * *" if send_rtc else "",
            grace_minutes=_ANSWER_GRACE,
            source="TIS_ESR_SEND_RTC; one hour after the RMC is due",
        ),
        Expectation(
            type=FileType.APC,
            schedule=_ON_THE_DAY if at_once else "30 7 * * *",
            grace_minutes=0 if at_once else _ANSWER_GRACE,
            source="ESR answers the next morning; TIS_ESR_CONFIRMATION_DUE_DAYS",
            days_after=confirmation_due_days,
        ),
        Expectation(
            type=FileType.DCC,
            schedule=_ON_THE_DAY if at_once else "30 15 * * *",
            grace_minutes=0 if at_once else _ANSWER_GRACE,
            source="ESR answers the next afternoon; TIS_ESR_CONFIRMATION_DUE_DAYS",
            days_after=confirmation_due_days,
        ),
    )  # fmt: skip
