"""Each cause for which nothing is sent has somebody who acts and what they do, or nobody and nothing."""

from datetime import timedelta

import pytest
from tests.operations.why.test_why_updates import entry
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.applicant_eligibility import Cause
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.decisions.who import Who
from tis_esr.operations.why.of_unsent import ACTS, who_acts
from tis_esr.operations.why.of_updates import of_updates
from tis_esr.tcs.models import Placement

OWNERS = {
    Cause.NONE: Who.NOBODY,
    Cause.TYPE: Who.LOCAL_OFFICE,
    Cause.NOT_APPROVED: Who.LOCAL_OFFICE,
    Cause.NO_DATES: Who.LOCAL_OFFICE,
    Cause.STARTED: Who.TRUST,
    Cause.NO_TRAINEE: Who.LOCAL_OFFICE,
}


def test_every_cause_has_its_owner_and_an_act() -> None:
    assert set(ACTS) == set(Cause) == set(OWNERS)
    for cause, (who, action) in ACTS.items():
        assert who is OWNERS[cause]
        assert bool(action) is (who is not Who.NOBODY)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_its_owner_and_an_act(refusal: Refusal) -> None:
    [answer] = of_updates([entry("lastName", refusal.value)])
    assert bool(answer.action) is (answer.who is not Who.NOBODY)


@pytest.mark.parametrize(("ends_in", "who"), [(30, Who.TRUST), (0, Who.TRUST), (-1, Who.NOBODY)])
def test_a_started_placement_is_the_trusts_until_it_has_ended(ends_in: int, who: Who) -> None:
    placement = Placement(id=1, date_from=TODAY - timedelta(days=9), date_to=TODAY + timedelta(days=ends_in))
    assert who_acts(Cause.STARTED, placement, TODAY)[0] is who
    assert who_acts(Cause.STARTED, None, TODAY)[0] is Who.TRUST
