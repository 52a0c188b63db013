"""Endpoints of Spaces as tools that a language model calls."""
