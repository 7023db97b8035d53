"""Rows that change nothing: faulty ones, and people whom TIS doesn't know, or not in that post."""

from tests.simulation.assignments import FIRST_ASSIGNMENT
from tests.simulation.world import Build

from tis_esr.records.row_writing import format_row
from tis_esr.records.values import Value

_FAULTY = ("XYZ,1,2", "POR,,,C,1", "ABS,9,,C,20261101,20261102,2,", "POS,not a number,,C", "")


def add_noise(build: Build) -> None:
    """Draw a few such rows for each deanery."""
    for deanery in build.deaneries:
        for kind in ("faulty", "host", "ended", "nobody", "elsewhere"):
            if build.random.random() < 0.35:
                _add(build, deanery, kind)


def _add(build: Build, deanery: str, kind: str) -> None:
    draft = build.draft_of(deanery)
    if kind == "faulty":
        draft.blocks.append([(build.random.choice(_FAULTY), None)])
        return
    person = build.random.choice(build.world.people)
    number = FIRST_ASSIGNMENT + 5_000 + build.world.number("noise", 1)
    post = next(post for at, post in build.posts if at == deanery)
    head: dict[str, Value] = {
        "assignmentId": number,
        "changeDeleteIndicator": "D" if kind == "ended" else "C",
        "personId": number,
        "deaneryNumber": f"{deanery}/NOBODY/1" if kind == "elsewhere" else post["nationalPostNumber"],
        "hostLeadIndicator": "Host Employer" if kind == "host" else "Lead Employer",
    }
    gmc = "1111111" if kind == "nobody" else person["gmcDetails"]["gmcNumber"]
    draft.blocks.append(
        [
            (format_row("ASG", head), None),
            (format_row("PER", {"personId": number, "lastName": "Not-To-Be"}), None),
            (
                format_row("PBD", {"personId": number, "body": "General Medical Council", "regNumber": gmc}),
                None,
            ),
        ]
    )
