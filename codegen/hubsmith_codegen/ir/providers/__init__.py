"""What a provider's table says: how a task becomes a request, and an answer a result."""
