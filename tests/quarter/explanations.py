"""The closed list of rules by which ESR's view may differ from TIS for a while, each with its source and its limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
from tests.quarter.chronicle import NOT_LOADED, QUARANTINED, REJECTED, Chronicle
from tests.quarter.differences import EXTRA, MISSING, NOW_AND_NEXT, Difference, of_position

FOREVER = 10_000
AT_THE_END = ("came too late",)
"""The rules that may still explain a difference after the quiet days: nobody is sent who has begun."""
_MOST_A_POST = 40
_RESENT_WITHIN = timedelta(days=14)
_OTHERS = 2
"""The rules that do not depend on when TIS changed begin here."""


@dataclass(frozen=True)
class Rule:
    """``begun`` returns the day since which the rule explains a difference, None where it doesn't.

    ``limit`` is the number of runs that may come to their end after that day until the difference is gone.
    """

    name: str
    source: str
    limit: int
    begun: Callable[[Difference, Chronicle], date | None]


def explanation(found: Difference, chronicle: Chronicle) -> str:
    """Return the name of the first rule that explains a difference within its limit; "" where none does."""
    return _first_of(RULES, found, chronicle)


def _first_of(rules: Sequence["Rule"], found: Difference, chronicle: Chronicle) -> str:
    for rule in rules:
        since = rule.begun(found, chronicle)
        if since is not None and chronicle.runs_since(since) <= rule.limit:
            return rule.name
    return ""


def _not_run(found: Difference, chronicle: Chronicle) -> date | None:
    return found.day if not chronicle.ran or chronicle.ran[-1] != found.day else None


def _changed_since(found: Difference, chronicle: Chronicle) -> date | None:
    """Explain what was not so when the files were written: then nothing differed, or another rule explained it."""
    id_ = found.position.id
    then = chronicle.at_run.get(id_)
    if then is None or then == found.truth:
        return None
    before = of_position(chronicle.told[id_], then, chronicle.holdings, found.day)
    same = [one for one in before if one.subject == found.subject]
    is_new = all(_first_of(RULES[_OTHERS:], one, chronicle) for one in same)
    return found.day if is_new else None


def _esr_has_not_said(found: Difference, chronicle: Chronicle) -> date | None:
    told, now = chronicle.told.get(found.position.id), found.position
    if told is None or msgspec.structs.replace(told, touched=now.touched, title=now.title) != now:
        return now.touched
    return None


def _refused_as(why: str) -> Callable[[Difference, Chronicle], date | None]:
    """Return what explains a difference by the last row about its subject, which ESR has not taken.

    The time counts from the first day of the difference: while ESR has deleted the position there is none.
    """

    def begun(found: Difference, chronicle: Chronicle) -> date | None:
        is_missing = found.kind == MISSING
        sent = chronicle.applied.get(found.subject) if is_missing else chronicle.sending(found.subject)
        if sent is None or not sent.refused.startswith(why):
            return None
        return max(sent.day, chronicle.seen.get((found.kind, found.subject), found.day))

    return begun


def _data_missing(found: Difference, chronicle: Chronicle) -> date | None:
    return found.day if found.kind == MISSING and found.coming is not None and found.coming.fault else None


def _over_forty(found: Difference, chronicle: Chronicle) -> date | None:
    if found.kind != MISSING or found.coming is None or found.subject in chronicle.applied:
        return None
    key = (found.position.id, f"{found.coming.placement} {found.person}")
    due = chronicle.due.get(key)
    same_day = sum(
        day == due for (id_, _), day in chronicle.due.items()
        if (told := chronicle.told.get(id_)) is not None and told.post == found.position.post
    )  # fmt: skip
    return due if due is not None and same_day > _MOST_A_POST else None


def _too_late(found: Difference, chronicle: Chronicle) -> date | None:
    if found.kind != MISSING or found.coming is None:
        return None
    is_near = found.coming.start <= found.day + timedelta(days=1)
    key = (found.position.id, f"{found.coming.placement} {found.person}")
    sent = chronicle.applied.get(found.subject)
    is_refused = sent is not None and bool(sent.refused) and found.coming.start - sent.day <= _RESENT_WITHIN
    return found.day if is_near and (key not in chronicle.due or is_refused) else None


def _draft(found: Difference, chronicle: Chronicle) -> date | None:
    counting: dict[str, bool] = {}
    for _, one, counts in found.truth.everybody:
        counting[one.person] = counts or counting.get(one.person, False)
    if found.kind == EXTRA:
        return found.day if counting.get(found.person) is False else None
    if found.kind != NOW_AND_NEXT or found.truth.pairs:
        return None
    held = [somebody.gmc for pair in found.pairs for somebody in pair if somebody is not None]
    return found.day if held and all(counting.get(gmc) is False for gmc in held) else None


RULES = (
    Rule("not run that day", "operations: no run, or one that failed, on the day; A13, A16, A23", 0, _not_run),
    Rule("next file", "changed in TIS after the day's files were written", 0, _changed_since),
    Rule("ESR's file is not here", "the trust's change is in a file that is late, or not sent that day", 5, _esr_has_not_said),
    Rule("not loaded yet", "ESR loads a file days later, and those behind it; its answer is overdue", 4, _refused_as(NOT_LOADED)),
    Rule("quarantined", "ESR loads nothing of a quarantined file (A7, wiki 4192239637); resent by a person", 6, _refused_as(QUARANTINED)),
    Rule("rejected by ESR", "ESR rejected the row; resent by a person, or with other data", 8, _refused_as(REJECTED)),
    Rule("held back: data", "a mandatory value is missing in TIS (wiki 1374060617)", FOREVER, _data_missing),
    Rule("over 40", "ESR loads 40 applicants of a post from a file (A7); the rest is in the next file", 2, _over_forty),
    Rule("came too late", "applicants are sent, and resent, until two days before their start (wiki 1491894291)", FOREVER, _too_late),
    Rule("draft withdraws nobody", "TCS: approved to draft sends nothing (S26)", FOREVER, _draft),
)  # fmt: skip
