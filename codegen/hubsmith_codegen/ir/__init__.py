"""The intermediate representation: the content of a spec, independent of its format."""
