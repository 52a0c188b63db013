"""Provider tables: `specs/providers/*.toml`, read and checked."""
