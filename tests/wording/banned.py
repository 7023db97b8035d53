"""Phrases that the product does not use, each with the usual words: people search for those.

The one list for all that people read: messages, help, docstrings, comments and pages (see ``texts``). Each pattern is
a regular expression, compared in any letter case as whole words. Add one when a reader stumbles over a phrase.
"""

import re
from typing import Final

PHRASES: Final[dict[str, str]] = {
    r"oddit(y|ies)": "warnings",
    r"gives? (no applicants?|an applicant record)": "no applicant record is produced",
    r"ESR (has taken|refused)": "ESR accepted, ESR rejected",
    r"(taken|takes?|took) back": "cancelled, withdrawn",
    r"hires? by hand|hired by hand": "the trust must create the record in ESR manually",
    r"by hand": "manually",
    r"is no (valid|date|cron|ESR|British|event|file|whole|text|number|JSON|URL|address|member|record|value)": "is not a valid ..., is not a ...",
    r"(is|are) none of": "must be one of, is not one of",
    r"none of the interface's": "unknown",
    r"holds? no (whole )?number": "is not a whole number",
    r"which TCS does not": "unexpected response",
    r"mistakes? in what": "usage error",
    r"found no TCS": "could not connect to TCS",
    r"all is well|(is|are) well(?! known)": "OK, available, healthy",
    r"no value of ESR's fits": "no matching ESR code",
    r"gives? (it|them) up|giv(en|es?|ing) up|gave up": "discard, stop",
    r"(to be )?handled again": "requeued, retried",
    r"whose reason holds": "whose reason contains",
    r"where none is named": "default: all",
    r"takes a free (one|port)": "picks a free port",
    r"day that is today": "treat DATE as today",
    r"mend(s|ed|ing)?": "fix",
    r"asked for \d+ files": "requested",
    r"sweep(s|ing)?": "poll",
    r"looked through": "polled",
    r"giv(e|en|es|ing) back|gave back": "release",
    r"told(?! apart| otherwise)|tells? (ESR|TIS|TCS|us|it|them)|telling": "notified, reported, sent",
    r"said plainly": "reported as a user error",
    r"anew": "again, created again",
    r"sits? out": "wait for recovery",
    r"(draws?|drawn|drew|drawing)( a| the| its)? numbers?|numbers? (is|are) drawn": "allocate numbers",
    r"by the clock": "scheduled, on schedule",
    r"for good": "in production, permanently",
    r"well (closed|deleted)": "closed, deleted",
    r"comes? to (no|an|their|its) end": "finish, never finish",
    r"for want of": "without",
    r"by whomever": "by any process",
    r"patience there is": "waits indefinitely",
    r"than you want to wait": "shorter than the delay you can accept",
    r"what the matter is": "what is wrong",
    r"what (has|had|should|came|comes?|will|becomes|became) (come )?of (it|them|that|this|the|a|an|records?)": "outcome, result",
    r"(said|asked) by what became of|by what became of": "by outcome",
    r"let(s|ting)? go of|lets? go|are let go": "close, released, disconnected",
    r"takes? note": "record",
    r"look(s|ed|ing)? whether": "check whether",
    r"a look( comes)?|looks? first|looked for first": "check",
    r"see the module": "what it promises",
    r"a fault of this program": "internal error",
    r"whoever": "name the caller",
    r"no(body| one) shovels": "it is retried automatically",
    r"there is no such (bucket|file|folder|column)": "no such bucket, no such file",
    r"wake somebody": "page",
    r"tell somebody": "raise a ticket",
    r"nothing has to be done": "no action is needed",
    r"somebody tried": "you have rehearsed",
    r"the house|knows? nobody": "code layout, imports nothing of ours",
    r"how it is shown": "how it is tested",
    r"forgiv(es?|ing)": "lenient, accepts",
    r"that is the rule": "that implements it",
    r"do restore": "stop all processes before you restore",
    r"does no harm": "is harmless",
    r"as old as (the|its) last": "refreshed at least every",
    r"each process's own": "per process",
    r"(is|are|was|were|be|been) away": "unavailable",
    r"dies? with": "cancelled with",
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

TERMS: Final[dict[str, str]] = {
    r"time-outs?": "timeout",
    r"redriv(en|es|ing)": "requeue",
    r"(the|S3's|a) hooks?": "events endpoint",
    r"applicants? rows?": "applicant record",
    r"dead-letter(ed|s|ing)? (the|a) (row|record)": "park",
    r"hand(ed)? in again": "deliver again",
    r"sequence gaps?": "missing files",
}
"""Words beside the one term that the glossary has for a thing."""

BANNED: Final[dict[str, str]] = {**PHRASES, **TERMS}


def findings(text: str) -> list[str]:
    """Return each banned phrase that a text has, with the usual words; names in backticks are not words."""
    plain = re.sub(r"`+[^`]*`+", "``", " ".join(text.split()))
    return [
        f"{match[0]!r}: write {usual!r}: ...{plain[max(match.start() - 40, 0) : match.end() + 40]}..."
        for pattern, usual in BANNED.items()
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", plain, re.IGNORECASE)
    ]
