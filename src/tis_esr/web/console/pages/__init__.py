"""The pages of the console. A new one is a function, a template, and a line here."""

from tis_esr.operations.access.accounts import Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages.accessibility import accessibility
from tis_esr.web.console.pages.alarm_acts import ALARM_ACTS
from tis_esr.web.console.pages.alarms import alarm, alarms, alarms_csv
from tis_esr.web.console.pages.audit import audit, audit_csv, chain, entry
from tis_esr.web.console.pages.batch_acts import BATCH_ACTS
from tis_esr.web.console.pages.batches import batch, batch_csv, batches, batches_csv
from tis_esr.web.console.pages.board import calendar_page, office
from tis_esr.web.console.pages.doctor import doctor, settings
from tis_esr.web.console.pages.export_acts import EXPORT_ACTS
from tis_esr.web.console.pages.export_files import file as file_sent
from tis_esr.web.console.pages.export_files import files as files_sent
from tis_esr.web.console.pages.export_files import files_csv as files_sent_csv
from tis_esr.web.console.pages.exports import export, export_csv, exports, exports_csv
from tis_esr.web.console.pages.files import file, files, files_csv, findings
from tis_esr.web.console.pages.forecast import forecast, forecast_csv
from tis_esr.web.console.pages.outage import deadlines_page, outage
from tis_esr.web.console.pages.parked import cause, groups, groups_csv, messages, messages_csv
from tis_esr.web.console.pages.parked_acts import PARKED_ACTS
from tis_esr.web.console.pages.parked_discarded import discarded, discarded_csv
from tis_esr.web.console.pages.parked_message import message, unmasked
from tis_esr.web.console.pages.people import people, people_csv, person
from tis_esr.web.console.pages.positions import positions, positions_csv
from tis_esr.web.console.pages.posts_in_tis import posts, posts_csv
from tis_esr.web.console.pages.procedure_acts import PROCEDURE_ACTS
from tis_esr.web.console.pages.procedures import full_file, procedures, recovery, region
from tis_esr.web.console.pages.processes import process, process_list, processes_csv
from tis_esr.web.console.pages.promise import months_csv, promise, promise_csv
from tis_esr.web.console.pages.promise_lists import due, due_csv, misses, misses_csv
from tis_esr.web.console.pages.reports import report, report_csv, reports
from tis_esr.web.console.pages.search import messages as messages_of
from tis_esr.web.console.pages.search import results, search
from tis_esr.web.console.pages.throughput import throughput
from tis_esr.web.console.pages.today import today
from tis_esr.web.console.pages.why import why

