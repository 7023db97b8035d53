"""The rules, as pure functions of records and TCS data: no I/O, no clock."""
