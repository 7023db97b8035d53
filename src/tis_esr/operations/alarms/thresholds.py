"""The numbers at which alarms are raised: one place for the evaluation, the Prometheus rules and the runbooks."""

from datetime import timedelta
from typing import Final

BACKLOG_SECONDS: Final = 1800
"""The age of the oldest message of a queue: longer than any queue takes on the largest day."""
OUTBOX_SECONDS: Final = 120
"""The age of the oldest message that RabbitMQ has not accepted yet."""
PARKED_HOURS: Final = 24
"""The age of the oldest parked message: a working day to handle it."""
LEAVING_DAYS: Final = 3
"""An applicant who leaves the window within so many days is named, so that a person has time to act (incident A12)."""
REJECTED_TIMES: Final = 3
"""A confirmation file rejects more than usual if its share of rejected rows is so many times the usual one."""
REJECTED_LEAST: Final = 5
"""Fewer rejected rows than this in a file are never unusual."""
CLOCK_SECONDS: Final = 30
"""The difference between the clock of this machine and that of the store."""
DISK_FREE_SHARE: Final = 0.1
"""The free share of a disk."""
MEMORY_SHARE: Final = 0.9
"""The share of its memory limit that a process may use."""
GROWTH_TIMES: Final = 3
"""The store grows faster than usual if it grew so many times the usual growth of a day."""
GROWTH_LEAST_BYTES: Final = 500_000_000
"""A smaller growth within a day is never unusual."""
STALE: Final = timedelta(minutes=15)
"""What has not been evaluated for this long is not known."""
SINK_FAILS: Final = timedelta(minutes=15)
"""A receiver of alarms that has not accepted a message for this long is failing."""
DIGEST_LATE: Final = timedelta(hours=1)
"""A digest that has not been accepted this long after it was due is missing."""
PROMISE_DAYS: Final = 14
"""A week of starts is judged this many days before its last day for the 12-week promise: time to correct data."""
