"""Every command given what it can't use: one message that says what, where and what to do, a code, no stack trace."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tis_esr.cli import app

NOBODY = "http://127.0.0.1:9/tcs"
FILE = "DE_EOE_RMC_20261124_00000101.DAT"
DAY = "day --in in --out out --state new"
DATE = "is not a valid date; write it as 2026-11-24"
BEFORE = "is before 24 Nov 2026, the first day of which a file is known here; name that day or a later one"
TOO_FAR = "is more than 26 weeks after 24 Nov 2026, the last day known here; check the date, or look ahead with --dry-run"
A_FILE = "is a file, not a folder; name a folder"
ADDRESS = "write it with its context path, such as http://host:8093/tcs"
PRODUCTION = {"TIS_ESR_ENGINE": "production"}
WORD = "give a placement id, a position number or id, or a GMC number (digits only), a national post number"

MISTAKES: list[tuple[str, dict[str, str], int, str]] = [
    # The program.
    ("nonsense", {}, 2, "No such command 'nonsense'"),
    ("--nonsense", {}, 2, "No such option: --nonsense"),
    # demo.
    ("demo --dir file", {}, 2, f"--dir: file {A_FILE}"),
    ("demo --dir file/below", {}, 2, f"--dir: file {A_FILE}"),
    ("demo --dir full", {}, 2, "--dir: full is not empty and was not created by tis-esr demo; name a new folder"),
    ("demo --as-of 31/12/2026", {}, 2, f"--as-of: '31/12/2026' {DATE}"),
    ("demo here", {}, 2, "unexpected extra argument"),
    # day.
    ("day", {}, 2, "Missing option '--in'"),
    ("day --in in --out out", {}, 2, "Missing option '--tcs'"),
    (f"day --in nowhere --out out --tcs {NOBODY}", {}, 2, "--in: nowhere: no such folder; create it, or correct its name"),
    (f"day --in file --out out --tcs {NOBODY}", {}, 2, f"--in: file {A_FILE}"),
    (f"day --in in --out file --tcs {NOBODY}", {}, 2, f"--out: file {A_FILE}"),
    (f"{DAY} --tcs ftp://host/tcs", {}, 2, f"the address of TCS, 'ftp://host/tcs', doesn't begin with http:// or https://: {ADDRESS}"),
    (f"{DAY} --tcs http:///tcs", {}, 2, f"the address of TCS, 'http:///tcs', names no host: {ADDRESS}"),
    (f"{DAY} --tcs http://host:99999/tcs", {}, 2, "has a port that is not a number from 0 to 65535"),
    (f"{DAY} --tcs http://user:word@host/tcs", {}, 2, "the address of TCS contains a user or password, which belong in the token settings"),
    (f"{DAY} --tcs http://host/tcs?a=b", {}, 2, "has a query, a fragment or a blank"),
    (f"{DAY} --tcs {NOBODY} --as-of 2026-02-30", {}, 2, f"--as-of: '2026-02-30' {DATE}"),
    (f"{DAY} --tcs {NOBODY} --as-of 0026-11-24", {}, 2, "--as-of: 0026-11-24 is not a day from 2000 to 2099; check the year"),
    (f"{DAY} --tcs {NOBODY} --as-of 9999-12-31", {}, 2, "--as-of: 9999-12-31 is not a day from 2000 to 2099; check the year"),
    (f"day --in in --out out --tcs {NOBODY} --state full", {}, 2, "full can't be used as state: it is not a file; give another --state FILE"),
    (f"day --in in --out out --tcs {NOBODY} --state junk", {}, 2, "junk can't be used as state: file is not a database; give another --state FILE"),
    (f"day --in in --out out --tcs {NOBODY} --state file/below", {}, 2, "file/below can't be used as state"),
    (f"day --in with_a_file --out out --tcs {NOBODY} --state other", {"TIS_ESR_PATIENCE_SECONDS": "0.1"}, 3, "stopped: TCS: POST|GET"),
    # console.
    ("console --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("console --state junk --port 0", {}, 2, "junk can't be used as state: file is not a database; give another --state FILE"),
    ("console --state empty --port 0", {}, 2, "empty can't be used as state: it is empty; tis-esr day fills it; give another --state FILE"),
    ("console --state state_cut --port 0", {}, 2, "state_cut can't be used as state: database disk image is malformed; give another --state FILE"),
    ("console --state foreign --port 0", {}, 2, "foreign can't be used as state: it is a database of another program; give another --state FILE"),
    ("console --state full --port 0", {}, 2, "full can't be used as state: it is not a file; give another --state FILE"),
    ("files --state empty", {}, 2, "empty can't be used as state: it is empty; tis-esr day fills it; give another --state FILE"),
    ("files --state state_cut", {}, 2, "state_cut can't be used as state: database disk image is malformed"),
    ("files --state foreign", {}, 2, "foreign can't be used as state: it is a database of another program"),
    (f"day --in in --out out --tcs {NOBODY} --state foreign", {}, 2, "foreign can't be used as state: it is a database of another program"),
    ("console --demo --state full", {}, 2, "--demo: creates a state file of its own; leave out --state"),
    ("console --demo --dir file", {}, 2, f"--dir: file {A_FILE}"),
    ("console --dir demo", {}, 2, "--dir: is the folder of a demo; give --demo too, or name a --state FILE"),
    ("console --state state --dir full", {}, 2, "--dir: is the folder of a demo; give --demo too"),
    ("console --demo --dir full --port 0", {}, 2, "--dir: full is not empty and was not created by tis-esr demo; name a new folder"),
    ("run --state state", {}, 2, "--state: is no option of run; set TIS_ESR_STATE to name the state file"),
    ("console --port 65536", {}, 2, "Invalid value for '--port': "),
    ("console", PRODUCTION, 2, "TIS_ESR_CONSOLE_OIDC_ISSUER: is not set, and the console of the production engine needs a sign-in"),
    ("console", {"TIS_ESR_CONSOLE_HOST": "192.0.2.1"}, 2, "TIS_ESR_CONSOLE_HOST: 192.0.2.1 is not a loopback address"),
    ("console", {"TIS_ESR_CONSOLE_OIDC_ISSUER": "https://sso.example"}, 2, "console_url (TIS_ESR_CONSOLE_URL or console_url in tis-esr.toml): is missing"),
    # synthesize.
    ("synthesize", {}, 2, "Missing option '--out'"),
    ("synthesize --out full", {}, 2, "--out: full is not empty; name a new folder"),
    ("synthesize --out file", {}, 2, f"--out: file {A_FILE}"),
    ("synthesize --out new --deaneries 14", {}, 2, "Invalid value for '--deaneries': "),
    ("synthesize --out new --deaneries 0", {}, 2, "Invalid value for '--deaneries': "),
    ("synthesize --out new --posts 3", {}, 2, "Invalid value for '--posts': "),
    ("synthesize --out new --seed dice", {}, 2, "Invalid value for '--seed': "),
    ("synthesize --out new --as-of today", {}, 2, f"--as-of: 'today' {DATE}"),
    # tcs-simulator.
    ("tcs-simulator", {}, 2, "Missing option '--data'"),
    ("tcs-simulator --data nowhere", {}, 2, "--data: nowhere: no such folder; create it, or correct its name"),
    ("tcs-simulator --data file", {}, 2, f"--data: file {A_FILE}"),
    ("tcs-simulator --data data --port 70000", {}, 2, "Invalid value for '--port': "),
    ("tcs-simulator --data data --port 0", {}, 2, "data/posts.jsonl line 1: its id is not a number"),
    ("tcs-simulator --data broken --port 0", {}, 2, "broken/people.jsonl line 1: it is not a JSON object"),
    # ingest.
    ("ingest", {}, 2, "Missing argument 'FILE...'"),
    ("ingest nowhere.DAT", {}, 2, "FILE: nowhere.DAT: no such file"),
    ("ingest in", {}, 2, "FILE: in: is a folder; name the files in it"),
    (f"ingest {FILE} --state junk", {}, 2, "junk can't be used as state: file is not a database"),
    ("ingest file --state other", {}, 1, "file: refused: 'file' is not a valid ESR file name: it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
    (f"day --in in --out in/ --tcs {NOBODY} --state new", {}, 2, "--out: in is also the folder of --in; use two folders"),
    ("ingest pipe --state other", {}, 2, "FILE: pipe: is not a regular file"),
    ("ingest caf\udce9.DAT --state other", {}, 2, "FILE: caf\\udce9.DAT: its name is not UTF-8; rename the file"),
    ("ingest a\x1bb.DAT --state other", {}, 2, "FILE: a\\x1bb.DAT: its name has a control character or an unusual blank; rename the file"),
    # export.
    ("export", {}, 2, "Missing argument"),
    ("export people", {}, 2, "'people' is not one of"),
    ("export applicants --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("export applicants --state state --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("export applicants --state state --out file", {}, 2, f"--out: file {A_FILE}"),
    ("export notifications --state state --as-of tomorrow", {}, 2, f"--as-of: 'tomorrow' {DATE}"),
    ("export applicants --state state --as-of 2026-11-23", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    ("export applicants --state state --as-of 2026-11-23 --dry-run", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    ("export notifications --state state --as-of 2099-11-24", {}, 2, f"--as-of: 2099-11-24 {TOO_FAR}"),
    ("export notifications --state state --full --deanery EOE --as-of 2026-11-23", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    ("export notifications --state state --full --deanery EOE --as-of 2099-11-24", {}, 2, f"--as-of: 2099-11-24 {TOO_FAR}"),
    ("export applicants --state state --resend DE_EOE_APP_20261124_00000008.DAT --as-of 2026-11-23", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    (f"reconcile --state state --tcs {NOBODY} --as-of 2026-11-23", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    (f"reconcile --state state --tcs {NOBODY} --as-of 2026-11-23 --dry-run", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    (f"reconcile --state state --tcs {NOBODY} --as-of 2099-11-24", {}, 2, f"--as-of: 2099-11-24 {TOO_FAR}"),
    (f"day --in in --out out --tcs {NOBODY} --state state --as-of 2026-11-23", {}, 2, f"--as-of: 2026-11-23 {BEFORE}"),
    (f"day --in in --out out --tcs {NOBODY} --state state --as-of 2099-11-24", {}, 2, f"--as-of: 2099-11-24 {TOO_FAR}"),
    ("export applicants --state junk", {}, 2, "junk can't be used as state: file is not a database"),
    # reconcile.
    ("reconcile --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("reconcile --state state", {}, 2, "--tcs: give the URL of TCS, or set TIS_ESR_TCS_URL"),
    ("reconcile --state state --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    (f"reconcile --state junk --tcs {NOBODY}", {}, 2, "junk can't be used as state: file is not a database"),
    ("reconcile --state state --tcs host:80 --dry-run", {}, 2, "'host:80'"),
    # region.
    ("region", {}, 2, "Missing argument 'start|status'"),
    ("region begin EOE", {}, 2, "'begin' is not one of"),
    ("region start", {}, 2, "Missing argument 'CODE'"),
    ("region start eoe --state state", {}, 2, "CODE: 'eoe' must be one of EMD, KSS, NTH"),
    ("region status EOE --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("region start EOE --state nowhere --dry-run", {}, 2, "--state: nowhere: no such state file"),
    ("region status EOE --state junk --in in", {}, 2, "junk can't be used as state: file is not a database"),
    ("region start EOE --state state --json", {}, 2, "--json: needs --yes or --dry-run: questions are not JSON"),
    ("region start EOE --state state --in nowhere", {}, 2, "--in: nowhere: no such folder; create it, or correct its name"),
    ("region start EOE --state state --in in --as-of soon", {}, 2, f"--as-of: 'soon' {DATE}"),
    ("region start EOE --state state --sent nowhere.csv", {}, 2, "--sent: nowhere.csv: no such file"),
    ("region start EOE --state state --sent full", {}, 2, "--sent: full is a folder; name the list in it"),
    ("region start EOE --state state --sent file", {}, 2, "--sent: file: its first line is not the header; it must name gmc_number, start_date, and position_id or deanery_number"),
    ("region start LDN --state state --in in --yes", {}, 3, "LDN: its RMF is not in the inbound store. The start is kept: run the same command again to go on with it"),
    # board, expectations.
    ("board --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("board --state junk", {}, 2, "junk can't be used as state: file is not a database"),
    ("board --state state --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("board --state state --day soon", {}, 2, "--day: 'soon' is not a valid date; write it as 2026-11-24"),
    ("board --state state --day 2020-01-01", {}, 2, "--day: 2020-01-01 is before 24 Nov 2026, the first day of which a file is known here; name that day or a later one"),
    ("board --state state --day 2099-11-24", {}, 2, "--day: 2099-11-24 is in the future; the last day possible is "),
    ("expectations", {}, 2, "Missing argument 'list|set|waive|withdraw'"),
    ("expectations change", {}, 2, "'change' is not one of"),
    ("expectations list --state nowhere", {}, 2, "--state: nowhere: no such state file"),
    ("expectations set --state state --due 14:30 --why x", {}, 2, "--type: is missing; set needs --type and --due"),
    ("expectations set --state state --type RMC --why x", {}, 2, "--due: is missing; set needs --type and --due"),
    ("expectations set --state state --type XYZ --due 14:30 --why x", {}, 2, "'XYZ' is not one of"),
    ("expectations set --state state --type RMC --due 25:30 --why x", {}, 2, "--due: '25:30' is not a time; write 14:30, a cron expression, or never"),
    ("expectations set --state state --type RMC --due 14:30", {}, 2, "--why: say why"),
    ("expectations waive --state state --type RMC --why x", {}, 2, "--until: is missing; name the last day whose files are waived"),
    ("expectations withdraw --state state --why x", {}, 2, "NAME: name what to withdraw; tis-esr expectations list shows it"),
    ("expectations withdraw X1 --state state --why x", {}, 2, "NAME: 'X1' is not a valid name; write E3 for a version, W3 for a waiver"),
    ("expectations withdraw E1 --state state --why x", {}, 2, "NAME: E1 does not exist; tis-esr expectations list shows what is in force"),
    ("digest --state nowhere", {}, 2, "--state: nowhere: no such state file"),
    ("digest --state state --deanery XXX", {}, 2, "--deanery: 'XXX' must be one of EMD, KSS, NTH"),
    ("digest --state state --day 2020-01-01", {}, 2, "--day: 2020-01-01 is before 24 Nov 2026"),
    ("promise --state nowhere", {}, 2, "--state: nowhere: no such state file"),
    ("promise --state state --by person", {}, 2, "'person' is not one of"),
    ("promise --state state --weeks 0", {}, 2, "Invalid value for '--weeks'"),
    ("promise --state state --csv --json", {}, 2, "--csv: can't be combined with --json; choose one"),
    ("promise --state state --as-of soon", {}, 2, f"--as-of: 'soon' {DATE}"),
    # run.
    # alarms.
    ("alarms --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("alarms list RMT --state state", {}, 2, "ID: list takes none; tis-esr alarms show ID shows one alarm"),
    ("alarms shout --state state", {}, 2, "'shout' is not one of 'list', 'show', 'own', 'note', 'silence', 'test'"),
    ("alarms show --state state", {}, 2, "ID: name the alarm to show; tis-esr alarms list shows their ids"),
    ("alarms own nothing --state state", {}, 2, "ID: no alarm has the id 'nothing'; tis-esr alarms list shows the active ones"),
    ("alarms note file-gap --state state", {}, 2, "TEXT: give the text of the note"),
    ("alarms silence file-gap --state state", {}, 2, "TEXT: give the day until which it is silent, such as 2026-12-01"),
    ("alarms silence file-gap soon --state state", {}, 2, "TEXT: 'soon' is not a valid date; write it as 2026-12-01"),
    ("alarms silence file-gap 2026-12-01 --state state", {}, 2, "--why: say why the alarm is silenced"),
    ("alarms test --state state", {}, 2, "test: no receiver is set; set TIS_ESR_ALARM_SLACK_URL or another one"),
    ("alarms test --state state", {"TIS_ESR_ALARM_SLACK_URL": "http://127.0.0.1:9/x"}, 3, "slack: could not be reached (ClientConnectorError)"),
    ("alarms list --state state", {"TIS_ESR_ALARM_SLACK_URL": "hooks.slack.com"}, 2, "setting alarm_slack_url (TIS_ESR_ALARM_SLACK_URL or alarm_slack_url in tis-esr.toml): doesn't begin with http:// or https:// and a host"),
    ("alarms list --state state", {"TIS_ESR_ALARM_WEBHOOK_URL": "http://host/x"}, 2, "alarm_webhook_url and alarm_webhook_secret go together"),
    ("alarms list --state state", {"TIS_ESR_ALARM_MAIL_TO": '["a@example.org"]'}, 2, "alarm_mail_to, alarm_mail_from and smtp_host go together"),
    ("alarms list --state state", {"TIS_ESR_SMTP_USER": "tis-esr"}, 2, "smtp_user and smtp_password go together"),
    ("purge --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("purge --state junk", {}, 2, "junk can't be used as state: file is not a database"),
    ("purge --state state --as-of now", {}, 2, f"--as-of: 'now' {DATE}"),
    ("purge --state state", {"TIS_ESR_KEEP_ROWS_DAYS": "0"}, 2, "setting keep_rows_days (TIS_ESR_KEEP_ROWS_DAYS or keep_rows_days in tis-esr.toml): Input should be greater than or equal to 1"),
    ("purge --state state", {"TIS_ESR_KEEP_ROWS_DAYS": "91"}, 2, "settings keep_rows_days (91), keep_personal_days (90) and keep_history_days (400) must not decrease in this order"),

    ("run", {}, 2, "setting tcs_url (TIS_ESR_TCS_URL) is missing; tis-esr run needs it"),
    ("run Receptionist", {"TIS_ESR_TCS_URL": NOBODY}, 2, "SERVICE: 'Receptionist' "),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_APPLICANTS_CRON": "0 14 * *"}, 2, "TIS_ESR_APPLICANTS_CRON"),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_INBOUND": "file"}, 2, "TIS_ESR_INBOUND: file: "),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_INBOUND": "inn"}, 2, "TIS_ESR_INBOUND: inn: no such folder; create the folder, or correct its name"),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_OUTBOUND": "in/../in"}, 2, "TIS_ESR_OUTBOUND: is the same place as TIS_ESR_INBOUND; use two different places"),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_OUTBOUND": "file"}, 2, "TIS_ESR_OUTBOUND: file: "),
    ("run", {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_FILES_IN": "s3"}, 2, "setting s3_bucket (TIS_ESR_S3_BUCKET) is missing; TIS_ESR_FILES_IN needs it"),
    # install.
    ("install now", {}, 2, "unexpected extra argument"),
    ("install", PRODUCTION, 2, "setting amqp_url (TIS_ESR_AMQP_URL) is missing; TIS_ESR_ENGINE=production needs it"),
    ("install", {**PRODUCTION, "TIS_ESR_AMQP_URL": "http://host"}, 2, "setting amqp_url (TIS_ESR_AMQP_URL or amqp_url in tis-esr.toml): is not a valid RabbitMQ address; write amqp://user:password@host:5672/tis-esr"),
    ("install", {**PRODUCTION, "TIS_ESR_AMQP_URL": "amqp://127.0.0.1:9", "TIS_ESR_MONGODB_URL": "http://host"}, 3, "TIS_ESR_MONGODB_URL: is not a valid MongoDB address; write mongodb://host:27017/?replicaSet=rs0"),
    # doctor.
    ("doctor --verbose", {}, 2, "No such option: --verbose"),
    ("doctor", {"TIS_ESR_STATE": "junk"}, 3, "engine: TIS_ESR_STATE: file is not a database; name another file"),
    ("doctor --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("doctor", PRODUCTION, 3, "setting amqp_url (TIS_ESR_AMQP_URL) is missing"),
    # files.
    ("files NOWHERE.DAT --state nowhere", {}, 2, "nowhere can't be used as state: no such file; tis-esr day creates it"),
    # parked and redrive.
    ("parked all", {}, 2, "'all' is not one of 'list', 'show', 'retry', 'discard', 'export', 'edit'"),
    ("parked", {"TIS_ESR_STATE": "nowhere"}, 2, "nowhere can't be used as state: no such file; tis-esr day creates it"),
    ("parked", {"TIS_ESR_STATE": "junk"}, 2, "junk can't be used as state: file is not a database"),
    ("parked", {**PRODUCTION, "TIS_ESR_AMQP_URL": "amqp://host", "TIS_ESR_MONGODB_URL": "mongodb+http://x"}, 2, "TIS_ESR_MONGODB_URL is not a valid MongoDB address: write mongodb://host:27017/?replicaSet=rs0"),
    ("parked", {**PRODUCTION, "TIS_ESR_AMQP_URL": "amqp://host", "TIS_ESR_MONGODB_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"}, 3, "MongoDB (TIS_ESR_MONGODB_URL): ServerSelectionTimeoutError; it is retried where something waits for it; if it lasts, see tis-esr doctor"),
    ("parked --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("parked show --state state", {}, 2, "ID: name the message by its id; tis-esr parked lists them"),
    ("parked show 91f7 --state state", {}, 2, "ID: no parked message has the id '91f7'; it may have been retried or discarded meanwhile"),
    ("parked show 9 --state state", {}, 2, "ID: '9' is too short; give at least 4 characters of the id"),
    ("parked show 91f7 --unmask --state state", {}, 2, "--unmask: say why with --why TEXT; it is recorded in the audit"),
    ("parked retry --state state", {}, 2, "ID: name messages by their ids, or give --cause, --file, --deanery or --reason"),
    ("parked retry --cause tcs-failed --state state", {}, 2, "--why: say why they are retried; it is recorded in the audit"),
    ("parked retry 91f7 --why w --state state", {}, 2, "ID: no parked message has the id '91f7'"),
    ("parked retry --cause tcs-failed --why w --state state", {}, 2, "no parked message to retry meets the conditions"),
    ("parked retry --cause tcs-failed --expect three --why w --state state", {}, 2, "--expect: 'three' is not a token; copy the one that --dry-run prints"),
    ("parked retry --cause nonsense", {}, 2, "Invalid value for '--cause': 'nonsense' is not one of 'row-unreadable'"),
    ("parked list --older-than soon", {}, 2, "--older-than: 'soon' is not a valid age; write it as 30m, 12h or 3d"),
    ("parked list --by person", {}, 2, "'person' is not one of 'cause', 'age', 'office', 'file'"),
    ("parked list --age soon", {}, 2, "'soon' is not one of 'today', '1-7d', '8-30d', 'over-30d', 'unknown'"),
    ("parked show 91f7 --by age", {}, 2, "--by: groups parked messages: it goes with list, without --discarded"),
    ("parked list --discarded --by age", {}, 2, "--by: groups parked messages: it goes with list, without --discarded"),
    ("parked list --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("parked discard --reason x --state state", {}, 2, "--why: say why they are discarded"),
    ("parked discard --reason x --why w --state state", {}, 2, "--ticket: name the ticket under which this is tracked"),
    ("parked discard --reason x --why w --ticket t --state state", {}, 2, "--review: give the day on which the outcome is checked"),
    ("parked discard --reason x --why w --ticket t --review soon --state state", {}, 2, "--review: 'soon' is not a valid date; write it as 2026-12-24"),
    ("parked discard --reason x --why w --ticket t --review 2020-01-01 --state state", {}, 2, "--review: 2020-01-01 is in the past; give today or a later day"),
    ("parked edit 91f7 --state state", {}, 2, "edit: is switched off; an administrator allows it with TIS_ESR_EDIT_PARKED=one"),
    ("parked edit --state state", {"TIS_ESR_EDIT_PARKED": "one"}, 2, "ID: name one message by its id"),
    ("parked edit 91f7 --state state", {"TIS_ESR_EDIT_PARKED": "two"}, 2, "--body: give the corrected body with --body FILE, and say why"),
    ("parked edit 91f7 --body nowhere --why w --state state", {"TIS_ESR_EDIT_PARKED": "one"}, 2, "--body: nowhere: No such file or directory"),
    ("batch show --state state", {}, 2, "BATCH: name the batch, e.g. B7; tis-esr batch list names them"),
    ("batch show B7 --state state", {}, 2, "BATCH: there is no batch 'B7'; tis-esr batch list names them"),
    ("batch stop B7 --state state", {}, 2, "--why: say why; it is recorded in the audit"),
    ("batch stop B7 --why w --state state", {}, 2, "BATCH: there is no batch 'B7'"),
    ("audit --last 0", {}, 2, "Invalid value for '--last'"),
    ("audit --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("redrive x --why w --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("redrive", {}, 2, "ID: name messages by their ids, or give --reason; tis-esr parked lists both"),
    ("redrive --discard because", {}, 2, "ID: name messages by their ids, or give --reason"),
    ("redrive --reason x --state state", {}, 2, "--why: say why they are retried; it is recorded in the audit"),
    ("redrive --reason x --discard w --state state", {}, 2, "--ticket: name the ticket under which this is tracked"),
    ("redrive --reason x --discard w --ticket t --state state", {}, 2, "--review: give the day on which the outcome is checked"),
    ("redrive x --discard w --why z --state state", {}, 2, "--why: goes with a retry; the text of --discard says why messages are discarded"),
    ("redrive --unfinished --state state", {}, 2, "--why: say why they are driven again; it is recorded in the audit"),
    ("redrive --unfinished --discard because", {}, 2, "--unfinished: goes with no ids, --reason or --discard; so does FILE"),
    ("redrive DE_EOE_RMC_20261124_00000101.DAT x", {}, 2, "ID: name one file, or messages by their ids"),
    ("redrive DE_EOE_RMC_20991124_00000101.DAT --why w", {"TIS_ESR_STATE": "state", "TIS_ESR_INBOUND": "."}, 2, "FILE: DE_EOE_RMC_20991124_00000101.DAT is neither in the ledger nor in the inbound store; see tis-esr files"),
    ("redrive invented --why w", {"TIS_ESR_STATE": "state"}, 2, "ID: no parked message has the id 'invented'"),
    ("tcs-simulator --data full", {}, 2, "--data: full has no posts.jsonl, placements.jsonl, ...; name a folder that has them"),
    # regenerate, reconcile-status and recover.
    ("regenerate", {}, 2, "--person: give one of --person, --gmc, --post, --placement, --deanery, --failed-since, --all"),
    ("regenerate --all --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("regenerate --all --state state", {}, 2, "--tcs: give the URL of TCS, or set TIS_ESR_TCS_URL"),
    ("regenerate --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("reconcile-status --state state", {}, 2, "--tcs: give the URL of TCS, or set TIS_ESR_TCS_URL"),
    ("reconcile-status --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("recover --from 2026-11-24", {}, 2, "Missing option '--to'"),
    ("recover --from 2026-11-25 --to 2026-11-24", {}, 2, "--to: 24 Nov 2026 00:00:00 is not after 25 Nov 2026 00:00:00"),
    # backup and restore.
    ("backup", {}, 2, "Missing argument 'TARGET'"),
    ("backup copy --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("backup file --state state", {}, 2, "file exists; name a new file"),
    ("restore --yes", {}, 2, "SOURCE: name the backup, or use --already-restored, not both"),
    ("restore copy --already-restored", {}, 2, "SOURCE: name the backup, or use --already-restored, not both"),
    ("restore nowhere --state new --yes", {}, 2, "nowhere: no such backup; name what tis-esr backup has written"),
    ("restore junk --state new --yes", {}, 2, "junk can't be restored: file is not a database"),
    ("restore full --state new --yes", {}, 2, "full can't be restored: it is not a file"),
    ("processes --state nowhere", {}, 2, "--state: nowhere: no such state file; tis-esr day --state FILE creates it"),
    ("processes", {"TIS_ESR_STATE": "nowhere"}, 2, "nowhere: no such state file; tis-esr day --state FILE creates it"),
    # lint and forecast.
    ("lint --state nowhere", {}, 2, "nowhere can't be used as state: no such file; tis-esr day creates it"),
    ("lint --state junk", {}, 2, "junk can't be used as state: file is not a database"),
    ("lint --state state --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("lint --state state --weeks 0", {}, 2, "Invalid value for '--weeks': "),
    ("lint --state state --weeks soon", {}, 2, "Invalid value for '--weeks': "),
    ("lint --state state --as-of 30/11/2026", {}, 2, f"--as-of: '30/11/2026' {DATE}"),
    ("lint EOE", {}, 2, "unexpected extra argument"),
    ("lint", {**PRODUCTION, "TIS_ESR_AMQP_URL": "amqp://host", "TIS_ESR_MONGODB_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100"}, 3, "MongoDB (TIS_ESR_MONGODB_URL): ServerSelectionTimeoutError"),
    ("forecast --state nowhere", {}, 2, "nowhere can't be used as state: no such file; tis-esr day creates it"),
    ("forecast --state state --weeks 53", {}, 2, "Invalid value for '--weeks': "),
    ("forecast --state state --by month", {}, 2, "Invalid value for '--by': "),
    ("forecast --state state --deanery EAST", {}, 2, "--deanery: 'EAST' must be one of EMD, KSS, NTH"),
    ("forecast --state state --csv --json", {}, 2, "--csv: can't be combined with --json; choose one"),
    # why.
    ("why", {}, 2, "Missing argument 'WORD'"),
    ("why 1 2 --state state", {}, 2, "unexpected extra argument"),
    ("why 1 --state nowhere", {}, 2, "nowhere can't be used as state: no such file; tis-esr day creates it"),
    (f"why {'9' * 20} --state state", {}, 2, f"WORD: it has 20 digits, and the longest id has 15; {WORD}"),
    ("why 1 --state state --as-of x", {}, 2, f"--as-of: 'x' {DATE}"),
    ("why 1 --state state --tcs ftp://host", {}, 2, f"the address of TCS, 'ftp://host', doesn't begin with http:// or https://: {ADDRESS}"),
    ("why 12x --state state", {}, 1, "12x: is probably mistyped: a post number has slashes; ids, position numbers and GMC numbers are digits only; a file's name is like DE_EOE_RMC_20261124_00000101.DAT."),
    ("why row:1 --state state", {}, 2, "WORD: '1' is not a file name and row such as DE_EOE_RMC_20261124_00000101.DAT:12"),
    ("why person:1 --state state", {}, 1, "person:1: is probably mistyped: it is not an alarm, and before the colon only placement, position, gmc, post, file, row, alarm say what is meant"),
    # outage and deadlines.
    ("outage", {}, 2, "Missing option '--from'"),
    ("outage --from noon --state state", {}, 2, "--from: 'noon' is not a valid date and time; write it as 2026-11-24T15:52, London time"),
    ("outage --from 2026-11-24T10:00 --to 2026-11-24T09:00 --state state", {}, 2, "--to: 24 Nov 2026 09:00:00 is not after 24 Nov 2026 10:00:00; check both times"),
    ("outage --from 2026-01-01 --to 2026-11-24 --state state", {}, 2, "is more than 60 days before"),
    ("outage --from 2026-11-24T10:00 --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("deadlines --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("deadlines --state state --deanery eoe", {}, 2, "--deanery: 'eoe' must be one of EMD, KSS, NTH"),
    ("deadlines --state state --days 0", {}, 2, "Invalid value for '--days': "),
    # report and person.
    ("report", {}, 2, "Missing argument"),
    ("report people --state state", {}, 2, "'people' is not one of"),
    ("report posts --state state", {}, 2, "--tcs: give the URL of TCS, or set TIS_ESR_TCS_URL: only TIS knows all posts"),
    ("report posts --state state --tcs host:80", {}, 2, "'host:80'"),
    ("report invalid --state nowhere", {}, 2, "nowhere can't be used as state: no such file"),
    ("report invalid --state state --for-trust", {}, 2, "--for-trust: needs --trust CODE: a trust is given only what is its own"),
    ("report invalid --state state --csv in", {}, 2, "--csv: in: Is a directory; name a file that can be written"),
    ("report updates --state state --grade STR", {}, 2, "--grade: person updates are not stored by post; limit them with --deanery"),
    ("person", {}, 2, "Missing argument"),
    ("person erase --gmc 12 --why x --state state", {}, 2, "--gmc: is not a GMC number of seven digits"),
    ("person erase --gmc 7200001 --why x --state nowhere", {}, 2, "--state: nowhere: no such state file"),
    ("person erase --gmc 7200001 --why 7200001 --state state", {}, 2, "--why: leave the GMC number out of it: the audit has no personal data"),
    ("person export --gmc 7200001 --why x --state state", {}, 2, "--out: name the file to write"),
    ("person export --gmc 7200001 --why x --out file --state state", {}, 2, "--out: file: it exists; name a new file"),
    # asyncapi, and settings of any command.
    ("asyncapi 3", {}, 2, "unexpected extra argument"),
    ("parked", {"TIS_ESR_ENGINE": "rabbit"}, 2, "setting engine (TIS_ESR_ENGINE or engine in tis-esr.toml): Input should be 'embedded' or 'production'"),
    ("parked", {"TIS_ESR_PATIENCE_SECONDS": "many"}, 2, "setting patience_seconds (TIS_ESR_PATIENCE_SECONDS or patience_seconds in tis-esr.toml): "),
    ("parked", {"TIS_ESR_WINDOW_CLOSES_WEEKS": "0"}, 2, "setting window_closes_weeks (TIS_ESR_WINDOW_CLOSES_WEEKS or "),
    ("parked", {"TIS_ESR_MONGODB_DATABASE": "two words"}, 2, "setting mongodb_database (TIS_ESR_MONGODB_DATABASE or "),
    ("parked", {"TIS_ESR_SNS_TOPICS": "arn:invented"}, 2, "sns_topics"),
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the mistakes are about."""
    place = tmp_path_factory.mktemp("mistakes")
    for name in ("in", "out", "full", "data", "broken", "with_a_file"):
        (place / name).mkdir()
    (place / "file").write_text("Dear trust")
    os.mkfifo(place / "pipe")
    for name in ("caf\udce9.DAT", "a\x1bb.DAT"):
        (place / name).touch()
    (place / "full" / "thesis.txt").write_text("years of work")
    (place / "junk").write_text("no database at all, and long enough to be read as one" * 20)
    (place / "data" / "posts.jsonl").write_text('{"id": "x"}\n')
    (place / "broken" / "people.jsonl").write_text("[1\n")
    (place / FILE).write_text("TRL,1\n")
    (place / "with_a_file" / FILE).write_text('POR,1,"","C",1001,"T","EOE/RX1/1/1"\nTRL,2\n')
    assert (
        CliRunner().invoke(app, ["ingest", str(place / FILE), "--state", str(place / "state")]).exit_code == 0
    )
    (place / "empty").touch()
    (place / "state_cut").write_bytes((place / "state").read_bytes()[:40_000])
    with closing(sqlite3.connect(place / "foreign")) as another:
        another.execute("CREATE TABLE theses (title TEXT)")
    return place


