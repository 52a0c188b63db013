"""A proxy that records what somebody clicks on the page of a Space, and writes it as a script."""
