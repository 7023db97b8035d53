"""Documents without the fields that were added since the last schema version are still read, with the fields' defaults."""

from typing import Any

import msgspec
import pytest
from tests.services.old_things import LIVING, a_notification, a_position, a_run, ago, an_applicant

from tis_esr.engine.collection import Collection

ADDED = {
    "reconciled_on", "since", "changes_on", "standing", "newer", "earlier", "resend", "is_successor", "settled", "only"
}  # fmt: skip
DOCUMENTS = [
    *a_position(LIVING, ago(10)),
    an_applicant(11, ago(1)),
    a_notification("1:now:11", 1, ago(10)),
    *a_run(ago(10)),
]


@pytest.mark.parametrize(("collection", "document"), DOCUMENTS)
def test_a_document_of_an_earlier_version_is_read(collection: Collection[Any], document: Any) -> None:
    fields = msgspec.to_builtins(document)
    older = {name: value for name, value in fields.items() if name not in ADDED}
    assert msgspec.convert(older, collection.type, strict=False) == document
