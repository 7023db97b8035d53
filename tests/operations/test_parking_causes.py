"""Every place in the code that parks a message names a cause of the closed catalogue, and every cause has its words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import tis_esr
from tis_esr.engine.batches import _parking
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError, RetryLimitedError
from tis_esr.operations.parked.catalogue import CATALOGUE, cause_of, runbook
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.tcs_errors import TcsConflictError, TcsRefusedError, TcsServerError, TcsUnreadableRecordError

SOURCE = Path(tis_esr.__file__).parent
PARKS = {"park": 3, "PermanentError": 2, "RetryLimitedError": 2, "Parking": 3}
"""What parks a message, or has it parked, and how many arguments it has with its cause."""
ENGINES = {"embedded", "production"}
"""The engines' own ``park`` stores what a commit names."""


def places() -> Iterator[tuple[str, ast.Call, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if ENGINES & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name in PARKS:
                    yield f"{path.relative_to(SOURCE)}:{node.lineno}", node, name


def test_every_place_that_parks_names_its_cause() -> None:
    found = list(places())
    assert len(found) > 15
    for where, call, name in found:
        if not any(isinstance(argument, ast.Starred) for argument in call.args):
            assert len(call.args) == PARKS[name], f"{where}: name a ParkingCause"


def test_every_cause_is_named_somewhere_in_the_code_and_has_its_words() -> None:
    texts = [path.read_text() for path in SOURCE.rglob("*.py") if path.name != "catalogue.py"]
    assert set(CATALOGUE) == set(ParkingCause)
    for cause, text in CATALOGUE.items():
        assert any(f"ParkingCause.{cause.name}" in one for one in texts), cause
        assert all((text.title, text.meaning, text.who, text.action))
        assert text.can_retry == bool(text.retry_when)
        assert (SOURCE.parents[1] / runbook(cause)).is_file()


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (PermanentError("no such post", ParkingCause.TIS_RECORD_GONE), ParkingCause.TIS_RECORD_GONE),
        (RetryLimitedError("500", ParkingCause.TCS_FAILED), ParkingCause.TCS_FAILED),
        (PermanentError("unclassified"), ParkingCause.OTHER),
        (msgspec.ValidationError("Expected `int`"), ParkingCause.BODY_UNREADABLE),
        (msgspec.DecodeError("not JSON"), ParkingCause.BODY_UNREADABLE),
        (KeyError("Testa"), ParkingCause.INTERNAL_ERROR),
    ],
)
def test_a_fault_gives_the_cause_of_its_parking(fault: Exception, cause: ParkingCause) -> None:
    message = Message(id="1", queue="q", correlation_id="", source_file="", deanery="", row=0, body=b"")
    assert _parking(message, fault).cause is cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (TcsServerError("GET", "/api/posts", "answered 500", status=500), ParkingCause.TCS_FAILED),
        (TcsConflictError("PATCH", "/api/people", "answered 409", status=409), ParkingCause.TCS_FAILED),
        (TcsRefusedError("PATCH", "/api/people", "answered 400", status=400), ParkingCause.TCS_REJECTED),
    ],
)
def test_an_error_of_tcs_gives_the_cause_of_its_parking(error: TcsServerError, cause: ParkingCause) -> None:
    fault = fault_of(error)
    assert isinstance(fault, PermanentError | RetryLimitedError)
    assert fault.cause is cause


def test_an_unreadable_record_of_tcs_has_a_cause_of_its_own() -> None:
    fault = fault_of(TcsUnreadableRecordError("GET", "/api/posts", "post", 4711, "owner"))
    assert isinstance(fault, PermanentError)
    assert fault.cause is ParkingCause.TCS_RECORD_UNREADABLE


@pytest.mark.parametrize(("code", "cause"), [("tcs-failed", ParkingCause.TCS_FAILED), ("", ParkingCause.OTHER), ("new", ParkingCause.OTHER)])  # fmt: skip
def test_a_code_that_is_not_known_is_another_cause(code: str, cause: ParkingCause) -> None:
    assert cause_of(code) is cause
