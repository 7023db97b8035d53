"""What a bucket's store says when something is wrong, and that it never says a secret."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web
from tests.files.test_file_stores import chunks, content

from tis_esr.files.file_store import StoreUnavailableError
from tis_esr.files.s3 import S3Files, S3Settings

Call = Callable[[S3Files], Awaitable[object]]

CALLS: dict[str, Call] = {
    "check": lambda store: store.check(),
    "listing": lambda store: store.listing(),
    "open": lambda store: content(store, "a.DAT"),
    "write": lambda store: store.write("a.DAT", chunks(b"x")),
}


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Call:
    return CALLS[request.param]


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def error_answer(status: int, code: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(
            status=status,
            content_type="application/xml",
            text=f"<Error><Code>{code}</Code><AWSAccessKeyId>AKIAINVENTED</AWSAccessKeyId></Error>",
        )

    return answer


async def trouble(settings: S3Settings, call: Call) -> str:
    with pytest.raises(StoreUnavailableError) as raised:
        await call(S3Files(settings))
    said = str(raised.value)
    assert said.startswith(f"S3 bucket {settings.bucket} (TIS_ESR_S3_BUCKET): ")
    assert settings.secret_access_key is None or settings.secret_access_key not in said
    assert "AKIAINVENTED" not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"])
async def test_wrong_credentials_point_at_the_keys(s3_settings: S3Settings, call: Call, code: str) -> None:
    async with served(error_answer(403, code)) as endpoint:
        said = await trouble(replace(s3_settings, endpoint=endpoint), call)
    assert code in said
    assert "TIS_ESR_S3_ACCESS_KEY_ID" in said
    assert "TIS_ESR_S3_SECRET_ACCESS_KEY" in said


async def test_a_missing_bucket_is_said_and_no_file_is_called_missing(
    s3_settings: S3Settings, call: Call
) -> None:
    said = await trouble(replace(s3_settings, bucket="nobody-made-this-one"), call)
    assert "no such bucket" in said


async def test_an_endpoint_that_is_down_is_named(s3_settings: S3Settings, call: Call) -> None:
    async with served(error_answer(500, "InternalError")) as endpoint:
        pass
    said = await trouble(replace(s3_settings, endpoint=endpoint), call)
    assert endpoint in said
    assert "TIS_ESR_S3_ENDPOINT" in said


@pytest.mark.parametrize(
    "endpoint", ["s3.invented.invalid", "http://", "http://localhost:many", "http://[::"]
)
async def test_an_endpoint_that_makes_no_sense_is_named(s3_settings: S3Settings, endpoint: str) -> None:
    said = await trouble(replace(s3_settings, endpoint=endpoint), CALLS["check"])
    assert "TIS_ESR_S3_ENDPOINT" in said


async def test_an_endpoint_that_never_answers_is_given_up(s3_settings: S3Settings, call: Call) -> None:
    over = asyncio.Event()

    async def never(request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async with served(never) as endpoint:
        said = await trouble(replace(s3_settings, endpoint=endpoint, timeout_seconds=0.2), call)
        over.set()
    assert "timed out" in said


async def test_an_endpoint_that_is_out_of_order_is_quoted(s3_settings: S3Settings, call: Call) -> None:
    async with served(error_answer(503, "SlowDown")) as endpoint:
        said = await trouble(replace(s3_settings, endpoint=endpoint), call)
    assert "the server returned 503 SlowDown" in said


async def test_a_bucket_in_another_region_points_at_the_region(s3_settings: S3Settings, call: Call) -> None:
    async with served(error_answer(301, "PermanentRedirect")) as endpoint:
        said = await trouble(replace(s3_settings, endpoint=endpoint), call)
    assert "TIS_ESR_S3_REGION" in said


async def test_half_a_pair_of_keys_is_refused_before_anything_is_sent(s3_settings: S3Settings) -> None:
    said = await trouble(
        replace(s3_settings, secret_access_key=None, endpoint="http://127.0.0.1:1"), CALLS["check"]
    )
    assert "TIS_ESR_S3_SECRET_ACCESS_KEY" in said


async def test_someone_else_writing_the_same_name_just_now_may_be_tried_again(
    s3_settings: S3Settings,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        if request.method == "PUT":
            return await error_answer(409, "ConditionalRequestConflict")(request)
        return await error_answer(404, "NoSuchKey")(request)

    async with served(answer) as endpoint:
        said = await trouble(replace(s3_settings, endpoint=endpoint), CALLS["write"])
    assert "another program" in said


async def test_a_bucket_that_is_right_passes_the_check(s3_settings: S3Settings) -> None:
    await S3Files(s3_settings).check()


def test_the_settings_do_not_show_the_secret(s3_settings: S3Settings) -> None:
    assert "not-a-real-secret-42" not in repr(s3_settings)
