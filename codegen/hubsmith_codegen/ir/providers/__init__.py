"""The tables of providers: how a task becomes a request, and an answer becomes a result."""
