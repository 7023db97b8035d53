"""Whose fault it is: TCS's, a gateway's, that of our access, or of what answers instead of TCS."""

from collections.abc import Sequence

import pytest
import structlog
from structlog.testing import capture_logs
from tests.contract.wires import InProcess, asking, replied

from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.tcs_errors import (
    NotTcsError,
    TcsAccessError,
    TcsRefusedError,
    TcsServerError,
    TcsUnavailableError,
    TcsUncertainError,
    TcsUnreadableError,
)
from tis_esr.tcs.tokens import StaticToken
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply

FINE = replied(200, [])
POST = {"id": 1, "nationalPostNumber": "EOE/1"}
DENIED = {"message": "error.accessDenied", "description": "Access is denied to esr_user"}


@pytest.fixture(autouse=True)
def _logging() -> None:
    structlog.reset_defaults()


@pytest.mark.parametrize("status", [408, 502, 504, 501, 520])
async def test_a_gateways_answer_is_tcss_trouble_whatever_the_check_up_question_says(status: int) -> None:
    wire = InProcess(replied(status, b"<html>Bad Gateway</html>"), FINE)
    async with asking(wire, attempts=1) as tcs:
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post(1)

    assert (type(caught.value), caught.value.status) == (TcsUnavailableError, status)
    assert [path for _, path in wire.sent] == ["/api/posts/1"]


@pytest.mark.parametrize("status", [408, 502, 503, 504])
async def test_a_read_is_repeated_after_it(status: int) -> None:
    wire = InProcess(replied(status), replied(status), replied(200, {"id": 1}))
    async with asking(wire) as tcs:
        assert await tcs.post(1)

    assert len(wire.sent) == 3


async def test_a_500_on_a_read_is_still_decided_by_the_check_up_question() -> None:
    async with asking(InProcess(replied(500), FINE), attempts=1) as tcs:
        with pytest.raises(TcsServerError):
            await tcs.post(1)
    async with asking(InProcess(replied(500), replied(502)), attempts=1) as tcs:
        with pytest.raises(TcsUnavailableError):
            await tcs.post(1)


# Our access.


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(replied(403, DENIED), id="403"),
        pytest.param(replied(403, b"<html>Forbidden</html>"), id="403 of a gateway"),
        pytest.param(replied(401, DENIED), id="401 with a reason"),
    ],
)
async def test_a_refusal_of_our_access_passes_and_names_endpoint_and_permission(end: Reply) -> None:
    wire = InProcess(end)
    async with asking(wire, StaticToken("invented")) as tcs:
        with pytest.raises(TcsAccessError) as caught:
            await tcs.post_esr_exported(4711, {})

    assert isinstance(caught.value, TcsUnavailableError)
    assert not isinstance(caught.value, TcsUncertainError)
    assert "POST /api/placements/{id}/esr-exported" in str(caught.value)
    assert "our user lacks the permission tcs:add:modify:entities" in str(caught.value)
    assert "4711" not in str(caught.value)
    assert "esr_user" not in str(caught.value)
    assert len(wire.sent) == 1


async def test_a_refusal_of_our_access_is_logged_once_for_each_endpoint_until_it_is_over() -> None:
    wire = InProcess(replied(403))
    with capture_logs() as logs:
        async with asking(wire) as tcs:
            for _ in range(3):
                for call in (tcs.post, tcs.placement):
                    with pytest.raises(TcsAccessError):
                        await call(1)
            wire.ends = [replied(200, {"id": 1})]
            await tcs.post(1)
            wire.ends = [replied(403)]
            with pytest.raises(TcsAccessError):
                await tcs.post(1)

    found = [(line["endpoint"], line["log_level"]) for line in logs if line["event"] == "tcs.access_denied"]
    assert found == [
        ("GET /api/posts/{id}", "warning"),
        ("GET /api/placements/{id}", "warning"),
        ("GET /api/posts/{id}", "warning"),
    ]


async def test_a_refusal_of_our_access_leaves_the_other_endpoints_alone() -> None:
    async with asking(InProcess(replied(403)), breaker=Breaker(threshold=2)) as tcs:
        for _ in range(5):
            with pytest.raises(TcsAccessError):
                await tcs.post(1)
        assert tcs.breaker_state == "closed"


