"""What the data dictionary says of collections that their declarations don't: purpose, personal data, the engine's own."""

NOTES: dict[str, tuple[str, str]] = {
    "inbounddatareader.files": (
        "the ledger of inbound files: name, content, state, row counts, findings",
        "none, but for assignment rows of the file that is being split",
    ),
    "inbounddatareader.horizon": ("the oldest day of the ledger", "none"),
    "retention.purges": ("what was purged on each day, by collection", "none"),
    "retention.progress": ("up to which day a purge has examined documents", "none"),
    "reconciliation.positions": ("each position of ESR, and the post in TIS that it is matched to", "none"),
    "appgenerator.decisions": (
        "for each placement of a matched position, whether an applicant record is produced, and why not",
        "GMC number",
    ),
    "appgenerator.positions": ("the newest revision of each position that was handled", "none"),
    "notificationgenerator.positions": (
        "each position as last reconciled, and what ESR was sent for it",
        "names and GMC numbers of applicants that were sent",
    ),
    "notificationgenerator.vpd_uses": ("which positions' notifications use the VPD of which post", "none"),
    "dataexporter.positions": ("the newest version of each position's records that was handled", "none"),
    "dataexporter.applicants": (
        "applicant records: state, columns, row in a file, ESR's answers",
        "all columns of APP: names, birth date, address, NI number, contact details; ESR's text may quote them",
    ),
    "dataexporter.resent": (
        "earlier sendings of applicant records that were resent, or are to be",
        "the same as `dataexporter.applicants`",
    ),
    "dataexporter.notifications": (
        "notifications: state, columns, row in a file, ESR's answers",
        "names, e-mail address and GMC number; ESR's text may quote them",
    ),
    "dataexporter.files": ("outbound files: state and number of rows", "none"),
    "dataexporter.runs": ("the exports of one type on one day", "none"),
    "dataexporter.region_starts": (
        "how far the start of each new region is: its steps, with their counts",
        "none",
    ),
    "dataexporter.restored": (
        "when the store was last restored from a backup, and whether what was sent since is known",
        "none",
    ),
    "dataexporter.rtc_files": ("the RTC of each RMF and RMC: state and number of rows", "none"),
    "dataexporter.rtc_rows": ("rows of an RTC that is not written yet", "none"),
    "dataexporter.counters": ("the last number used in file names", "none"),
    "inbounddatawriter.people": (
        "for each person updated in TIS, the stamp of the row that each detail came from",
        "the TIS person id",
    ),
    "inbounddatawriter.positions": (
        "what TCS should have for each position, and what it is known to have",
        "none",
    ),
    "inbounddatawriter.exports": ("each applicant sent to ESR, and whether TCS has been notified", "none"),
    "inbounddatawriter.journal": (
        "each change of a person's details in TIS: old value, new value, outcome",
        "old and new values of personal details; GMC number",
    ),
    "schedule.commands": ("when each command is due next", "none"),
    "tischanges.things": ("the newest reported version of each post, placement and person of TIS", "none"),
    "tcs.budget": ("how many concurrent calls to TCS each process may make", "none"),
    "audit.entries": (
        "every act of a person and every look at personal data: who, when, what, why, result; a chain of hashes",
        "names of users, not of trainees",
    ),
    "processes": (
        "each running process: version, services, host, addresses, settings that must agree",
        "none",
    ),
    "operations.status_runs": (
        "the last comparison of statuses with TCS: how far it is, and what differs",
        "ids only",
    ),
    "operations.recoveries": (
        "how far each recovery from an outage is: its steps, and what they did",
        "none",
    ),
    "operations.step_runs": (
        "the step of each guided procedure that was requested last: by whom, whether it is being done, its result",
        "names of users, not of trainees",
    ),
    "parked.discarded": (
        "each message that a person discarded, without its body: cause, reason, ticket, day of review",
        "names of users, not of trainees",
    ),
    "parked.edits": (
        "each corrected copy of a parked message: changed fields without their values, who, why, the copy's id",
        "names of users, not of trainees",
    ),
    "batch.batches": (
        "each batch of retries: who, when, why, its messages by verdict",
        "names of users, not of trainees",
    ),
    "batch.items": ("each message of a batch, and its verdict", "none"),
    "audit.head": ("the number and hash of the newest audit entry", "none"),
    "alarms.alarms": (
        "alarms: what is wrong with which files, offices or processes, since when; owner, notes, history",
        "ids of placements; names of users, not of trainees",
    ),
    "alarms.deliveries": ("messages about alarms, by receiver: waiting or sent", "ids of placements"),
    "alarms.sizes": ("how large the store was on each day", "none"),
    "alarms.evaluations": ("what each process judged last, and what it could not judge", "none"),
    "board.expectations": ("which file is expected when, in versions set by people", "names of users"),
    "board.waivers": ("expectations suspended for some days, by whom and why", "names of users"),
    "console.acts": (
        "which confirmations of the console were carried out, so that none is twice",
        "names of users, not of trainees",
    ),
    "console.sessions": (
        "who is signed in to the console: roles, offices, times; the hash of the browser's secret",
        "names of users, not of trainees",
    ),
    "day.begun": ("what earlier days had left when `tis-esr day` was first run for a day", "none"),
}

ENGINE = """## The engine's own

| MongoDB collection | state file table | holds | kept |
|---|---|---|---|
| `engine.outbox` | `messages` | messages that have been committed and not handled yet, in packets; bodies may hold personal data | until every message of the packet is handled |
| `engine.inbox` | `messages` | that a message took effect, was tried, or is parked (with its body) | see [retention](retention.md); parked: also until requeued or discarded |
| `engine.leases` | in memory | which process handles which messages, and until when | until the batch is finished or released |
| `engine.rows` | `rows`, `parkings` | the state of each row of each inbound file, and which parked messages cover it | see [retention](retention.md) |
| `engine.schema` | `PRAGMA user_version` | the schema's version. A program refuses a version that it does not read and says what to do | |
"""
