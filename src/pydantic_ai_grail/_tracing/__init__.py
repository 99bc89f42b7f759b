"""Observers of events: OpenTelemetry spans and metrics."""
