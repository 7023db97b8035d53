"""Queries that read a whole collection, or all of an index, on purpose: each with its name and the reason."""

import re

WHOLE_READS: dict[str, tuple[re.Pattern[str], str]] = {
    name: (re.compile(pattern), reason)
    for name, pattern, reason in (
        (
            "what waits",
            r"SQLite: SELECT queue, count.* FROM messages WHERE state = 'ready' GROUP BY queue$"
            r"|SQLite: SELECT .* FROM messages WHERE state = 'ready' AND instr"
            r"|SQLite: UPDATE messages INDEXED BY messages_ready SET deaths = deaths \+ 1, held = 0 WHERE",
            "the partial index holds nothing but what waits, and all of that is counted, or searched for a person's number",
        ),
        (
            "what is parked",
            r"SQLite: SELECT .* FROM messages WHERE state = 'parked'"
            r"|SQLite: SELECT file, row, state FROM parkings JOIN rows USING .file, row. WHERE 1",
            "the index holds nothing but what is parked, and all of that is listed or counted by reason",
        ),
        (
            "what is under way in the outbox",
            r"MongoDB: \{'find': 'engine.outbox', 'filter': \{\}|MongoDB: \{'aggregate': 'engine.outbox'",
            "the outbox holds nothing but what is under way; the count of every scrape is made from an index alone",
        ),
        (
            "leases that expired",
            r"\{'find': 'engine.leases', 'filter': \{'until': ",
            "`doctor` looks for them on request; the collection holds nothing but what is under way",
        ),
        (
            "the ledger of files",
            r"\{'find': '(inbounddatareader|dataexporter).files', 'filter': \{\}"
            r'|FROM "(inbounddatareader|dataexporter).files" WHERE 1$',
            "it is listed for a person, or read once an hour; some dozens of small documents a day, in the order of the key",
        ),
        (
            "the purges",
            r"\{'find': 'retention.purges', 'filter': \{\}"
            r'|FROM "retention.purges" WHERE 1$',
            "they are listed for a person who asks: one small document a day",
        ),
        (
            "the demo's beliefs",
            r'SQLite: SELECT .* FROM "(reconciliation.positions|dataexporter.(applicants|notifications))" WHERE 1$',
            "`demo --days` compares all that it holds of a small generated day, on a state file only",
        ),
        (
            "the totals of a day",
            r"SQLite: SELECT file, sum.* FROM rows WHERE 1 GROUP BY file$|\{'aggregate': 'engine.rows', 'pipeline': \[\{'\$group'"
            r"|SQLite: SELECT ((json_extract\(body, '\$\.\w+'\)|\"\w+\"), )+count\(\*\) FROM \"[\w.]+\" WHERE 1 GROUP BY|SQLite: SELECT value, count\(\*\) FROM .*json_each"
            r"|\{'aggregate': '\w+\.\w+', 'pipeline': \[(\{'\$unwind': ''\}, )?\{'\$group'",
            "`day` counts everything that stands, twice a day; indexes for that would cost more, at every write",
        ),
        (
            "tests' own notes",
            r"tests\.notes",
            "the engines' tests search them in every way that there is",
        ),
    )
}
