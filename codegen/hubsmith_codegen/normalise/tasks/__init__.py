"""The task half of the generator: task schemas and their overlay become models and client methods."""
