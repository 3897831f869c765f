import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.signal import Sentiment
from app.knowledge.sentiment import UNCIVIL, ReplyReading, ReplyText, read_reply
from app.knowledge.sentiment.features import WIDTH
from app.knowledge.sentiment.fit import fit
from app.knowledge.sentiment.model import COLUMNS, WEIGHTS, load, shipped


def read(
    text: str,
    *,
    mentions_us: bool = False,
    quotes_us: bool = False,
    directly_after: bool = True,
    by_author: bool = True,
) -> ReplyReading:
    return read_reply(ReplyText(text, "Set `cache_dir`.", mentions_us, quotes_us, directly_after, by_author))


@pytest.mark.parametrize(
    ("text", "sentiment", "meaning"),
    [
        ("Thanks, that fixed it!", "positive", "solved"),
        ("\U0001f44d", "positive", "thanks"),
        ("That is wrong.", "negative", "wrong"),
        ("> Great, thanks, it works\n\nThis is useless.", "negative", "irrelevant"),
        ("```\nwrong useless garbage\n```\nVersion 3.2", "neutral", "other"),
        ("Thanks for nothing.", "negative", "other"),
        ("Oh great, another bot that cannot read. 🙄", "negative", "other"),
        ("", "neutral", "other"),
    ],
)
def test_feeling_and_meaning(text, sentiment, meaning):
    found = read(text)
    assert (found.sentiment, found.meaning) == (sentiment, meaning)


@pytest.mark.parametrize(
    ("text", "place", "aimed"),
    [
        ("That is wrong.", {}, True),
        ("That is wrong.", {"directly_after": False}, False),
        ("That is wrong.", {"directly_after": False, "quotes_us": True}, True),
        ("Hm.", {"directly_after": False, "mentions_us": True}, True),
        ("@ada that is wrong.", {}, False),
        ("@ada the bot is wrong again.", {}, True),
        ("I have the same problem, it doesn't work for me.", {"by_author": False}, False),
        ("Our Slack bot fails with the same token.", {"directly_after": False}, False),
        ("The bot closed a valid issue.", {"directly_after": False}, True),
        ("Version 3.2 on Fedora.", {}, False),
        ("😕", {}, True),
    ],
)
def test_a_reply_is_aimed_at_us_by_its_words_or_its_place(text, place, aimed):
    found = read(text, **place)
    assert found.aimed is aimed
    assert aimed or found.meaning == "other"


def test_insults_are_uncivil_and_a_plain_no_is_not():
    assert read("Shut up, you stupid piece of shit bot!!").uncivil >= UNCIVIL
    assert read("No, the option is called `cache`.").uncivil < UNCIVIL


@given(st.text(max_size=500), st.booleans(), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_any_text_is_read_the_same_twice_and_probabilities_are_probabilities(text, mentions, quotes, after, author):
    reply = ReplyText(text, "", mentions, quotes, after, author)
    found = read_reply(reply)
    assert found == read_reply(reply)
    assert all(0 <= one <= 1 for one in (found.negative, found.positive, found.uncivil))
    assert found.negative + found.positive <= 1 + 1e-6
    assert found.aimed or found.meaning == "other"


def test_a_reply_is_read_in_less_than_five_milliseconds():
    text = "I set that and it still fails, which is rather annoying. " * 5
    read(text)
    took = []
    for _ in range(20):
        began = time.process_time()
        read(text)
        took.append(time.process_time() - began)
    assert sorted(took)[10] < 0.005


def test_weights_ship_as_numbers_only():
    assert WEIGHTS.stat().st_size <= 600 * 1024
    with np.load(WEIGHTS, allow_pickle=False) as found:
        assert {found[name].dtype.kind for name in found.files} <= {"i", "f"}
    assert shipped().weights.shape == (WIDTH, len(COLUMNS))


def test_what_is_saved_is_what_is_loaded_but_for_rounding(tmp_path):
    labels: list[Sentiment] = ["positive", "neutral", "negative"]
    feelings = ["great, thanks", "it is a list", "terrible and useless"] * 4, labels * 4
    manners = ["you idiot", "see the docs"] * 4, [True, False] * 4
    model = fit(feelings, manners)
    model.save(tmp_path / "weights.npz")
    again = load(tmp_path / "weights.npz")
    assert np.abs(model.weights - again.weights).max() <= np.abs(model.weights).max() / 127
    assert (fit(feelings, manners).weights == model.weights).all()


def test_weights_of_other_features_are_refused(tmp_path):
    numbers = np.zeros((4, 4), np.float32)
    np.savez(tmp_path / "old.npz", hashed=numbers.astype(np.int8), step=numbers[0], signs=numbers, bias=numbers[0])
    with pytest.raises(ValueError, match="make it anew"):
        load(tmp_path / "old.npz")


def test_a_model_needs_examples_of_every_feeling():
    labels: list[Sentiment] = ["positive", "negative"]
    with pytest.raises(ValueError, match="none is neutral"):
        fit((["fine", "bad"], labels))
