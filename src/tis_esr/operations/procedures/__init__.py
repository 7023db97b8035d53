"""Guided procedures in the background: a step is requested by a person, done by a process, and watched by everybody."""
