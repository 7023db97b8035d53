"""Phrases that the product does not use, each with the usual words: people search for those.

Each pattern is a regular expression, without regard to letter case. Add one when a reader stumbles over a phrase.
"""

import re
from typing import Final

BANNED: Final[dict[str, str]] = {
    r"oddit(y|ies)": "warnings",
    r"gives? no applicant": "no applicant record is produced",
    r"ESR has taken": "ESR accepted",
    r"ESR refused": "ESR rejected",
    r"taken back before": "cancelled before export",
    r"hires? by hand|hired by hand": "the trust must create the record in ESR manually",
    r"by hand": "manually",
    r"is no (valid|date|cron|ESR|file|whole|text|number|JSON|URL|address|member|record)": "is not a valid ..., is not a ...",
    r"\b(is|are) none of\b": "must be one of, is not one of",
    r"holds? no (whole )?number": "is not a whole number",
    r"which TCS does not": "unexpected response",
    r"\bmistake in what": "usage error",
    r"found no TCS": "could not connect to TCS",
    r"all is well|is well\b|are well\b": "OK, available",
    r"no value of ESR's fits": "no matching ESR code",
    r"given? up\b|gives up\b|gave up\b": "discard, stop",
    r"handled again": "requeued",
    r"takes a free one": "picks a free port",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bsweep(s|ing)?\b(?!_)": "poll",
    r"giv(e|es|en|ing) back": "release",
    r"\btold\b|\btell(s|ing)?\b": "notified, reported, sent",
    r"\banew\b": "again",
    r"\bsit out\b": "wait for recovery",
    r"draw(s|n|ing)? numbers?": "allocate numbers",
    r"by the clock": "scheduled, on schedule",
    r"for good\b": "in production, permanently",
    r"well (closed|deleted)": "closed, deleted",
    r"come to no end": "never finish",
    r"for want of": "without",
    r"by whomever": "by any process",
    r"what the matter is": "what is wrong",
    r"let(s|ting)? go of": "close",
    r"takes? note\b": "record",
    r"look(s|ed|ing)? whether": "check whether",
    r"see the module": "what it promises",
    r"a fault of this program": "internal error",
    r"\bwhoever\b": "name the caller",
    r"no(body| one) shovels": "it is retried automatically",
    r"there is no such bucket": "no such bucket",
}


def findings(text: str) -> list[str]:
    """Return each banned phrase that a text has, with the usual words; names in backticks are not words."""
    plain = re.sub(r"`+[^`]*`+", "``", " ".join(text.split()))
    return [
        f"{match[0]!r}: write {usual!r}: ...{plain[max(match.start() - 40, 0) : match.end() + 40]}..."
        for pattern, usual in BANNED.items()
        for match in re.finditer(pattern, plain, re.IGNORECASE)
    ]
