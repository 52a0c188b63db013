"""Provider tables as typed Python."""
