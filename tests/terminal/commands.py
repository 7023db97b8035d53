"""Every command that prints a result, as it is typed in the demo's folder."""

from pathlib import Path

AS_OF = "2026-11-24"
LONG = "letter-to-the-trust-with-a-very-long-name-and-no-end-in-sight-for-anybody.txt"
SETTINGS = {
    "TIS_ESR_STATE": "demo/state.sqlite",
    "TIS_ESR_INBOUND": "demo/in",
    "TIS_ESR_OUTBOUND": "demo/out",
}

LINES = [
    "demo --dir again --as-of 2026-11-24",
    "day --in demo/in --out demo/out --tcs {tcs} --as-of 2026-11-24",
    "synthesize --out {new} --posts 40",
    f"ingest demo/in/{LONG}",
    "export applicants --out demo/out --dry-run --as-of 2026-11-24",
    "export notifications --out demo/out --as-of 2026-11-25",
    "install",
    "doctor",
    "processes",
    "files",
    "files DE_EMD_RMF_20261124_00004001.DAT",
    "parked",
    "alarms list",
    "purge --dry-run --as-of 2026-11-25",
    "purge --past",
    "reconcile --tcs {tcs} --dry-run --as-of 2026-11-25",
    "reconcile --tcs {tcs} --deanery KSS --as-of 2026-11-25",
    "redrive --unfinished --dry-run",
    "reconcile-status --tcs {tcs} --deanery KSS --as-of 2026-11-25",
    "recover --from 2026-11-24T09:00 --to 2026-11-24T17:00 --tcs {tcs} --dry-run --as-of 2026-11-25",
    "regenerate --deanery KSS --tcs {tcs} --dry-run --as-of 2026-11-25",
    "parked list --cause tcs-failed",
    "parked list --by age",
    "parked list --by office",
    "parked list --by file",
    "parked list --discarded",
    "batch",
    "audit",
    "audit --verify",
    "lint --weeks 20 --as-of 2026-11-24",
    "forecast --weeks 20 --as-of 2026-11-24",
    "forecast --by week --as-of 2026-11-24",
    "why 1900002",
    "why EMD/RX64/200/STR/100001",
    "why 12345",
    "why DE_EMD_RMF_20261124_00004001.DAT",
    "why DE_EMD_RMF_20261124_00004001.DAT:4",
    "outage --from 2026-11-24T13:00 --to 2026-11-24T16:00 --as-of 2026-11-24",
    "deadlines --days 30 --as-of 2026-11-24",
    "report posts --without-position --tcs {tcs} --as-of 2026-11-24",
    "report invalid --as-of 2026-11-24",
    "person erase --gmc 7200009 --why ticket --dry-run --as-of 2026-11-24",
    "board",
    "board --deanery KSS",
    "board --history",
    "expectations list",
    "digest",
    "promise --as-of 2026-11-24",
]


def words(line: str, tcs: str, new: Path) -> list[str]:
    """Return a line's words; ``new`` is a folder that is not there."""
    return line.format(tcs=tcs, new=new).split()
