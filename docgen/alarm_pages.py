"""``docs/reference/alarms.md`` and one runbook for each kind of alarm, from the catalogue."""

from docgen.markdown import NOTICE, table
from tis_esr.operations.alarms.catalogue import CATALOGUE
from tis_esr.operations.alarms.kinds import Kind, Severity, duration

_OPENING = """# Alarms

Every kind of alarm. `tis-esr run` judges them ([how to use alarms](../how-to/alarms.md)); each has a [runbook](#runbooks), and an alert in `deploy/prometheus/rules.yaml`. What it is known from are [incidents of the previous interface](../explanation/incidents.md).
"""


def page() -> str:
    """Return the page that lists all kinds."""
    heads = ("alarm", "severity", "raised when", "after", "repeated every", "critical", "who acts")
    rows = [
        (
            f"[`{kind.id}`](../runbooks/{kind.id}.md)",
            kind.severity.value,
            kind.condition,
            duration(kind.lasts) if kind.lasts else "at once",
            duration(kind.repeat),
            kind.escalation,
            kind.who.value,
        )
        for kind in CATALOGUE
    ]
    names = [
        (f"[{kind.id}](../runbooks/{kind.id}.md)", f"`{kind.prometheus_name}`", kind.source)
        for kind in CATALOGUE
    ]
    return (
        f"{_OPENING}\n{NOTICE}\n\n{table(heads, rows)}\n\n## Runbooks\n\n"
        f"{table(('runbook', 'Prometheus alert', 'known from'), names)}\n"
    )


def _severity(kind: Kind) -> str:
    if kind.severity is Severity.CRITICAL:
        return "critical from the start"
    return f"{kind.severity.value}; critical {kind.escalation}"


def runbook(kind: Kind) -> str:
    """Return the page that says what to do about a kind of alarm."""
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(kind.to_do, 1))
    after = f"after {duration(kind.lasts)}" if kind.lasts else "at once"
    facts = table(
        ("", ""),
        [
            ("Severity", _severity(kind)),
            ("Raised", f"{after}, repeated every {duration(kind.repeat)}"),
            ("Who acts", kind.who.value),
            ("Judged by", "each process about itself" if kind.per_process else "any process of `tis-esr run`"),
            ("Prometheus", f"`{kind.prometheus_name}`, and `{kind.prometheus_name}Unknown` while it cannot be judged"),
            ("Known from", f"[{kind.source}](../explanation/incidents.md)" if kind.source else "no incident"),
        ],
    )  # fmt: skip
    return (
        f"# {kind.id}\n\n{NOTICE}\n\nRaised when {kind.condition}.\n\n{facts}\n\n"
        f"## Meaning\n\n{kind.meaning}\n\n## Who is affected\n\n{kind.affected}\n\n## What to do\n\n{steps}\n\n"
        "To take it over: `tis-esr alarms own ID`; to note what is known: `tis-esr alarms note ID TEXT`; "
        "to be quiet until a day: `tis-esr alarms silence ID 2026-12-01 --why TEXT`. All alarms: [alarms](../reference/alarms.md).\n"
    )
