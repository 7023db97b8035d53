"""Faults that were once in the product, put back one at a time: how many seeds until the simulation finds each.

python -m tests.simulation --put-back all [--count 1000]
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.simulation import put_back_order as order
from tests.simulation import put_back_retries as retries
from tests.simulation.judge import Judgement, judge
from tests.simulation.put_back_order import Patches

CRASHES = frozenset({"kill", "freeze", "stop", "store", "slow", "process"})
DOUBLED = ("TCS: changed twice", "TCS: exported", "TCS: positions of posts")


@dataclass(frozen=True)
class Fault:
    """A fault, with what has to be broken besides because the design makes it harmless alone.

    ``off`` are disturbances without which ``besides`` alone does no harm, so that what is found is the fault;
    ``harm`` are the kinds of broken promise to look for, where not any will do.
    """

    text: str
    patches: Callable[[], Patches]
    besides: Callable[[], Patches] | None = None
    besides_text: str = ""
    off: frozenset[str] = frozenset()
    harm: tuple[str, ...] = ()


FAULTS: dict[str, Fault] = {
    "older-news": Fault("consumers take events in the order of arrival", order.older_news),
    "nothing-of-nothing": Fault(
        "nothing is kept about a position of which nothing came", order.nothing_kept_of_nothing
    ),
    "as-it-comes": Fault(
        "TCS is told in the order of arrival: DELETED overtakes RECONCILED", order.tcs_told_as_it_comes
    ),
    "whole-group": Fault("an older ASG group is superseded whole", order.group_superseded_whole),
    "older-details": Fault("an older ASG group overwrites newer details", order.older_details),
    "stamp-first": Fault(
        "a person's newest stamp is saved before TCS was called",
        order.stamped_before_the_call,
        order.same_counts_as_newer,
        "the same version again counts as superseded",
        harm=("TCS: details", "TCS: absences"),
    ),
    "sequences": Fault("sequences of different deaneries are compared", order.sequences_compared),
    "survivors": Fault("pending types 2, 4, 5 survive the position's deletion", order.pending_survive),
    "no-vpd-users": Fault("those who use a VPD are not told of another", order.no_users_of_a_vpd),
    "no-person-changed": Fault("names are not built again after a person update", order.no_person_changed),
    "rows-twice": Fault("the same NOT row twice in one DNC", order.rows_twice),
    "siblings-cancelled": Fault(
        "a failed call cancels those under way beside it",
        retries.siblings_cancelled,
        retries.attempt_not_saved_before,
        "an attempt is not saved as open before its call; no crash, one process",
        CRASHES,
        DOUBLED,
    ),
    "begun-twice": Fault("a write is begun while an earlier one may still arrive", retries.begun_twice),
    "not-looked-for": Fault("an append is made again without a look", retries.not_looked_for),
    "whole-batch": Fault(
        "one failed append repeats the batch",
        retries.batch_repeated,
        retries.success_trusted,
        "what the process saw succeed is not looked for; no crash, one process",
        CRASHES,
        DOUBLED,
    ),
    "parked-done": Fault(
        "parked in wave 1, acknowledged in wave 2",
        retries.parked_is_forgotten,
        retries.acknowledged_unseen,
        "the engine acknowledges what it has parked",
    ),
    "lost-acknowledged": Fault("messages of a lost part are acknowledged", retries.lost_part_acknowledged),
    "lost-sent": Fault("what a lost part emitted is sent", retries.lost_part_sent),
    "rows-pending": Fault("the rows of a redriven message stay pending", retries.redriven_rows_pending),
    "one-arrival": Fault("a discarded file can't arrive again", retries.arrives_once),
    "no-id": Fault("messages without id share one", retries.no_id_by_hand),
    "last-look": Fault("a second look excuses a decision made on the first", retries.last_look_counts),
}
"""The lines of orders and retries, and three that the simulation found itself."""


@contextlib.contextmanager
def put_back(fault: Fault, *, alone: bool = False) -> Iterator[None]:
    """Have a fault in the product for as long as the block lasts; ``alone`` only what has to be broken besides."""
    parts = [] if alone else [fault.patches]
    parts += [fault.besides] if fault.besides else []
    with contextlib.ExitStack() as stack:
        for part in parts:
            for one in part():
                stack.enter_context(one)
        yield


def seeds_needed(name: str, most: int) -> tuple[int, str] | None:
    """Return how many seeds it takes until the fault breaks something that holds without it, and what; else None."""
    fault = FAULTS[name]
    for seed in range(most):
        with put_back(fault):
            found = judge(seed, fault.off)
        kinds = _kinds(found, fault)
        if not kinds:
            continue
        with put_back(fault, alone=True):
            without = _kinds(judge(seed, fault.off), fault)
        kinds = set() if fault.harm and without else kinds - without
        for violation in found.violations:
            if violation.kind in kinds:
                return seed + 1, f"{violation.kind}: {violation.sentence}"
    return None


def _kinds(found: Judgement, fault: Fault) -> set[str]:
    return {v.kind for v in found.violations if not fault.harm or v.kind in fault.harm}
