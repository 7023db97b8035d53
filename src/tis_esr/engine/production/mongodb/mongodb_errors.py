"""Classifies MongoDB's errors: nearly all are transient; a document that it can't store is permanent."""

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import InvalidDocument
from pymongo.errors import DocumentTooLarge, InvalidOperation, NetworkTimeout, OperationFailure, PyMongoError

from tis_esr.engine.faults import TransientError

_DUPLICATE_KEY = 11000
_WRITE_CONFLICT = 112


@contextmanager
def trouble_as_transient() -> Iterator[None]:
    """Raise TransientError for errors of MongoDB, but not for the error of a faulty document."""
    try:
        yield
    except (InvalidDocument, DocumentTooLarge):
        raise
    except PyMongoError as error:
        advice = "it is retried where something waits for it; if it lasts, see tis-esr doctor"
        raise TransientError(f"MongoDB (TIS_ESR_MONGODB_URL): {describe(error)}; {advice}") from error


def describe(error: PyMongoError) -> str:
    """Name an error by its class and MongoDB's code name: its text may quote a document or an address."""
    details = error.details if isinstance(error, OperationFailure) and error.details else {}
    name = details.get("codeName")
    return f"{type(error).__name__} ({name})" if name else type(error).__name__


def is_duplicate(error: OperationFailure) -> bool:
    """Return whether a write failed because its key exists."""
    errors = (error.details or {}).get("writeErrors", [])
    return error.code == _DUPLICATE_KEY or any(e.get("code") == _DUPLICATE_KEY for e in errors)


def is_retryable(error: PyMongoError) -> bool:
    """Return whether the whole transaction can be retried at once; not if the client was closed, or has waited for an answer in vain."""
    if isinstance(error, InvalidOperation | NetworkTimeout):
        return False
    if isinstance(error, OperationFailure):
        errors = (error.details or {}).get("writeErrors", [])
        if error.code == _WRITE_CONFLICT or any(e.get("code") == _WRITE_CONFLICT for e in errors):
            return True
    return error.has_error_label("TransientTransactionError")
