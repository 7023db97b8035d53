"""What people ask and do, as functions that return plain data; nothing here prints."""
