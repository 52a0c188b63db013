"""Spaces: the clients of Gradio Spaces, generated and untyped."""
