"""Transactions whose outcome is known: a commit that was not answered is repeated until its outcome is known."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from tis_esr.engine.production.mongodb.mongodb_errors import describe, is_retryable

T = TypeVar("T")
_log = structlog.get_logger()
_TRIES = 8
_AGAIN_SECONDS = 30.0
"""How long a commit is repeated: longer than the election of a primary."""
_PAUSE = 0.2


@asynccontextmanager
async def transaction(
    client: AsyncMongoClient[dict[str, Any]], **options: Any
) -> AsyncIterator[AsyncClientSession]:
    """Commit everything that the block does with the session, or roll it back.

    MongoDB commits a transaction once, however often it is asked to. If it does not answer for half a minute, the error
    of the last try is raised, and the transaction may have taken effect.
    """
    async with client.start_session() as session:
        try:
            async with await session.start_transaction(**options):
                yield session
        except PyMongoError as error:
            if not _is_unknown(error):
                raise
            await _commit_again(session, error)


async def _commit_again(session: AsyncClientSession, error: PyMongoError) -> None:
    clock = asyncio.get_running_loop().time
    end = clock() + _AGAIN_SECONDS
    while clock() < end:
        _log.info("commit_repeated", reason=describe(error))
        await asyncio.sleep(_PAUSE)
        try:
            await session.commit_transaction()
        except PyMongoError as again:
            if not _is_unknown(again):
                raise
            error = again
        else:
            return
    raise error


def _is_unknown(error: PyMongoError) -> bool:
    return error.has_error_label("UnknownTransactionCommitResult")


async def retried(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction, and retry it after a write conflict."""
    for number in range(_TRIES - 1):
        try:
            return await attempt()
        except PyMongoError as error:
            if not is_retryable(error):
                raise
            _log.debug("transaction_retried", reason=describe(error))
            await asyncio.sleep(random.uniform(0, 0.005 * 2**number))  # noqa: S311 - jitter
    return await attempt()
