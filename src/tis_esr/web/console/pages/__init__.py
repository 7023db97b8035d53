"""The pages of the console. A new one is a function, a template, and a line here."""

from tis_esr.operations.access.accounts import Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages.accessibility import accessibility
from tis_esr.web.console.pages.alarm_acts import ALARM_ACTS
from tis_esr.web.console.pages.alarms import alarm, alarms, alarms_csv
from tis_esr.web.console.pages.board import calendar_page, office
from tis_esr.web.console.pages.doctor import doctor, settings
from tis_esr.web.console.pages.files import file, files, files_csv, findings
from tis_esr.web.console.pages.forecast import forecast, forecast_csv
from tis_esr.web.console.pages.promise import promise, promise_csv
from tis_esr.web.console.pages.promise_lists import due, due_csv, misses, misses_csv
from tis_esr.web.console.pages.throughput import throughput
from tis_esr.web.console.pages.today import today
from tis_esr.web.console.pages.why import search, why

PAGES = (
    Page("/", "Today", Role.VIEWER, today, "The files of a day with their states, alarms, the promise, and what waits for whom"),
    Page("/board/{office}", "Office", Role.VIEWER, office),
    Page("/calendar", "Calendar", Role.VIEWER, calendar_page, "How each of the last 30 days ended for each office"),
    Page("/throughput", "Throughput", Role.VIEWER, throughput, "Rows from ESR and for ESR by day, and what is still parked or waits"),
    Page("/promise", "The promise", Role.VIEWER, promise, "The share of trainees whose data went to ESR 12 weeks before their start, what is due, and every miss"),
    Page("/promise.csv", "The promise as CSV", Role.VIEWER, promise_csv),
    Page("/promise/misses", "Misses of the promise", Role.VIEWER, misses),
    Page("/promise/misses.csv", "Misses as CSV", Role.VIEWER, misses_csv),
    Page("/promise/due", "Due for the promise", Role.VIEWER, due),
    Page("/promise/due.csv", "Due as CSV", Role.VIEWER, due_csv),
    Page("/alarms", "Alarms", Role.VIEWER, alarms, "What is wrong at the moment, whom it affects, who has it in hand and what to do", all_offices=True),
    Page("/alarms.csv", "Alarms as CSV", Role.VIEWER, alarms_csv, all_offices=True),
    *ALARM_ACTS,
    Page("/alarms/{id:path}", "Alarm", Role.VIEWER, alarm, all_offices=True),
    Page("/why", "Why", Role.VIEWER, why, "Why a placement, post, position or person was, or wasn't, sent to ESR, and who must act"),
    Page("/search", "Search", Role.VIEWER, search, methods=("POST",)),
    Page("/files", "Files", Role.VIEWER, files, "Files from ESR with their states and rows, and what each contained"),
    Page("/files.csv", "Files as CSV", Role.VIEWER, files_csv),
    Page("/findings", "Findings", Role.VIEWER, findings, "Files that need somebody: refused, incomplete, missing or not confirmed by ESR"),
    Page("/files/{name}", "File", Role.VIEWER, file),
    Page("/forecast", "Forecast", Role.VIEWER, forecast, "How many applicants reach the 13-week window on each coming day"),
    Page("/forecast.csv", "Forecast as CSV", Role.VIEWER, forecast_csv),
    Page("/doctor", "Doctor", Role.OPERATOR, doctor, "Whether the store, the file stores, TCS and the processes work"),
    Page("/settings", "Settings", Role.ADMINISTRATOR, settings, "The settings in force, without secrets"),
    Page("/accessibility", "Accessibility", Role.VIEWER, accessibility),
)  # fmt: skip
"""All pages, in the order of the menu; the first that fits an address answers it."""
