"""Roles and offices from claims, and sessions in a store: they end, are audited, and are purged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.retention_periods import Retention
from tis_esr.engine.runner import Runner
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.access.claims import ClaimMapping, NoRoleError
from tis_esr.operations.access.sessions import (
    SESSIONS,
    Lifetimes,
    MemorySessions,
    Sessions,
    StoredSessions,
    new_secret,
    remove_sessions,
)
from tis_esr.operations.audit.trail import entries, verify
from tis_esr.services.retention.step import Step
from tis_esr.simulation.days.generated_world import World

PERSON = Account(name="testa.specimen", roles=frozenset({Role.OPERATOR}), offices=frozenset({"EOE"}))
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Clock:
    """The time of sessions, as an engine's store gets it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"realm_access": {"roles": ["tis-esr-viewer"]}}, {Role.VIEWER}),
        (
            {"realm_access": {"roles": ["tis-esr-viewer", "tis-esr-privacy", "x"]}},
            {Role.VIEWER, Role.PRIVACY},
        ),
        ({"realm_access": {"roles": "tis-esr-operator"}}, {Role.OPERATOR}),
    ],
)
def test_keycloaks_realm_roles_give_roles_without_any_setting(
    roles: dict[str, Any], expected: set[Role]
) -> None:
    assert ClaimMapping().account({"sub": "f3b0", **roles}).roles == expected


def test_groups_of_a_provider_are_mapped_by_the_setting() -> None:
    mapping = ClaimMapping(
        "https://tis.example/groups", names={Role.OPERATOR: ["TIS support", "TIS on call"]}
    )
    account = mapping.account({"sub": "f3b0", "https://tis.example/groups": ["TIS on call"]})
    assert account.roles == {Role.OPERATOR}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"realm_access": {"roles": []}},
        {"realm_access": {"roles": ["tis-esr-viewer-of-another"]}},
        {"realm_access": "tis-esr-viewer"},
        {"realm_access": {"roles": {"tis-esr-viewer": True}}},
        {"realm_access": {"roles": [["tis-esr-viewer"]]}},
        {"roles": ["tis-esr-viewer"]},
    ],
)
def test_claims_that_name_no_role_give_none(claims: dict[str, Any]) -> None:
    with pytest.raises(NoRoleError) as caught:
        ClaimMapping().account({"sub": "f3b0", **claims})
    assert caught.value.lacks == "role"


@pytest.mark.parametrize(
    ("claims", "offices"),
    [
        ({"offices": ["EOE", "LDN", "nonsense"]}, {"EOE", "LDN"}),
        ({"offices": "EOE"}, {"EOE"}),
        ({"offices": ["*"]}, None),
    ],
)
def test_offices_are_those_of_the_claim(claims: dict[str, Any], offices: set[str] | None) -> None:
    said = {"sub": "f3b0", "realm_access": {"roles": ["tis-esr-viewer"]}, **claims}
    assert ClaimMapping(offices="offices").account(said).offices == offices


@pytest.mark.parametrize("claims", [{}, {"offices": []}, {"offices": ["eoe"]}, {"offices": None}])
def test_with_the_setting_nobody_sees_an_office_that_the_claim_does_not_name(claims: dict[str, Any]) -> None:
    said = {"sub": "f3b0", "realm_access": {"roles": ["tis-esr-viewer"]}, **claims}
    with pytest.raises(NoRoleError) as caught:
        ClaimMapping(offices="offices").account(said)
    assert caught.value.lacks == "office"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"preferred_username": "testa.specimen", "sub": "f3b0"}, "testa.specimen"),
        ({"preferred_username": "Testa Specimen", "sub": "f3b0"}, "f3b0"),
        ({"preferred_username": "a" * 65, "sub": "f3b0"}, "f3b0"),
        ({"preferred_username": "evil\u202ename", "sub": "f3b0"}, "f3b0"),
    ],
)
def test_the_audit_gets_a_name_that_can_be_one(names: dict[str, str], expected: str) -> None:
    said = {**names, "realm_access": {"roles": ["tis-esr-viewer"]}}
    assert ClaimMapping().account(said).name == expected


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.OPERATOR, {Role.VIEWER, Role.OPERATOR}),
        (Role.PRIVACY, {Role.VIEWER, Role.PRIVACY}),
        (Role.ADMINISTRATOR, {Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR}),
    ],
)
def test_what_each_role_includes(role: Role, allowed: set[Role]) -> None:
    account = Account(name="x", roles=frozenset({role}))
    assert {wanted for wanted in Role if account.may(wanted)} == allowed


