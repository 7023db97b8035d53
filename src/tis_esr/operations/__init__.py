"""Questions and acts of people, as functions that return plain data; nothing here prints."""
