"""Charts: what they draw, say in words and have as a table; never by colour alone."""

from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tis_esr.operations.board.calendar import Calendar, CalendarLine, by_office, gravest
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.history_lines import DayEnd, History, HistoryLine
from tis_esr.operations.board.office import Arrival
from tis_esr.operations.forecast import Forecast, Line, Step
from tis_esr.web.console.charts.arrivals import arrivals
from tis_esr.web.console.charts.bars import Bar, bars
from tis_esr.web.console.charts.calendar import calendar
from tis_esr.web.console.charts.chart import Chart
from tis_esr.web.console.charts.of_applicants import wave

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 11, 24)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart) -> ET.Element:
    """Return a chart's drawing, which must be whole XML with a name and a description."""
    root = ET.fromstring(str(chart.svg))  # noqa: S314 - drawn by this program
    assert root.get("role") == "img"
    assert [root.find(f"{SVG}{part}").text for part in ("title", "desc")] == [chart.title, chart.says]
    assert all(len(row) == len(chart.headers) for row in chart.rows)
    return root


def words(chart: Chart) -> list[str]:
    return [one.text or "" for one in drawn(chart).iter(f"{SVG}text")]


def line(deanery: str, type_: FileType, *ends: DayEnd) -> HistoryLine:
    return HistoryLine(
        deanery=deanery, type=type_, ends=list(ends), judged=1, on_time=1, median=None, p95=None
    )


def test_a_calendar_has_a_letter_for_each_end_and_the_same_as_a_table() -> None:
    ends = [DayEnd.ON_TIME, DayEnd.LATE, DayEnd.NOT_HERE, DayEnd.NOT_EXPECTED]
    days = [DAY + timedelta(days=n) for n in range(4)]
    chart = calendar("c", "Days <of> EOE", Calendar(days=days, lines=[CalendarLine(name="EOE", ends=ends)]))
    said = words(chart)
    assert said[-5:-1] == ["EOE", "✓", "L", "X"]
    assert said[-1] == "X not here; L late; ✓ on time"
    assert chart.says == "1 not here, 1 late in 4 days."
    assert chart.rows[0] == ["27 Nov 2026", "Not expected"]
    assert chart.rows[-1] == ["24 Nov 2026", "On time"]


def test_a_day_of_an_office_ended_as_the_gravest_of_its_files() -> None:
    found = History(
        first=DAY,
        last=DAY + timedelta(days=1),
        lines=[
            line("EOE", FileType.RMC, DayEnd.ON_TIME, DayEnd.ON_TIME),
            line("EOE", FileType.APP, DayEnd.LATE, DayEnd.IDLE),
            line("WES", FileType.RMC, DayEnd.NOT_HERE, DayEnd.WAIVED),
        ],
    )
    assert [(one.name, one.ends) for one in by_office(found).lines] == [
        ("EOE", [DayEnd.LATE, DayEnd.ON_TIME]),
        ("WES", [DayEnd.NOT_HERE, DayEnd.WAIVED]),
    ]
    assert gravest([]) is DayEnd.NOT_EXPECTED


def arrival(day: date, end: DayEnd, came: datetime | None) -> Arrival:
    def at(hour: int, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)

    return Arrival(type=FileType.RMC, day=day, end=end, came_at=came, due_at=at(14, 30), late_at=at(15))


def test_arrivals_are_marked_by_shape_and_later_is_higher() -> None:
    days = [DAY + timedelta(days=n) for n in range(3)]
    chart = arrivals(
        "a",
        "Arrivals of RMC",
        [
            arrival(days[0], DayEnd.ON_TIME, datetime(2026, 11, 24, 14, 9, tzinfo=LONDON)),
            arrival(days[1], DayEnd.LATE, datetime(2026, 11, 26, 1, 5, tzinfo=LONDON)),
            arrival(days[2], DayEnd.NOT_HERE, None),
        ],
    )
    marks = {
        one.text: float(one.get("y", "0"))
        for one in drawn(chart).iter(f"{SVG}text")
        if one.text in {"●", "▲", "✕"}
    }
    assert marks["▲"] < marks["✕"] < marks["●"]
    assert chart.says == "1 came in time, 1 late, 1 not here, of 3 expected."
    assert chart.rows == [
        ("26 Nov 2026", "Not here", "", "14:30", "15:00"),
        ("25 Nov 2026", "Late", "01:05 +1 day", "14:30", "15:00"),
        ("24 Nov 2026", "On time", "14:09", "14:30", "15:00"),
    ]


def test_arrivals_on_the_day_on_which_the_clocks_go_back_are_of_londons_clocks() -> None:
    day = date(2026, 10, 25)
    came = datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=LONDON)
    chart = arrivals("a", "Arrivals of RMC", [arrival(day, DayEnd.ON_TIME, came)])
    assert chart.rows[0][2] == "01:30"


def test_bars_have_patterns_numbers_and_a_round_scale() -> None:
    chart = bars("b", "Rows", "Two days.", ("In time", "Missed"), [Bar("Nov", [852, 10], "99%"), Bar("Dec", [0, 0])], first="Month")  # fmt: skip
    parts = [one.get("fill") for one in drawn(chart).iter(f"{SVG}rect") if one.get("fill")]
    assert parts == ["url(#b-full)", "url(#b-stripes)", "url(#b-full)", "url(#b-stripes)"]
    assert [one.get("id") for one in drawn(chart).iter(f"{SVG}pattern")] == [
        "b-full",
        "b-stripes",
        "b-dots",
        "b-empty",
    ]
    assert words(chart)[:5] == ["0", "250", "500", "750", "1,000"]
    assert chart.rows == [["Nov", "852", "10", "99%"], ["Dec", "0", "0", ""]]


def test_bars_of_nothing_are_drawn_too() -> None:
    assert drawn(bars("b", "Rows", "Nothing.", ("Rows",), [], first="Day")) is not None
    assert drawn(bars("b", "Rows", "Nothing.", ("Rows",), [Bar("1 Nov", [0])], first="Day")) is not None


@given(st.lists(st.integers(0, 10**9), max_size=30))
def test_no_bar_is_higher_than_the_scale(numbers: list[int]) -> None:
    chart = bars("b", "Rows", "Numbers.", ("Rows",), [Bar(str(n), [n]) for n in numbers], first="Day")
    tops = [float(one.get("y", "0")) for one in drawn(chart).iter(f"{SVG}rect") if one.get("fill")]
    assert all(top >= 27.9 for top in tops)


def test_the_wave_has_every_week_and_those_who_are_in_the_window() -> None:
    lines = [
        Line(reaches_window=None, deanery="EOE", applicants=5, sound=3, held_back=1, sent=1),
        Line(reaches_window=DAY + timedelta(days=8), deanery="EOE", applicants=2, sound=2),
        Line(reaches_window=DAY + timedelta(days=8), deanery="WES", applicants=1, held_back=1),
    ]
    chart = wave(Forecast(day=DAY, weeks=3, by=Step.WEEK, data_from=None, lines=lines))
    assert chart.says == (
        "3 of 8 applicants reach the window within 3 weeks, the others are in it; 2 of all are held back."
    )
    assert chart.rows == [
        ["in it", "1", "3", "1"],
        ["25 Nov", "0", "0", "0"],
        ["2 Dec", "0", "2", "1"],
        ["9 Dec", "0", "0", "0"],
    ]
