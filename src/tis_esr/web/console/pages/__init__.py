"""The pages of the console. A new one is a function, a template, and a line here."""

from tis_esr.operations.access.accounts import Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages.alarm_acts import ALARM_ACTS
from tis_esr.web.console.pages.alarms import alarm, alarms, alarms_csv
from tis_esr.web.console.pages.doctor import doctor, settings
from tis_esr.web.console.pages.files import file, files, files_csv, findings
from tis_esr.web.console.pages.forecast import forecast, forecast_csv
from tis_esr.web.console.pages.home import accessibility, home
from tis_esr.web.console.pages.outage import deadlines_page, outage
from tis_esr.web.console.pages.procedure_acts import PROCEDURE_ACTS
from tis_esr.web.console.pages.procedures import full_file, procedures, recovery, region
from tis_esr.web.console.pages.search import messages, results, search
from tis_esr.web.console.pages.why import why

PAGES = (
    Page("/", "Start", Role.VIEWER, home),
    Page("/alarms", "Alarms", Role.VIEWER, alarms, "What is wrong at the moment, whom it affects, who has it in hand and what to do", all_offices=True),
    Page("/alarms.csv", "Alarms as CSV", Role.VIEWER, alarms_csv, all_offices=True),
    *ALARM_ACTS,
    Page("/alarms/{id:path}", "Alarm", Role.VIEWER, alarm, all_offices=True),
    Page("/why", "Why", Role.VIEWER, why, "Why a placement, post, position or person was, or wasn't, sent to ESR, and who must act"),
    Page("/search", "Search", Role.VIEWER, search, methods=("POST",)),
    Page("/search", "Search", Role.VIEWER, results),
    Page("/messages/{id:path}", "Messages", Role.VIEWER, messages),
    Page("/outage", "Outage", Role.VIEWER, outage, all_offices=True),
    Page("/deadlines", "Deadlines", Role.VIEWER, deadlines_page),
    Page("/files", "Files", Role.VIEWER, files, "Files from ESR with their states and rows, and what each contained"),
    Page("/files.csv", "Files as CSV", Role.VIEWER, files_csv),
    Page("/findings", "Findings", Role.VIEWER, findings, "Files that need somebody: refused, incomplete, missing or not confirmed by ESR"),
    Page("/files/{name}", "File", Role.VIEWER, file),
    Page("/forecast", "Forecast", Role.VIEWER, forecast, "How many applicants reach the 13-week window on each coming day"),
    Page("/forecast.csv", "Forecast as CSV", Role.VIEWER, forecast_csv),
    Page("/procedures", "Guided procedures", Role.OPERATOR, procedures, "Recovery from an outage, the start of a region, a full file: step by step"),
    *PROCEDURE_ACTS,
    Page("/procedures/recovery", "Recovery", Role.OPERATOR, recovery, all_offices=True),
    Page("/procedures/region/{deanery}", "Start of a region", Role.OPERATOR, region),
    Page("/procedures/full-file/{deanery}", "Full file", Role.OPERATOR, full_file),
    Page("/doctor", "Doctor", Role.OPERATOR, doctor, "Whether the store, the file stores, TCS and the processes work"),
    Page("/settings", "Settings", Role.ADMINISTRATOR, settings, "The settings in force, without secrets"),
    Page("/accessibility", "Accessibility", Role.VIEWER, accessibility),
)  # fmt: skip
"""All pages, in the order of the menu; the first that fits an address answers it."""
