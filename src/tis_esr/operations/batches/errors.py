"""What a person cannot do with a batch, each with what to do instead."""

from collections.abc import Sequence

from tis_esr.counted import counted, plural
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.batches.documents import Batch


class BatchError(TisEsrError):
    """The root of the errors about batches."""

    exit_code = Exit.USAGE


class UnknownBatchError(BatchError):
    """There is no batch with this id."""

    def __init__(self, batch: str) -> None:
        super().__init__(f"BATCH: there is no batch {batch!r}; tis-esr batch list names them")
        self.batch = batch


class EmptyBatchError(BatchError):
    """No parked message that can be retried meets the conditions."""

    def __init__(self, unreadable: int) -> None:
        more = f"; {unreadable} can only be discarded" if unreadable else ""
        super().__init__(f"no parked message to retry meets the conditions{more}. tis-esr parked lists them")
        self.unreadable = unreadable


class LargeBatchError(BatchError):
    """More messages than one batch can have."""

    def __init__(self, number: int, most: int) -> None:
        super().__init__(
            f"{counted(number, 'message is', 'messages are')} more than a batch can have ({most}); narrow the choice, for example by --file"
        )
        self.number = number
        self.most = most


class SetChangedError(BatchError):
    """The set is not the one of the dry run; says the difference."""

    def __init__(self, before: int, now: int, added: int, gone: int) -> None:
        super().__init__(
            f"--expect: nothing was changed, because the set has changed: {counted(before, 'message')} at the dry run, {now} now"
            f" ({added} parked since, {gone} no longer parked). Repeat the dry run and use its new token"
        )
        self.before, self.now, self.added, self.gone = before, now, added, gone


class BadTokenError(BatchError):
    """A token that no dry run prints."""

    def __init__(self, token: str) -> None:
        super().__init__(f"--expect: {token!r} is not a token; copy the one that --dry-run prints")
        self.token = token


class InOtherBatchError(BatchError):
    """Messages of the set are in another batch that is not over."""

    def __init__(self, batches: Sequence[Batch], number: int) -> None:
        names = ", ".join(f"{batch.id} (started by {batch.who}, {batch.state})" for batch in batches)
        super().__init__(
            f"{number} of these messages {plural(number, 'is', 'are')} in another batch: {names}."
            " Nothing was changed. Wait until that batch has finished (tis-esr batch show), or end it with"
            " tis-esr batch stop BATCH --why TEXT; then retry"
        )
        self.batches = [batch.id for batch in batches]
        self.number = number


class BatchStateError(BatchError):
    """The batch is not in a state for this act: another person was faster, or it is over."""

    def __init__(self, batch: Batch, act: str) -> None:
        at = f"{batch.changed_at:%Y-%m-%d %H:%M} UTC"
        advice = "start a new one: tis-esr parked retry" if batch.state == "stopped" else "nothing to do"
        super().__init__(
            f"{batch.id} can't be {act}: it is {batch.state} since {at}, by {batch.changed_by}"
            f"{f' ({batch.note})' if batch.note else ''}; {advice}"
        )
        self.batch = batch.id
        self.state = batch.state
        self.found = batch
