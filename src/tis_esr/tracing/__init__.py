"""OpenTelemetry spans: what is recorded of a piece of work, and how it reaches a collector.

``spans`` has the contexts and what is recorded; it imports nothing of OpenTelemetry. ``exporting`` loads what sends them, if
traces are on.
"""