PAGES = (
    Page("/", "Today", Role.VIEWER, today, "The files of a day with their states, alarms, the promise, and what waits for whom", of_trusts=True),
    Page("/board/{office}", "Office", Role.VIEWER, office),
    Page("/calendar", "Calendar", Role.VIEWER, calendar_page, "How each of the last 30 days ended for each office"),
    Page("/throughput", "Throughput", Role.VIEWER, throughput, "Rows from ESR and for ESR by day, and what is still parked or waits"),
    Page("/promise", "The promise", Role.VIEWER, promise, "The share of trainees whose data went to ESR 12 weeks before their start, what is due, and every miss"),
    Page("/promise.csv", "The promise as CSV", Role.VIEWER, promise_csv),
    Page("/promise/months.csv", "The promise by month as CSV", Role.VIEWER, months_csv),
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
    Page("/search", "Search", Role.VIEWER, results),
    Page("/messages/{id:path}", "Messages", Role.VIEWER, messages_of),
    Page("/outage", "Outage", Role.VIEWER, outage, all_offices=True),
    Page("/deadlines", "Deadlines", Role.VIEWER, deadlines_page, "Who leaves the window, or misses the deadline of the 12-week promise, if nothing is done"),
    Page("/files", "Files from ESR", Role.VIEWER, files, "Their states and rows, and what each contained"),
    Page("/files.csv", "Files as CSV", Role.VIEWER, files_csv),
    Page("/findings", "Findings", Role.VIEWER, findings, "Files that need somebody: refused, incomplete, missing or not confirmed by ESR"),
    Page("/files/{name}", "File", Role.VIEWER, file),
    Page("/parked", "Parked", Role.VIEWER, groups, "Messages that could not be handled: by cause with who acts, age, office or file; retry or discard them"),
    Page("/parked.csv", "Parked groups as CSV", Role.VIEWER, groups_csv),
    Page("/parked/messages", "Parked messages", Role.VIEWER, messages),
    Page("/parked/messages.csv", "Parked messages as CSV", Role.VIEWER, messages_csv),
    Page("/parked/causes/{cause}", "Runbook", Role.VIEWER, cause),
    Page("/parked/discarded", "Discarded", Role.VIEWER, discarded),
    Page("/parked/discarded.csv", "Discarded as CSV", Role.VIEWER, discarded_csv),
    Page("/parked/unmasked", "Unmasked", Role.PRIVACY, unmasked, methods=("POST",)),
    *PARKED_ACTS,
    Page("/parked/messages/{queue}/{id:path}", "Parked message", Role.VIEWER, message),
    Page("/batches", "Batches", Role.VIEWER, batches, "Retries of parked messages: how far each batch is, with a verdict for each message"),
    Page("/batches.csv", "Batches as CSV", Role.VIEWER, batches_csv),
    *BATCH_ACTS,
    Page("/batches/{batch}.csv", "Batch as CSV", Role.VIEWER, batch_csv),
    Page("/batches/{batch}", "Batch", Role.VIEWER, batch),
    Page("/forecast", "Forecast", Role.VIEWER, forecast, "How many applicants reach the 13-week window on each coming day"),
    Page("/forecast.csv", "Forecast as CSV", Role.VIEWER, forecast_csv),
    Page("/audit", "Audit", Role.ADMINISTRATOR, audit, "Who did what, when, on what and why, with every look at personal data; whether an entry was changed", all_offices=True),
    Page("/audit.csv", "Audit as CSV", Role.ADMINISTRATOR, audit_csv, all_offices=True),
    Page("/audit/chain", "Chain of the audit", Role.ADMINISTRATOR, chain, all_offices=True),
    Page("/audit/entries/{number:int}", "Audit entry", Role.ADMINISTRATOR, entry, all_offices=True),
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
    Page("/people", "People updates", Role.VIEWER, people, "Details of people that ESR's files updated in TIS, and which values were refused and why"),
    Page("/people.csv", "People updates as CSV", Role.VIEWER, people_csv),
    Page("/people/{file}", "Updates of one person", Role.VIEWER, person),
    Page("/reports", "Reports", Role.VIEWER, reports, "Posts, positions, held records, person updates, the coming wave and rejections as CSV, also for a trust", of_trusts=True),
    Page("/reports/{kind}.csv", "Report as CSV", Role.VIEWER, report_csv, of_trusts=True),
    Page("/reports/{kind}", "Report", Role.VIEWER, report, of_trusts=True),
    Page("/processes", "Processes", Role.OPERATOR, process_list, "Processes with their heartbeat, version and services, and what differs between them"),
    Page("/processes.csv", "Processes as CSV", Role.OPERATOR, processes_csv),
    Page("/processes/{name}", "Process", Role.OPERATOR, process),
    Page("/procedures", "Guided procedures", Role.OPERATOR, procedures, "Recovery from an outage, the start of a region, a full file: step by step"),
    *PROCEDURE_ACTS,
    Page("/procedures/recovery", "Recovery", Role.OPERATOR, recovery, all_offices=True),
    Page("/procedures/region/{deanery}", "Start of a region", Role.OPERATOR, region),
    Page("/procedures/full-file/{deanery}", "Full file", Role.OPERATOR, full_file),
    Page("/doctor", "Doctor", Role.OPERATOR, doctor, "Whether the store, the file stores, TCS and the processes work"),
    Page("/settings", "Settings", Role.ADMINISTRATOR, settings, "The settings in force, without secrets"),
    Page("/accessibility", "Accessibility", Role.VIEWER, accessibility, of_trusts=True),
)  # fmt: skip
"""All pages, in the order of the menu; the first that fits an address answers it."""
