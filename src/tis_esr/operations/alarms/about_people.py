"""Alarms about applicants: who is about to miss the window, the twelve-week promise, and what TIS shows of them."""

from datetime import timedelta
from typing import Final

from tis_esr.decisions.who import Who
from tis_esr.operations.alarms.kinds import Kind, Severity
from tis_esr.operations.alarms.thresholds import LEAVING_DAYS, PROMISE_DAYS

_HOURS = timedelta(hours=1)

APPLICANTS_LEAVING_WINDOW: Final = Kind(
    id="applicants-leaving-window",
    severity=Severity.WARNING,
    condition=f"an applicant is not sent and leaves the window within {LEAVING_DAYS} days",
    meaning="After the window the trust must create the record in ESR manually. The alarm counts them by local office; those who leave with the next file make it critical.",
    affected="Doctors who are about to start: without a record in ESR they may not be paid on time.",
    to_do=(
        "`tis-esr why PLACEMENT` says why one was not sent and who must act.",
        "`tis-esr lint` lists those with missing data, by local office.",
        "`tis-esr export applicants --deanery CODE` writes another file today.",
    ),
    who=Who.LOCAL_OFFICE,
    silence_covers_new=True,
    repeat=24 * _HOURS,
    unowned=24 * _HOURS,
    source="incident A12",
)
PROMISE_AT_RISK: Final = Kind(
    id="promise-at-risk",
    severity=Severity.WARNING,
    condition=f"fewer than 90 % of the trainees of a week of starts were or will be sent 12 weeks ahead, unless somebody acts within {PROMISE_DAYS} days",
    meaning="NHS England owes trusts the data of 90 % of trainees 12 weeks before they start.",
    affected="Trusts: rotas and contracts are prepared later than agreed.",
    to_do=(
        "`tis-esr promise --by start` shows the weeks, and every trainee who is due or was missed with the reason.",
        "`tis-esr lint` names what keeps applicants from being sent, and who must correct it.",
    ),
    who=Who.LOCAL_OFFICE,
    silence_covers_new=True,
    repeat=timedelta(days=7),
)
STATUS_DRIFT: Final = Kind(
    id="status-drift",
    severity=Severity.WARNING,
    condition="the last comparison of statuses found some in TIS that are missing or wrong, and were not repaired",
    meaning="TIS shows a wrong ESR status: a message was parked or discarded, or TCS has lost the event.",
    affected="Users of TIS, who see that an applicant was not sent although ESR has the record.",
    to_do=(
        "`tis-esr reconcile-status` compares again and lists the differences.",
        "`tis-esr reconcile-status --repair` sends TCS what is missing.",
        "`tis-esr parked` lists messages that need a person.",
    ),
    who=Who.SUPPORT,
    silence_covers_new=True,
    repeat=24 * _HOURS,
    unowned=3 * 24 * _HOURS,
    source="incidents A9, A10 and A11",
)

KINDS: Final = (APPLICANTS_LEAVING_WINDOW, PROMISE_AT_RISK, STATUS_DRIFT)
