"""Records the calls that the page of a Space makes in a browser, and writes them as a script."""