async def test_a_401_without_a_reason_is_trouble_with_the_login() -> None:
    async with asking(InProcess(replied(401)), StaticToken("invented")) as tcs:
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post(1)

    assert type(caught.value) is TcsUnavailableError


async def test_a_code_of_a_header_is_told_and_a_text_is_not() -> None:
    for header, told in (("error.idexists", "error.idexists"), ("Testa Specimen has it", None)):
        async with asking(InProcess(replied(400, X_tcsApp_error=header))) as tcs:
            with pytest.raises(TcsRefusedError) as caught:
                await tcs.post(1)
        assert caught.value.reason == told


# Lists with the status 302.


async def test_a_list_with_the_status_302_and_no_location_is_an_answer() -> None:
    async with asking(InProcess(replied(302, [POST]))) as tcs:
        assert [post.id for post in (await tcs.posts_by_npn(["EOE/1"]))["EOE/1"]] == [1]
    async with asking(InProcess(replied(302, []))) as tcs:
        assert await tcs.people([1]) == {}


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(replied(302, [POST], location="/login"), id="with a Location"),
        pytest.param(replied(302, b"<html>Moved</html>"), id="with a page"),
        pytest.param(replied(302), id="empty"),
        pytest.param(replied(302, {"id": 1}), id="no list"),
    ],
)
async def test_any_other_302_is_not(end: Reply) -> None:
    async with asking(InProcess(end), attempts=1) as tcs:
        with pytest.raises(TcsUnreadableError, match="302"):
            await tcs.posts_by_npn(["EOE/1"])


async def test_a_302_is_no_answer_where_no_list_is_looked_up() -> None:
    async with asking(InProcess(replied(302, {"id": 1})), attempts=1) as tcs:
        with pytest.raises(TcsUnreadableError, match="302"):
            await tcs.post(1)


# What answers isn't TCS.


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(replied(200, b"<html>Welcome</html>"), id="a page"),
        pytest.param(replied(404), id="404"),
        pytest.param(replied(404, {"timestamp": "now", "status": 404}), id="404 with a body"),
        pytest.param(replied(200, {"status": "UP"}), id="other JSON"),
        pytest.param(replied(302, b"", Location="/login"), id="a login page"),
        pytest.param(replied(400, b"<html>plain HTTP sent to HTTPS port</html>"), id="HTTPS"),
        pytest.param(replied(405), id="405"),
    ],
)
async def test_the_check_says_when_something_that_is_not_tcs_answers(end: Reply) -> None:
    async with asking(InProcess(end)) as tcs:
        with pytest.raises(NotTcsError, match=r"http://tcs\.example/tcs is not TCS: .*context path"):
            await tcs.check()


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param([NotSentError("could not connect")], id="refused"),
        pytest.param([NoAnswerError("timed out")], id="timed out"),
        pytest.param([replied(502, b"<html>")], id="502"),
        pytest.param([replied(503)], id="503"),
        pytest.param([replied(500)], id="500"),
        pytest.param([replied(401)], id="401"),
        pytest.param([replied(403)], id="403"),
        pytest.param([FINE], id="well"),
        pytest.param([replied(302, [])], id="an old one"),
        pytest.param([replied(400, {"message": "error.validation"})], id="a code of TCS"),
        pytest.param([replied(200, b"<html>one moment please"), FINE], id="a page, then well"),
    ],
)
async def test_the_check_has_no_complaint_about_tcs_nor_about_its_being_down(
    ends: Sequence[Reply | Exception],
) -> None:
    async with asking(InProcess(*ends)) as tcs:
        await tcs.check()


async def test_once_tcs_has_answered_rubbish_is_transient() -> None:
    async with asking(InProcess(FINE, replied(404)), attempts=1) as tcs:
        await tcs.posts_by_npn(["EOE/1"])
        await tcs.check()
        with pytest.raises(TcsUnreadableError):
            await tcs.posts_by_npn(["EOE/1"])
