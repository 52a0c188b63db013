"""`hubsmith call`: from the words of a command line to one call, its progress and its result."""
