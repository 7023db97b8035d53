"""A world under construction: TCS's data, ESR's rows, and what each row and placement should end as."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tis_esr.records.values import Value
from tis_esr.records.writing import format_row

Dto = dict[str, Any]

_SYLLABLES = ("an", "bel", "cor", "dun", "el", "fen", "gar", "hol", "ist", "jun", "kel", "lor", "mun", "nor")
_SURNAMES = ("Specimen", "Example", "Sample", "Mustermann", "Pattern", "Placeholder-Name")
_FIRST = ("Testa", "Proba", "Modella", "Fictus", "Exempla", "Invento")


@dataclass
class Line:
    """One row of a file and the state that it should end in."""

    raw: bytes
    state: str


@dataclass
class Expected:
    """What each service should end up with; by the keys of ``expected.json``."""

    positions: dict[str, Dto] = field(default_factory=dict)
    applicants: dict[str, str] = field(default_factory=dict)
    notifications: dict[str, list[list[int | None]]] = field(default_factory=dict)
    esr_changed: list[list[Any]] = field(default_factory=list)
    contact: dict[str, dict[str, str]] = field(default_factory=dict)
    personal: dict[str, dict[str, str]] = field(default_factory=dict)
    absences: dict[str, dict[str, Any]] = field(default_factory=dict)


class World:
    """Everything that a scenario adds to. ``today`` is the day that the files are for."""

    def __init__(self, today: date, random: Random) -> None:
        self.today = today
        self.random = random
        self.posts: list[Dto] = []
        self.placements: list[Dto] = []
        self.people: list[Dto] = []
        self.absences: list[Dto] = []
        self.lines: dict[str, list[Line]] = {}
        self.expected = Expected()
        self._ids: dict[str, int] = {}

    def day(self, offset: int) -> str:
        """Return the day ``offset`` days from today, as TCS writes it."""
        return (self.today + timedelta(days=offset)).isoformat()

    def number(self, kind: str, first: int) -> int:
        """Return the next number of a kind."""
        self._ids[kind] = self._ids.get(kind, first - 1) + 1
        return self._ids[kind]

    def post(self, deanery: str, *, npn: str | None = None, status: str = "CURRENT") -> Dto:
        """Add a post of TIS."""
        number = self.number("post", 100_001)
        post = {
            "id": number,
            "nationalPostNumber": npn or f"{deanery}/RX{number % 89 + 10}/{number % 9}00/STR/{number}",
            "status": status,
            "owner": f"Office of {deanery}",
            "aFieldThatIsNewInTis": "must be ignored",
        }
        self.posts.append(post)
        return post

    def person(self, **changes: Any) -> Dto:
        """Add a person of TIS, plainly invented; ``changes`` go into contact, personal, GMC or GDC details."""
        number = self.number("person", 200_001)
        surname = f"{_SURNAMES[number % 6]}{_SYLLABLES[number % 14]}{_SYLLABLES[number // 14 % 14]}"
        first = _FIRST[number % 6]
        version = "2026-01-02T03:04:05.678"
        contact = {
            "id": number,
            "surname": surname,
            "legalSurname": surname,
            "forenames": first,
            "legalForenames": first,
            "title": "Dr",
            "email": f"{first}.{number}@example.org".lower(),
            "address1": f"{number % 99 + 1} Invented Street",
            "address4": "Sampleton",
            "postCode": "ZZ99 3WZ",
            "country": "United Kingdom",
            "telephoneNumber": "01632 960001",
            "amendedDate": version,
        }
        personal = {
            "id": number,
            "dateOfBirth": f"{1970 + number % 28}-0{number % 9 + 1}-15",
            "gender": "Female" if number % 2 else "Male",
            "nationality": "British",
            "ethnicOrigin": "Not stated",
            "maritalStatus": "Single",
            "disability": "NO",
            "amendedDate": version,
        }
        gmc = {"id": number, "gmcNumber": str(7_000_000 + number), "gmcStatus": "Registered with Licence"}
        gdc: Dto = {"id": number, "gdcNumber": None}
        for part in (contact, personal, gmc, gdc):
            part.update({name: changes[name] for name in changes if name in part})
        person = {
            "id": number,
            "role": "Dr in Training",
            "status": "CURRENT",
            "contactDetails": contact,
            "personalDetails": personal,
            "gmcDetails": gmc,
            "gdcDetails": gdc,
            "programmeMemberships": [{"trainingNumber": {"trainingNumber": f"X/TEST/{number}/C"}}],
        }
        self.people.append(person)
        return person

    def placement(self, post: Dto, person: Dto, start: int | None, end: int | None, **changes: Any) -> Dto:
        """Add a placement from ``start`` to ``end``, in days from today."""
        placement = {
            "id": self.number("placement", 1_900_001),
            "traineeId": person["id"],
            "postId": post["id"],
            "dateFrom": None if start is None else self.day(start),
            "dateTo": None if end is None else self.day(end),
            "wholeTimeEquivalent": 1.0,
            "siteCode": "RX101",
            "siteId": 1,
            "gradeAbbreviation": "ST3",
            "placementType": "In post",
            "lifecycleState": "APPROVED",
            **changes,
        }
        self.placements.append(placement)
        return placement

    def row(self, deanery: str, state: str, record_type: str, **values: Value) -> None:
        """Add a well-formed row to a deanery's file, and the state that it should end in."""
        self.raw(deanery, state, format_row(record_type, values).encode())

    def raw(self, deanery: str, state: str, line: bytes) -> None:
        """Add a line as it is."""
        self.lines.setdefault(deanery, []).append(Line(line, state))

    def position(
        self,
        deanery: str,
        npn: str,
        *,
        post: Dto | None,
        host: bool = False,
        deleted: bool = False,
        pos: bool = True,
    ) -> int:
        """Add a position of ESR by its POR and POS rows; ``post`` is the one that it should be matched to."""
        number = self.number("position", 6_000_001)
        indicator = "D" if deleted else "C"
        state = "applied" if post or deleted else "unmatched"
        self.row(
            deanery,
            state,
            "POR",
            positionID=number,
            changeDeleteIndicator=indicator,
            positionNumber=number + 20_000_000,
            positionTitle="Specialty Registrar",
            deaneryNumber=npn,
            managingOffice=deanery,
            hostLeadIndicator="Host Employer" if host else "Lead Employer",
            odsCode="RX1",
            employingOrgVPDCode=f"{number % 90:03d}",
            esrOrganisation="An Invented Trust",
            esrLocation="An Invented Hospital",
        )
        if pos:
            self.row(
                deanery,
                state,
                "POS",
                positionID=number,
                changeDeleteIndicator=indicator,
                positionNumber=number + 20_000_000,
                positionTitle="Specialty Registrar",
                occupationCode="800",
                areaOfWork="General Practice",
                deaneryNumber=npn,
                managingOffice=deanery,
                gradeTrust="NHS",
            )
        post_id = post["id"] if post else None
        status = "MATCHED" if post else "UNMATCHED"
        self.expected.positions[str(number)] = {"status": status, "postId": post_id, "deleted": deleted}
        if post and not deleted:
            self.expected.esr_changed.append([post_id, number, "RECONCILED"])
        return number

    def applicant(self, placement: Dto, position: int, state: str) -> None:
        """Expect an applicant record."""
        self.expected.applicants[f"{placement['id']}:{position}"] = state

    def incumbents(self, position: int, *pairs: tuple[Dto | None, Dto | None]) -> None:
        """Expect type 1 notifications of a position: who is now, who is next."""
        ids = [[now["id"] if now else None, then["id"] if then else None] for now, then in pairs]
        self.expected.notifications.setdefault(str(position), []).extend(ids)
