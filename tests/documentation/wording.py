"""Phrases that read as translated, and words beside the glossary's, each with what to write instead.

``texts`` gathers what people see. To have more of it checked, add a source to ``SOURCES``.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer
from docgen.generated import DOCS
from docgen.markdown import without_code
from tests.documentation.pages import PAGES, ROOT, name_of

from tis_esr.cli import app

PHRASES: dict[str, str] = {
    r"oddit(y|ies)": "warnings",
    r"gives? no applicants?": "no applicant record is produced",
    r"ESR (has taken|refused)": "ESR accepted, ESR rejected",
    r"(taken|takes?|took) back": "cancelled, withdrawn",
    r"hires? by hand": "must create the record in ESR manually",
    r"is no (date|cron|ESR|event|number)\b": "is not a valid ...",
    r"is none of": "must be one of",
    r"none of the interface's": "unknown",
    r"holds no whole number": "is not a whole number",
    r"which TCS does not": "unexpected response",
    r"found no TCS": "could not connect to TCS",
    r"all is well": "OK",
    r"(made )?anew": "again, created again",
    r"no value of ESR's fits": "no matching ESR code",
    r"(to be )?handled again": "requeued, retried",
    r"given up|gives? (it|them) up|to give up": "discarded, stopped",
    r"whose reason holds": "whose reason contains",
    r"where none is named": "default: all",
    r"takes a free (one|port)": "picks a free port",
    r"day that is today": "treat DATE as today",
    r"mistakes? in what was typed": "usage error",
    r"mend(s|ed|ing)?": "fix",
    r"asked for \d+ files": "requested",
    r"sweeps?": "poll",
    r"looked through": "polled",
    r"(told|said) plainly": "reported as a user error",
    r"sits? out": "wait for recovery",
    r"(draws?|drawn|drew)( a| the| its)? numbers?|numbers? (is|are) drawn": "allocate numbers",
    r"by the clock": "scheduled",
    r"for good": "in production, permanently",
    r"well closed": "closed",
    r"comes? to (no|an|their|its) end": "finish",
    r"for want of": "without",
    r"by whomever": "by any process",
    r"patience there is": "waits indefinitely",
    r"than you want to wait": "shorter than the delay you can accept",
    r"what (has|had|should|came|comes?|will) (come )?of (it|them|that|this)": "outcome, result",
    r"by what became of": "by outcome",
    r"wake somebody": "page",
    r"tell somebody": "raise a ticket",
    r"nothing has to be done": "no action is needed",
    r"somebody tried": "you have rehearsed",
    r"is well(,| and waits)": "healthy",
    r"the house|knows? nobody": "code layout, imports nothing of ours",
    r"how it is shown": "how it is tested",
    r"forgiv(es?|ing)": "lenient, accepts",
    r"that is the rule": "that implements it",
    r"do restore": "stop all processes before you restore",
    r"does no harm": "is harmless",
    r"as old as (the|its) last": "refreshed at least every",
    r"each process's own": "per process",
    r"(is|are|was|were|be|been) away": "unavailable",
    r"lets? go|are let go": "released, disconnected",
    r"given back": "released",
    r"(is|are|was|were|be|been|had) told(?! apart)": "notified, reported, sent",
    r"dies? with": "cancelled with",
    r"a look( comes)?|looks? first|looked for first": "check",
    r"all the same": "anyway",
    r"knows? better": "hold more accurately",
    r"brings? to TIS": "updates TIS with",
    r"what is away": "the dependency",
    r"page of our own": "a wrapper",
    r"side by side": "concurrently",
    r"for ever": "forever, indefinitely",
    r"in one go": "one after the other, at once",
    r"with the same words": "re-run the same command",
    r"(through )?everything to the end": "process every file",
    r"until it is free": "until it is released",
    r"(is|are|was|were) (done|made|tried|sent) again": "retried, repeated, resent",
    r"waits: it starts": "not due yet: starts",
    r"each deanery's own": "one per deanery",
    r"starved": "disconnect, slow",
    r"whatever dies": "even if a process or server fails",
    r"updates of people": "person updates",
    r"found and removed": "optimisation",
    r"leaves? the file": "has effects outside the state file",
    r"(it|they|which) (said|says) nothing of": "does not mention",
    r"come(s)? (twice|late|early|in any order)": "arrive, are delivered",
}
"""Regular expressions, compared in any letter case as whole words."""

TERMS: dict[str, str] = {
    r"time-outs?": "timeout",
    r"redriv(en|es|ing)": "requeue",
    r"(the|S3's|a) hooks?": "events endpoint",
    r"applicants? rows?": "applicant record",
    r"dead-letter(ed|s|ing)? (the|a) (row|record)": "park",
    r"hand(ed)? in again": "deliver again",
    r"sequence gaps?": "missing files",
}
"""Words beside the one term that the glossary has for a thing."""

OF_THE_PROGRAM = {DOCS / "reference" / name for name in ("cli.md", "data-dictionary.md")}
"""Pages whose text is the program's own, in help and docstrings."""
Texts = Iterator[tuple[str, str]]


def pages() -> Texts:
    """Yield the pages without their blocks of code and what programs print."""
    for page in PAGES:
        if page not in OF_THE_PROGRAM:
            yield name_of(page), _prose(page.read_text())


def help_texts() -> Texts:
    """Yield what ``--help`` says of each command, argument and option."""
    program: Any = typer.main.get_command(app)
    for name, command in {"tis-esr": program, **program.commands}.items():
        texts = [command.help, command.epilog, *(getattr(one, "help", "") for one in command.params)]
        yield f"tis-esr {name} --help", "\n".join(filter(None, texts))


def messages() -> Texts:
    """Yield the texts of the program that people may see: strings that have a blank in them, without docstrings."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        tree = ast.parse(path.read_text())
        docstrings = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found = [
            str(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and node not in docstrings
        ]
        yield str(path.relative_to(ROOT)), "\n".join(found)


SOURCES: tuple[Callable[[], Texts], ...] = (pages, help_texts, messages)


def texts() -> dict[str, str]:
    """Return every text by where it stands."""
    return {place: text for source in SOURCES for place, text in source()}


def found_in(text: str) -> list[str]:
    """Return each phrase to avoid that a text has, with what to write instead."""
    joined = re.sub(r"\s+", " ", text)
    return [
        f"{match[0]!r}: write {instead!r} (… {joined[max(0, match.start() - 30) : match.end() + 30]} …)"
        for pattern, instead in {**PHRASES, **TERMS}.items()
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", joined, re.IGNORECASE)
    ]


def _prose(text: str) -> str:
    return re.sub(r"`[^`\n]*`|<!--.*?-->", "", without_code(text), flags=re.DOTALL)
