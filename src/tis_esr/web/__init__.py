"""The HTTP side: health, metrics, traces, and events about new files."""
