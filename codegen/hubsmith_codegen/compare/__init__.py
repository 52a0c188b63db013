"""What differs: between two APIs, and between a client and what it was made from."""
