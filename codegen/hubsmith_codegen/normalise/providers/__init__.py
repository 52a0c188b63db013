"""Reading and checking the provider tables in `specs/providers/*.toml`."""
