"""A simulated ESR: reads our files by its own rules, keeps its own records, and answers.

It shares no code with the writer of those files: an import contract ensures that.
"""