@asynccontextmanager
async def stored(benches: Benches, clock: Clock) -> AsyncIterator[tuple[StoredSessions, Bench]]:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        runner = Runner(bench.engine, [], today=lambda: clock.at.date(), now=clock, patience=5.0)
        yield StoredSessions(Lifetimes(), runner), bench


@pytest.fixture(params=["in memory", "in the store"])
async def sessions(request: pytest.FixtureRequest, benches: Benches) -> AsyncIterator[tuple[Sessions, Clock]]:
    clock = Clock()
    if request.param == "in memory":
        yield MemorySessions(Lifetimes(), clock), clock
        return
    async with stored(benches, clock) as (found, _):
        yield found, clock


async def test_a_session_is_found_by_its_secret_alone(sessions: tuple[Sessions, Clock]) -> None:
    held, _ = sessions
    secret = new_secret()
    session = await held.begin(PERSON, secret)
    found = await held.current(secret)
    assert found is not None
    assert found.account == PERSON
    assert found.form_token == session.form_token
    assert await held.current(session.key) is None
    assert await held.current(new_secret()) is None
    assert secret not in str(session)


@pytest.mark.parametrize("minutes", [[15], [14, 15], [14] * 35])
async def test_it_ends_without_use_and_at_the_latest_after_8_hours(
    minutes: list[int], sessions: tuple[Sessions, Clock]
) -> None:
    held, clock = sessions
    secret = new_secret()
    await held.begin(PERSON, secret)
    for pause in minutes[:-1]:
        clock.at += timedelta(minutes=pause)
        assert await held.current(secret) is not None
    clock.at += timedelta(minutes=minutes[-1])
    assert await held.current(secret) is None


async def test_it_is_over_once_it_was_ended_and_ending_it_twice_does_no_harm(
    sessions: tuple[Sessions, Clock],
) -> None:
    held, _ = sessions
    secret = new_secret()
    session = await held.begin(PERSON, secret)
    await held.end(session)
    assert await held.current(secret) is None
    await held.end(session)


async def test_the_store_has_neither_the_secret_nor_what_the_provider_said(benches: Benches) -> None:
    secret = new_secret()
    async with stored(benches, Clock()) as (sessions, bench):
        session = await sessions.begin(PERSON, secret, "sealed")
        [document] = await bench.engine.get(SESSIONS, [session.key])
    assert secret.encode() not in document.body


async def test_using_it_often_writes_once_a_minute(benches: Benches) -> None:
    clock, secret = Clock(), new_secret()
    async with stored(benches, clock) as (sessions, bench):
        session = await sessions.begin(PERSON, secret)
        for _ in range(59):
            clock.at += timedelta(seconds=1)
            await sessions.current(secret)
        [document] = await bench.engine.get(SESSIONS, [session.key])
        assert document.version == 1
        clock.at += timedelta(seconds=1)
        await sessions.current(secret)
        [document] = await bench.engine.get(SESSIONS, [session.key])
        assert document.version == 2


async def test_signing_in_and_out_is_in_the_audit(benches: Benches) -> None:
    async with stored(benches, Clock()) as (sessions, bench):
        await sessions.end(await sessions.begin(PERSON, new_secret()))
        with closing(bench.reader()) as reader:
            found = entries(reader)
            assert verify(reader).broken_at == 0
    assert [(entry.who, entry.via, entry.act, entry.result) for entry in found] == [
        ("testa.specimen", "console", "console.sign-out", "signed out"),
        ("testa.specimen", "console", "console.sign-in", "signed in as operator"),
    ]


@pytest.mark.parametrize(("days", "left"), [(0, 2), (1, 2), (2, 1), (30, 0)])
async def test_the_purge_removes_sessions_that_ended_before_yesterday(
    days: int, left: int, benches: Benches
) -> None:
    clock = Clock()
    async with stored(benches, clock) as (sessions, bench):
        await sessions.begin(PERSON, new_secret())
        clock.at += timedelta(days=1)
        await sessions.begin(PERSON, new_secret())
        cutoffs = Retention().cutoffs(START.date() + timedelta(days=days))
        work = bench.runner.work()
        assert await remove_sessions(Step(bench.engine, work, cutoffs, None)) is None
        await work.commit()
        with closing(bench.reader()) as reader:
            assert reader.count(SESSIONS, {}) == left
