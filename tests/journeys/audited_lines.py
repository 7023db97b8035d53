"""Every command as it is typed, with the acts that it leaves in the audit; the commands follow one another in one installation.

``{name}`` is filled in by the test: ids of what is parked then, files, folders.
"""

from typing import Final

READS: Final[tuple[str, ...]] = ()
"""The acts of a command that changes nothing and shows no personal data."""

FIRST, SECOND, THIRD = "2026-11-24", "2026-11-25", "2026-11-26"
_DAY = "day --in {in} --out {out} --tcs {tcs} --as-of"
_TCS = f"--tcs {{tcs}} --as-of {SECOND}"
_REMARK = "--why resent --ticket T1 --review 2099-01-31"
_OUTAGE = "--from 2026-11-24T09:00 --to 2026-11-24T17:00"

LINES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "day": {f"{_DAY} {FIRST}": ("day",), f"{_DAY} {SECOND}": ("day",)},
    "ingest": {"ingest {new}": ("file.ingest",)},
    "files": {"files": READS, "files {inbound}": READS, "files {gap} --settle known": ("file.settle",)},
    "why": {
        "why 1900005": READS,
        "why placement:1900005 --show-values T1": ("why.show-values",),
        "why {inbound}": READS,
    },
    "outage": {f"outage {_OUTAGE} --as-of {SECOND}": READS},
    "asyncapi": {"asyncapi": READS},
    "reconcile": {f"reconcile {_TCS} --dry-run": READS, f"reconcile {_TCS}": ("reconcile",)},
    "export applicants": {
        f"export applicants --out {{out}} --as-of {SECOND} --dry-run": READS,
        f"export applicants --out {{out}} --as-of {SECOND}": ("export.files",),
        f"export applicants --resend {{app}} --out {{out}} --as-of {THIRD} --dry-run": READS,
        f"export applicants --resend {{app}} --out {{out}} --as-of {THIRD}": ("export.resend",),
    },
    "export notifications": {
        f"export notifications --full --deanery EOE --out {{out}} --as-of {THIRD} --dry-run": READS,
        f"export notifications --full --deanery EOE --out {{out}} --as-of {THIRD}": ("export.full",),
        f"export notifications --out {{out}} --as-of {THIRD}": ("export.files",),
        f"export notifications --resend {{dnc}} --as-of {THIRD} --dry-run": READS,
        f"export notifications --resend {{dnc}} --as-of {THIRD}": ("notifications.resend",),
    },
    "regenerate": {
        f"regenerate --post {{npn}} {_TCS} --dry-run": READS,
        f"regenerate --post {{npn}} {_TCS}": ("regenerate",),
    },
    "reconcile-status": {
        f"reconcile-status {_TCS}": READS,
        f"reconcile-status {_TCS} --repair": ("status.repair",),
    },
    "region start": {
        f"region start KSS --in {{in}} --out {{out}} {_TCS} --dry-run": READS,
        f"region start KSS --in {{in}} --out {{out}} {_TCS} --yes": ("region.step",),
    },
    "region status": {f"region status KSS --in {{in}} --as-of {SECOND}": READS},
    "parked list": {
        "parked": READS,
        "parked list --by age": READS,
        "parked list --discarded": READS,
    },
    "parked show": {
        "parked show {parked}": READS,
        "parked show {parked} --unmask --why T1": ("parked.look",),
    },
    "parked edit": {"parked edit {parked} --body {body} --why T1": ("parked.edit.send",)},
    "parked retry": {
        "parked retry {parked} --dry-run": READS,
        "parked retry {parked} --why corrected": ("parked.retry",),
        "parked retry --cause tcs-rejected --why corrected": ("batch.start",),
    },
    "parked discard": {
        f"parked discard --cause row-unreadable {_REMARK} --dry-run": READS,
        f"parked discard --cause row-unreadable {_REMARK}": ("parked.discard",),
    },
    "parked export": {"parked export": READS},
    "batch list": {"batch": READS, "batch list": READS},
    "batch show": {"batch show {batch}": READS},
    "batch pause": {"batch pause {batch} --why slow": ("batch.pause",)},
    "batch resume": {"batch resume {batch} --why quick": ("batch.resume",)},
    "batch stop": {"batch stop {batch} --why enough": ("batch.stop",)},
    "redrive": {
        "redrive {parked} --dry-run": READS,
        "redrive {parked} --why corrected": ("parked.retry",),
        "redrive {parked} --discard resent --ticket T1 --review 2099-01-01": ("parked.discard",),
        "redrive --unfinished --dry-run": READS,
        "redrive --unfinished --why T1": ("redrive.unfinished",),
    },
    "recover": {
        f"recover {_OUTAGE} {_TCS} --dry-run": READS,
        f"recover {_OUTAGE} {_TCS} --yes": ("recover.doctor", "recover.redrive"),
    },
    "alarms list": {"alarms": READS, "alarms list --cleared": READS},
    "alarms show": {"alarms show {alarm}": READS},
    "alarms own": {"alarms own {alarm}": ("alarm.own",)},
    "alarms note": {"alarms note {alarm} seen": ("alarm.note",)},
    "alarms silence": {"alarms silence {alarm} {soon} --why known": ("alarm.silence",)},
    "alarms test": {"alarms test": ("alarm.test",)},
    "board": {"board": READS, "board --history": READS},
    "digest": {"digest": READS},
    "expectations list": {"expectations list": READS},
    "expectations set": {"expectations set --type RMC --due 15:00 --why moved": ("expectation.set",)},
    "expectations waive": {"expectations waive --type RMC --until {soon} --why shut": ("expectation.waive",)},
    "expectations withdraw": {"expectations withdraw W1 --why back": ("expectation.withdraw",)},
    "promise": {f"promise --as-of {SECOND}": READS},
    "lint": {f"lint --as-of {SECOND}": READS},
    "forecast": {f"forecast --as-of {SECOND}": READS, f"forecast --as-of {SECOND} --csv": READS},
    "deadlines": {f"deadlines --as-of {SECOND}": READS},
    "report posts": {f"report posts {_TCS}": READS},
    "report positions": {f"report positions --as-of {SECOND}": READS},
    "report invalid": {f"report invalid --as-of {SECOND}": READS},
    "report updates": {f"report updates --as-of {SECOND}": READS},
    "report forecast": {
        f"report forecast --as-of {SECOND}": READS,
        f"report forecast --as-of {SECOND} --personal T1": ("report.personal",),
    },
    "report rejections": {f"report rejections --as-of {SECOND}": READS},
    "person export": {"person export --gmc {gmc} --why T1 --out {new_file}": ("person.export",)},
    "person erase": {
        "person erase --gmc {gmc} --why T1 --dry-run": ("person.erase-dry-run",),
        "person erase --gmc {gmc} --why T1": ("person.erase",),
    },
    "purge": {
        "purge --past": READS,
        f"purge --as-of {SECOND} --dry-run": READS,
        f"purge --as-of {SECOND}": ("purge",),
    },
    "install": {"install": READS, "install --check": READS},
    "doctor": {"doctor": READS},
    "processes": {"processes": READS},
    "audit": {"audit": READS, "audit --verify": READS},
}

WITHOUT_ACTS_HERE: Final = {
    "run": "services: what they do is no act of a person",
    "console": "the acts on its pages are tested in tests/web/console",
    "demo": "has a folder and a state file of its own",
    "synthesize": "writes files only",
    "backup": "reads, while the one process of a state file may hold it",
    "restore": "its entry, in the store that it puts in place, is tested in tests/upgrades",
    "tcs-simulator": "is no part of an installation",
}
