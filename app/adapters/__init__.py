"""Adapters: one outside thing per file, each behind a port. They never import one another."""
