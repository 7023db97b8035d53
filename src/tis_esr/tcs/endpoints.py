"""TCS's endpoints that this client uses, with the permission that each requires."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of TCS: ``path`` is its template, ``permission`` what our user needs.

    ``may_miss``: 404 is a normal response.
    """

    method: str
    path: str
    permission: str
    may_miss: bool = False

    @property
    def writes(self) -> bool:
        """Whether calling it changes something, so that a lost call is uncertain."""
        return self.method != "GET"

    @property
    def answers_302(self) -> bool:
        """Whether TCS before 6.55.1 responds with 302 and the list, without a Location."""
        return "/in/{" in self.path


_POST: Final = "post:view"
_PERSON: Final = "person:View"
_CHANGE_PERSON: Final = "person:Update"
_VIEW: Final = "tcs:view:entities"
_CHANGE: Final = "tcs:add:modify:entities"

POSTS_IN: Final = Endpoint("GET", "/api/posts/in/{npns}", _POST)
POSTS_FOUND: Final = Endpoint("GET", "/api/findByNationalPostNumber", _POST)
POST: Final = Endpoint("GET", "/api/posts/{id}", _POST, may_miss=True)
ESR_CHANGED: Final = Endpoint("POST", "/api/posts/{id}/esr-changed", _CHANGE, may_miss=True)
PLACEMENTS_FILTER: Final = Endpoint("GET", "/api/placements/filter", _VIEW)
PLACEMENT: Final = Endpoint("GET", "/api/placements/{id}", _VIEW, may_miss=True)
ESR_EXPORTED: Final = Endpoint("POST", "/api/placements/{id}/esr-exported", _CHANGE, may_miss=True)
PEOPLE_IN: Final = Endpoint("GET", "/api/people/in/{ids}", _PERSON)
GMC_IN: Final = Endpoint("GET", "/api/gmc-details/in/{gmcNumbers}", _PERSON)
GDC_IN: Final = Endpoint("GET", "/api/gdc-details/in/{gdcNumbers}", _PERSON)
MEMBERSHIPS: Final = Endpoint("GET", "/api/trainee/{id}/programme-memberships", _PERSON, may_miss=True)
CONTACT: Final = Endpoint("PATCH", "/api/contact-details/{id}", _CHANGE_PERSON)
PERSONAL: Final = Endpoint("PATCH", "/api/personal-details/{id}", _CHANGE_PERSON)
ABSENCE_OF_ESR: Final = Endpoint(
    "GET", "/api/absence/absenceId/{absenceAttendanceId}", _PERSON, may_miss=True
)
ABSENCE_NEW: Final = Endpoint("POST", "/api/absence", "person:Create")
ABSENCE_CHANGE: Final = Endpoint("PATCH", "/api/absence/{id}", _CHANGE_PERSON, may_miss=True)

CHECK: Final = POSTS_IN
CHECK_PATH: Final = "/api/posts/in/TIS-ESR-CHECKUP"
"""A harmless request, which shows whether TCS works at all."""
