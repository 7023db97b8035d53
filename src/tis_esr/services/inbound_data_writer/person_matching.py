"""Which assignments change a person in TIS, and which person: the others are accounted for here."""

from collections.abc import Mapping, Sequence

from tis_esr.decisions.people import is_deletion, is_host
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.services.concurrently import both
from tis_esr.services.inbound_data_writer.person_journal import Case, account_all, refuse
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Placement


def is_ignored(work: Work, case: Case) -> bool:
    """Return whether the assignment changes nothing about its person; if so, account for its rows with the reason."""
    if is_host(case.head.get("hostLeadIndicator")):
        why = Refusal.HOST_EMPLOYER
    elif is_deletion(case.head):
        why = Refusal.DELETED_ASSIGNMENT
    else:
        return False
    account_all(work, case, RowState.IGNORED, why.text)
    refuse(work, case, None, why.text, why)
    return True


async def matched(tcs: Tcs, work: Work, cases: Sequence[Case]) -> list[Case]:
    """Keep the assignments whose person is in TIS, by GMC, else GDC, and is placed in the post that ESR names.

    Those kept have their person set; the rows of the others are accounted for as unmatched, with the reason.
    """
    by_gmc, by_gdc = await both(
        tcs.people_by_gmc({number for case in cases for number in case.gmc}),
        tcs.people_by_gdc({number for case in cases for number in case.gdc}),
    )
    found: list[tuple[Case, int]] = []
    for case in cases:
        fitting = _ids(case.gmc, by_gmc) or _ids(case.gdc, by_gdc)
        if len(fitting) == 1:
            found.append((case, fitting.pop()))
        else:
            said = "several people in TIS have" if fitting else "nobody in TIS has"
            reason = f"{said} the GMC or GDC number {', '.join(case.gmc + case.gdc) or '(none given)'}"
            account_all(work, case, RowState.UNMATCHED, reason)
            refuse(work, case, None, reason, Refusal.NOT_MATCHED)
    ids = {person_id for _, person_id in found}
    posts, (placements, people) = await both(
        tcs.posts_by_npn({number for case, _ in found if (number := case.head.get("deaneryNumber"))}),
        both(tcs.placements_of_people(ids), tcs.people(ids)),
    )
    kept = []
    for case, person_id in found:
        case.person = people.get(person_id)
        case.post_ids = sorted({p.post_id for p in placements.get(person_id, []) if p.post_id})
        npn = case.head.get("deaneryNumber") or ""
        if case.person is not None and _placed(
            placements.get(person_id, []), {post.id for post in posts.get(npn, [])}
        ):
            kept.append(case)
        else:
            reason = f"post {npn or '(none given)'} is not a post of this person in TIS"
            account_all(work, case, RowState.UNMATCHED, reason)
            refuse(work, case, person_id, reason, Refusal.NOT_MATCHED)
    return kept


def _ids(numbers: Sequence[str], known: Mapping[str, Sequence[int]]) -> set[int]:
    return {person_id for number in numbers for person_id in known.get(number, ())}


def _placed(placements: Sequence[Placement], posts: set[int]) -> bool:
    return any(placement.post_id in posts for placement in placements)
