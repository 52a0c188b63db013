"""The fourth step: writing files to disk, all of them or none."""
