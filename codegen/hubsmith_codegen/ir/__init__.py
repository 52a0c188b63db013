"""The intermediate representation: what a spec says, freed from how it says it."""
