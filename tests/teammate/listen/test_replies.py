"""Which comments are replies to us, about what, and with which words they go to the reading."""

from datetime import datetime, timedelta

import pytest

from app.domain.signal import Meaning, Sentiment
from app.knowledge.sentiment import ReplyReading, ReplyText
from app.ports.listening import PastRun
from app.teammate.listen.replies import Reply, replies
from tests.fakes.clock import START
from tests.teammate.listen.scenes import a_comment, a_comment_effect, a_labels_effect, a_run, a_scene, a_thread, ours

MINUTE = timedelta(minutes=1)


class Reader:
    """Remembers what it was asked, and says always the same."""

    def __init__(self, meaning: Meaning = "other", sentiment: Sentiment = "neutral", *, aimed: bool = True) -> None:
        self.asked: list[ReplyText] = []
        self._reading = ReplyReading(sentiment, 0.1, 0.1, 0.0, meaning, aimed)

    def __call__(self, reply: ReplyText) -> ReplyReading:
        self.asked.append(reply)
        return self._reading


def said(body: str, author: str = "ada", minutes: float = 5, name: str = "9") -> tuple[str, str, str, datetime]:
    return name, author, body, START + minutes * MINUTE


def heard(reader: Reader, *comments: tuple[str, str, str, datetime], **changed: object) -> list[Reply]:
    effect = a_comment_effect()
    scene = a_scene(effects=[effect], thread=a_thread(*comments, comments=(ours(effect),)), **changed)
    return list(replies(scene, reader))


@pytest.mark.parametrize(
    ("meaning", "sentiment", "polarity"),
    [
        ("wrong", "positive", "bad"),
        ("stop", "neutral", "bad"),
        ("repeated", "neutral", "bad"),
        ("solved", "negative", "good"),
        ("thanks", "neutral", "good"),
        ("other", "negative", "bad"),
        ("other", "neutral", "neutral"),
        ("other", "positive", "good"),
    ],
)
def test_what_it_means_comes_before_how_it_sounds(meaning, sentiment, polarity):
    [reply] = heard(Reader(meaning, sentiment), said("words"))
    assert (reply.signal.id, reply.signal.polarity, reply.said) == ("reply:9", polarity, meaning)
    assert (reply.signal.actor, reply.signal.effect_id, reply.signal.run_id) == ("ada", 1, 1)


def test_what_is_not_meant_for_us_is_no_signal():
    assert heard(Reader("wrong", "negative", aimed=False), said("The compiler is wrong.")) == []


def test_the_words_that_are_read():
    reader = Reader()
    heard(
        reader,
        said("First.", minutes=1, name="7"),
        said("> Set both secrets, then restart it.\n\n@plumbline no", author="grace", minutes=2),
    )
    first, second = reader.asked
    assert (first.ours, first.directly_after, first.mentions_us, first.quotes_us, first.by_author) == (
        "Set both secrets, then restart it.",
        True,
        False,
        False,
        False,
    )
    assert (second.directly_after, second.mentions_us, second.quotes_us, second.by_author) == (False, True, True, True)


def test_who_speaks_twice_in_a_row_still_speaks_directly_after_us():
    reader = Reader()
    heard(reader, said("Hm.", minutes=1, name="7"), said("That is wrong.", minutes=2))
    assert [one.directly_after for one in reader.asked] == [True, True]


@pytest.mark.parametrize("body", ["@plumbline undo", "@plumbline pause\n@plumbline label -bug"])
def test_commands_are_no_replies(body):
    assert heard(Reader(), said(body)) == []


def test_bots_we_ourselves_and_what_came_before_us_are_no_replies():
    before = said("Early.", minutes=-5)
    assert heard(Reader(), before, said("beep", author="renovate[bot]"), said("ours", author="plumbline[bot]")) == []


def test_what_is_known_is_not_read_again():
    effect, reader = a_comment_effect(), Reader()
    scene = a_scene(effects=[effect], thread=a_thread(said("words"), comments=(ours(effect),)))
    assert list(replies(scene, reader, known={"reply:9"})) == []
    assert reader.asked == []


def test_of_two_comments_of_ours_the_last_before_it():
    first, second = a_comment_effect(id=1), a_comment_effect("More of it.", id=2, remote_id="101", run_id=2)
    written = (ours(first), ours(second, START + 3 * MINUTE))
    runs = [PastRun(1, a_run()), PastRun(2, a_run())]
    thread = a_thread(said("a", minutes=1, name="7"), said("b", minutes=5), comments=written)
    found = list(replies(a_scene(runs=runs, effects=[first, second], thread=thread), Reader()))
    assert [(one.signal.id, one.signal.run_id) for one in found] == [("reply:7", 1), ("reply:9", 2)]


def test_where_only_labels_stand_people_name_us():
    labels = a_labels_effect("bug")
    unnamed = a_scene(effects=[labels], thread=a_thread(said("Wrong label.")))
    assert list(replies(unnamed, Reader("wrong"))) == []
    named = a_scene(effects=[labels], thread=a_thread(said("@plumbline that is no bug, is it?")))
    [reply] = replies(named, Reader("wrong"))
    assert (reply.signal.effect_id, reply.signal.run_id) == (None, 1)


def test_a_thread_that_is_gone_says_nothing():
    assert list(replies(a_scene(thread=None, effects=[a_comment_effect()]), Reader())) == []


def test_the_text_goes_along_whole_until_it_is_kept():
    [reply] = heard(Reader(), said("x" * 5_000))
    assert len(reply.signal.text) == 5_000
    assert a_comment("1", "ada", "x").hidden == ""
