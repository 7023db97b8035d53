"""The pages of the console. A new one is a function, a template, and a line here."""

from tis_esr.operations.access.accounts import Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages.alarm_acts import ALARM_ACTS
from tis_esr.web.console.pages.alarms import alarm, alarms, alarms_csv
from tis_esr.web.console.pages.doctor import doctor, settings
from tis_esr.web.console.pages.export_acts import EXPORT_ACTS
from tis_esr.web.console.pages.export_files import file as file_sent
from tis_esr.web.console.pages.export_files import files as files_sent
from tis_esr.web.console.pages.export_files import files_csv as files_sent_csv
from tis_esr.web.console.pages.exports import export, export_csv, exports, exports_csv
from tis_esr.web.console.pages.files import file, files, files_csv, findings
from tis_esr.web.console.pages.forecast import forecast, forecast_csv
from tis_esr.web.console.pages.home import accessibility, home
from tis_esr.web.console.pages.people import people, people_csv, person
from tis_esr.web.console.pages.positions import positions, positions_csv
from tis_esr.web.console.pages.posts_in_tis import posts, posts_csv
from tis_esr.web.console.pages.processes import process, process_list, processes_csv
from tis_esr.web.console.pages.reports import report, report_csv, reports
from tis_esr.web.console.pages.why import search, why

PAGES = (
    Page("/", "Start", Role.VIEWER, home, of_trusts=True),
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
    Page("/exports", "Exports", Role.VIEWER, exports, "What would go to ESR now and what is held, files sent and their confirmations"),
    Page("/exports.csv", "Exports as CSV", Role.VIEWER, exports_csv),
    *EXPORT_ACTS,
    Page("/exports/files", "Files sent", Role.VIEWER, files_sent),
    Page("/exports/files.csv", "Files sent as CSV", Role.VIEWER, files_sent_csv),
    Page("/exports/files/{name}", "File sent", Role.VIEWER, file_sent),
    Page("/exports/{office}/{type}.csv", "Export as CSV", Role.VIEWER, export_csv),
    Page("/exports/{office}/{type}", "Export", Role.VIEWER, export),
    Page("/positions", "Positions and posts", Role.VIEWER, positions, "Positions of ESR and posts of TIS: matched, unmatched, deleted, shared, with and without position", of_trusts=True),
    Page("/positions.csv", "Positions as CSV", Role.VIEWER, positions_csv, of_trusts=True),
    Page("/posts", "Posts", Role.VIEWER, posts, of_trusts=True),
    Page("/posts.csv", "Posts as CSV", Role.VIEWER, posts_csv, of_trusts=True),
    Page("/people", "People updates", Role.VIEWER, people, "Details of people that ESR's files updated in TIS, and which were refused and why"),
    Page("/people.csv", "People updates as CSV", Role.VIEWER, people_csv),
    Page("/people/{file}", "Updates of one person", Role.VIEWER, person),
    Page("/forecast", "Forecast", Role.VIEWER, forecast, "How many applicants reach the 13-week window on each coming day"),
    Page("/forecast.csv", "Forecast as CSV", Role.VIEWER, forecast_csv),
    Page("/reports", "Reports", Role.VIEWER, reports, "Posts, positions, held records, person updates, the coming wave and rejections as CSV, also for a trust", of_trusts=True),
    Page("/reports/{kind}.csv", "Report as CSV", Role.VIEWER, report_csv, of_trusts=True),
    Page("/reports/{kind}", "Report", Role.VIEWER, report, of_trusts=True),
    Page("/processes", "Processes", Role.OPERATOR, process_list, "Processes with their heartbeat, version and services, and what differs between them"),
    Page("/processes.csv", "Processes as CSV", Role.OPERATOR, processes_csv),
    Page("/processes/{name}", "Process", Role.OPERATOR, process),
    Page("/doctor", "Doctor", Role.OPERATOR, doctor, "Whether the store, the file stores, TCS and the processes work"),
    Page("/settings", "Settings", Role.ADMINISTRATOR, settings, "The settings in force, without secrets"),
    Page("/accessibility", "Accessibility", Role.VIEWER, accessibility, of_trusts=True),
)  # fmt: skip
"""All pages, in the order of the menu; the first that fits an address answers it."""
