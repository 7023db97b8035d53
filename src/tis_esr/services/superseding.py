"""Which messages about a thing are new: the newest version, and only if none newer was handled before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from tis_esr.decisions.versions import is_superseded
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work

B = TypeVar("B")

NEWER = "a newer version of it was handled before"


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a thing that a consumer has handled, and the rows in it (``file:row``)."""

    version: int
    sources: list[str] = []


@dataclass(frozen=True)
class News(Generic[B]):
    """A message about one thing: its key, the version of the fact it reports, the rows in it, and its body."""

    key: str
    version: int
    sources: list[str]
    message: Message
    body: B

    @property
    def handled(self) -> Handled:
        """Return what is stored of it."""
        return Handled(version=self.version, sources=self.sources)


def newest(work: Work, arriving: Iterable[News[B]], known: Mapping[str, Handled]) -> dict[str, News[B]]:
    """Return the newest message about each thing, by key; those older than the stored version are dropped, and their rows are accounted for as superseded."""
    latest: dict[str, News[B]] = {}
    for news in sorted(arriving, key=lambda news: news.version):
        before = known.get(news.key)
        if before is not None and is_superseded(news.version, before.version):
            _superseded(work, news.message, before)
            continue
        if news.key in latest:
            _superseded(work, latest[news.key].message, news.handled)
        latest[news.key] = news
    return latest


def _superseded(work: Work, message: Message, by: Handled) -> None:
    """Account for the row as superseded, unless it is part of the newer version too. The row keeps its record type."""
    if message.row and f"{message.source_file}:{message.row}" not in by.sources:
        work.account(message.source_file, message.row, "", RowState.SUPERSEDED, NEWER)
