"""Positions as Reconciliation tells of them, for the tests of the generators."""

from typing import Any

from tests.services.bench import FILE, message

from tis_esr.decisions.position_view import PositionView
from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import MATCHED, PositionReconciled
from tis_esr.simulation.days.generated_world import World


def view_of(world: World, position: int, post: int, **changes: Any) -> PositionView:
    """Return a lead employer's position, matched to the n-th post of the world."""
    usual = {
        "position_id": position,
        "position_number": position + 1000,
        "deanery_number": world.posts[post]["nationalPostNumber"],
        "deanery": "EOE",
        "host_lead": "Lead Employer",
        "employing_vpd": "096",
        "post_id": world.posts[post]["id"],
    }
    return PositionView(**{**usual, **changes})


def reconciled(
    reader: str,
    view: PositionView,
    revision: int,
    *,
    deleted: bool = False,
    status: str = MATCHED,
    found_later: bool = False,
    row: int | None = None,
) -> Message:
    """Return the event that a position was reconciled; ``reader`` is whose queue it is in."""
    body = PositionReconciled(
        position=view, status=status, deleted=deleted, revision=revision, found_later=found_later
    )
    queue = f"esr.queue.position.reconciled.{reader}"
    return message(queue, (view.position_id, revision), body, FILE, row or revision + 1)


def sent(world: World, view: PositionView, placement: dict[str, Any], **changes: Any) -> Message:
    """Return the event that the applicant of a placement went to ESR, with its dates unless ``changes`` say others."""
    usual = {
        "placement_id": placement["id"],
        "position_id": view.position_id,
        "position_number": view.position_number,
        "deanery_number": view.deanery_number,
        "person_id": placement["traineeId"],
        "date_from": placement["dateFrom"],
        "date_to": placement["dateTo"],
        "last_name": "Specimen",
        "first_name": "Testa",
        "gmc_number": "7200001",
        "filename": "DE_EOE_APP_20261120_00000008.DAT",
        "exported_at": "2026-11-20T14:00:00.000+00:00",
    }
    body = {**usual, **changes}
    parts = {
        name.split("_")[0] + "".join(p.title() for p in name.split("_")[1:]): v for name, v in body.items()
    }
    queue = "esr.queue.apprecord.exported.notificationgenerator"
    return message(queue, (view.position_id, placement["id"]), parts, FILE, 40)
