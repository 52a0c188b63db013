"""The fourth step: files onto the disk, all of them or none."""
