"""Sentiment: how people feel about what we wrote, what they say of it, and whether it is us they speak of."""

from app.knowledge.sentiment.reading import UNCIVIL, ReplyReading, ReplyText, read_reply

__all__ = ["UNCIVIL", "ReplyReading", "ReplyText", "read_reply"]
