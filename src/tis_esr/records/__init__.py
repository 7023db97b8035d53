"""ESR's files as data: layouts, reading leniently, writing strictly. Knows nobody else here."""
