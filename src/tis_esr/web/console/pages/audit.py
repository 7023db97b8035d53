"""The audit: who did what, when, on what and why; one entry; and whether the chain of entries is unbroken."""

from datetime import timedelta
from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.operations.audit.searching import FoundEntries, Sought, one_entry, search
from tis_esr.operations.audit.trail import AuditEntry, Verdict, verify
from tis_esr.visible import visible
from tis_esr.web.console.addresses import Choice, choice, text
from tis_esr.web.console.console import console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import number

TRAIL: Final = (("/", "Start"), ("/audit", "Audit"))
_PERIODS: Final = {"1": "Today", "7": "7 days", "30": "30 days", "90": "90 days", "all": "All that is kept"}
_SHOWN: Final = 3
_LONGEST: Final = 100


def _on(entry: AuditEntry) -> Markup:
    more = f" and {number(len(entry.on) - _SHOWN)} more" if len(entry.on) > _SHOWN else ""
    return Markup("{}").format(visible(", ".join(entry.on[:_SHOWN]) + more))


_TABLE: Final = Table[AuditEntry](
    columns=(
        Column("number", "Entry", lambda one: one.number, lambda one: Markup('<a href="/audit/entries/{}">{}</a>').format(one.number, number(one.number)), is_number=True),
        Column("at", "When", lambda one: one.at),
        Column("who", "Who", lambda one: one.who),
        Column("via", "Through", lambda one: one.via),
        Column("act", "Act", lambda one: one.act),
        Column("on", "On", lambda one: ", ".join(one.on), _on, sortable=False),
        Column("why", "Why", lambda one: one.why, sortable=False),
        Column("result", "Result", lambda one: one.result, sortable=False),
    ),
    key=lambda one: one.key,
    sort="-number",
)  # fmt: skip


async def audit(request: Request) -> Response:
    """List the entries of the audit, the newest first."""
    choices, found = await _found(request)
    values = {
        "table": await console_of(request).questions.run(
            partial(_TABLE.page, request, found.entries, csv="/audit.csv")
        ),
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "not_before": found.not_before,
    }
    return page(request, "audit.html", "Audit", values, trail=TRAIL[:1])


async def audit_csv(request: Request) -> Response:
    """Return the listed entries as CSV."""
    _, found = await _found(request)
    name = f"audit-from-entry-{found.not_before}" if found.not_before else "audit"
    return await console_of(request).questions.run(partial(_TABLE.csv, request, name, found.entries))


async def entry(request: Request) -> Response:
    """Show one entry with everything that it is about."""
    number_ = int(request.path_params["number"])
    found: AuditEntry | None = await console_of(request).questions.ask(
        partial(one_entry, number=min(number_, 10**12))
    )
    if found is None:
        raise ProblemError(
            404, "The audit has no entry of this number.", "It may have been purged: open the audit."
        )
    return page(request, "audit_entry.html", f"Audit entry {found.number}", {"entry": found}, trail=TRAIL)


async def chain(request: Request) -> Response:
    """Check the whole chain of entries, and say whether it is unbroken."""
    verdict: Verdict = await console_of(request).questions.ask(verify)
    return page(request, "audit_chain.html", "Chain of the audit", {"verdict": verdict}, trail=TRAIL)


async def _found(request: Request) -> tuple[list[Choice], FoundEntries]:
    days = choice(request, "days", "Period", _PERIODS, "30")
    via = choice(request, "via", "Through", {"": "Anything", "console": "Console", "command line": "Command line", "batch": "A batch itself"})  # fmt: skip
    on = text(request, "on", "On: an id, or its beginning (no GMC number)", _LONGEST)
    who, act = (request.query_params.get(name, "")[:_LONGEST] for name in ("who", "act"))
    since = None if days.value == "all" else wall_clock.today() - timedelta(days=int(days.value) - 1)
    sought = Sought(who=who, act=act, via=via.value, on=on.value, since=since)
    found: FoundEntries = await console_of(request).questions.ask(partial(search, sought=sought))
    people = {"": "Everybody", **dict.fromkeys([*found.people, *filter(None, [who])], "")}
    acts = {"": "All acts", **dict.fromkeys([*found.acts, *filter(None, [act])], "")}
    named = [
        choice(request, name, label, {key: words or key for key, words in known.items()})
        for name, label, known in (("who", "Who", people), ("act", "Act", acts))
    ]
    return [days, *named, via, on], found
