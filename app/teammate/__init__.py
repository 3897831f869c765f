"""Verbs: what the teammate does. Reaches the outside through `app.ports` only."""
