"""Failures: which way to be wrong a signal shows, what has no name yet, and what grew after which release."""