def there(place: Path) -> list[str]:
    """Return what is in the folder, without what SQLite and the lock put beside a state file that is read."""
    return sorted(path.name for path in place.iterdir() if not path.name.startswith("state"))


@pytest.mark.parametrize(
    ("words", "settings", "code", "expected"),
    MISTAKES,
    ids=[f"{n} {m[0]}" for n, m in enumerate(MISTAKES)],
)
def test_a_mistake_is_answered_by_one_message(
    words: str,
    settings: dict[str, str],
    code: int,
    expected: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(place)
    before = there(place)
    result = CliRunner().invoke(app, words.split(), env={"COLUMNS": "250", "NO_COLOR": "1", **settings})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    assert any(part in result.output for part in expected.split("|")), result.output
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    if result.exit_code == 2:
        assert there(place) == before


def test_there_are_at_least_sixty_and_every_command_is_among_them() -> None:
    assert len(MISTAKES) >= 60
    commands = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    assert commands <= {words.split()[0] for words, *_ in MISTAKES}


def test_a_fault_of_the_program_is_one_line_without_what_it_was_about(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise KeyError("Invented-Surname")

    monkeypatch.setattr("tis_esr.commands.parked_desk.listing.reader_of", broken)
    monkeypatch.chdir(place)
    result = CliRunner().invoke(app, ["parked"], env={"COLUMNS": "250"})
    assert result.exit_code == 70
    assert result.output.startswith("tis-esr: internal error: KeyError in listing.py, line ")
    assert "Report this line and the command to support" in result.output
    assert "Invented-Surname" not in result.output
