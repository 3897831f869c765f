"""Replies: what `read_reply` says of replies that somebody judged, as confusion matrices.

Two kinds of files: our own dataset (`evals/datasets/sentiment.jsonl`), and real threads about the behaviour of bots,
whose columns are names of what the bot did wrong. `CLASSES` says which of the six classes each of those stands for.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from app.domain.signal import MEANS, Class, Sentiment
from app.knowledge.sentiment import ReplyReading, ReplyText, read_reply

SIX: tuple[Class, ...] = get_args(Class)
FEELINGS: Mapping[str, Sentiment] = {"neg": "negative", "neu": "neutral", "pos": "positive"}
"""As the threads about bots spell them; `mixed` is none of them."""
CLASSES: Mapping[str, Class] = {
    **dict.fromkeys(("noise", "low_value_followups", "repeat_spam"), "verbose"),
    **dict.fromkeys(
        (
            "closes_valid", "false_claim", "bot_message_untrue", "wrong_answer", "wrong_label", "dup_false_positive",
            "dup_cycle", "template_false_positive",
        ),
        "incorrect",
    ),
}  # fmt: skip
"""Of the first thing that went wrong; any other is `other`."""

Matrix = dict[str, dict[str, int]]


def of_replies(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of rows with the fields of `ReplyText` and of what `ReplyReading` should say."""
    read = [read_reply(reply_of(row)) for row in rows]
    wrong = [
        {"id": row.get("id", ""), **{name: [row[name], getattr(one, name)] for name in names}}
        for row, one in zip(rows, read, strict=True)
        if (names := [name for name in ("sentiment", "meaning", "aimed") if row[name] != getattr(one, name)])
    ]
    return {
        "n": len(rows),
        "sentiment": _matrix([(row["sentiment"], one.sentiment) for row, one in zip(rows, read, strict=True)]),
        "classes": _matrix([(MEANS[row["meaning"]], MEANS[one.meaning]) for row, one in zip(rows, read, strict=True)]),
        "aimed": _aimed([bool(row["aimed"]) for row in rows], read),
        "accuracy": {
            name: round(
                sum(row[name] == getattr(one, name) for row, one in zip(rows, read, strict=True)) / len(rows), 4
            )
            for name in ("sentiment", "meaning", "aimed")
        },
        "wrong": wrong,
    }


def of_reactions(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of rows with `bot`, `failure_modes`, `user_sentiment` and `excerpt`, all of which are about a bot.

    Nobody replies there to the bot itself, so only naming it shows that it is meant.
    """
    read = [read_reply(_about(row)) for row in rows]
    felt = [
        (FEELINGS[row["user_sentiment"]], one.sentiment)
        for row, one in zip(rows, read, strict=True)
        if row["user_sentiment"] in FEELINGS
    ]
    classes = [(class_of(row["failure_modes"]), MEANS[one.meaning]) for row, one in zip(rows, read, strict=True)]
    return {
        "n": len(rows),
        "sentiment": _matrix(felt),
        "classes": _matrix(classes),
        "aimed": _aimed([True] * len(rows), read),
        "accuracy": {
            "sentiment": round(sum(truth == one for truth, one in felt) / max(1, len(felt)), 4),
            "classes": round(sum(truth == one for truth, one in classes) / max(1, len(classes)), 4),
        },
    }


def reply_of(row: Mapping[str, Any]) -> ReplyText:
    return ReplyText(
        text=row["text"],
        ours=row["ours"],
        mentions_us=row["mentions_us"],
        quotes_us=row["quotes_us"],
        directly_after=row["directly_after"],
        by_author=row["by_author"],
    )


def class_of(modes: Sequence[str]) -> Class:
    return CLASSES.get(modes[0], "other") if modes else "other"


def _about(row: Mapping[str, Any]) -> ReplyText:
    text = row["excerpt"]
    name = re.sub(r"\W|bot$|ai$", "", row["bot"].lower())
    named = bool(name) and name in re.sub(r"\W", "", text.lower())
    return ReplyText(text, ours="", mentions_us=named, quotes_us=False, directly_after=False, by_author=False)


def _matrix(pairs: Sequence[tuple[str, str]]) -> Matrix:
    """How often each truth (outer) was read as what (inner)."""
    counts = Counter(pairs)
    found: Matrix = {}
    for truth, said in sorted(counts):
        found.setdefault(truth, {})[said] = counts[truth, said]
    return found


def _aimed(truth: Sequence[bool], read: Sequence[ReplyReading]) -> dict[str, Any]:
    hits = sum(one.aimed for one, at_us in zip(read, truth, strict=True) if at_us)
    said, meant = sum(one.aimed for one in read), sum(truth)
    return {
        "precision": round(hits / said, 4) if said else None,
        "recall": round(hits / meant, 4) if meant else None,
        "n": len(truth),
    }
