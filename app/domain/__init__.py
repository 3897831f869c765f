"""Nouns, pure: the words of the design as types. Imports the standard library and pydantic only."""
