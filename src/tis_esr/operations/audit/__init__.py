"""The audit: every act of a person and every look at personal data, in a chain of hashes."""
