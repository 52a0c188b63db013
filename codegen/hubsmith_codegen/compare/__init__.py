"""Comparing two versions of an API, and a client with what it was generated from."""
