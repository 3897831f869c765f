"""Listening: what people made of what we did, read as judgements of it, and weighed.

`hear` attends to one thread, `poll` looks where GitHub sends no event; everything between is pure.
"""
