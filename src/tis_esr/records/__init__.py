"""ESR's files: layouts as data, lenient reading, strict writing. Imports no other package of this program."""
