"""Snippets: programs that call an endpoint, and run as they are."""
