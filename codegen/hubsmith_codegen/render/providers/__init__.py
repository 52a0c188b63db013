"""Rendering provider tables as typed Python."""
