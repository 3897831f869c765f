"""What is a command, what is a question, and what is neither."""

import time
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.teammate.commands.parse import LONGEST, MOST_COMMANDS, Command, Heard, Share, Verb, parse
from app.teammate.spoken import spoken


def heard(text: str) -> Heard:
    return parse(text, "plumbline")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("help", Command("help")),
        ("HELP", Command("help")),
        ("help?", Command("help")),
        ("settings", Command("settings")),
        ("configuration", Command("settings")),
        ("why", Command("why")),
        ("why?", Command("why")),
        ("why did you do that?", Command("why")),
        ("undo", Command("undo")),
        ("undo all", Command("undo")),
        ("undo labels", Command("undo", share="labels")),
        ("undo comment, please", Command("undo", share="comment")),
        ("pause", Command("pause")),
        ("please pause this thread.", Command("pause")),
        ("resume", Command("resume")),
        ("ignore", Command("ignore")),
        ("stop", Command("ignore")),
        ("stop it!", Command("ignore")),
        ("quiet", Command("ignore")),
        ("shut up", Command("ignore")),
        ("retriage", Command("retriage")),
        ("re-triage now", Command("retriage")),
        ("label bug", Command("label", add=("bug",))),
        ("label +bug -question", Command("label", add=("bug",), remove=("question",))),
        ('label "needs more info" bug', Command("label", add=("needs more info", "bug"))),
        ("label “good first issue”, area:x", Command("label", add=("good first issue", "area:x"))),
        ('label -"needs more info"', Command("label", remove=("needs more info",))),
        ("unlabel bug question", Command("label", remove=("bug", "question"))),
        ("duplicate of #12", Command("duplicate", number=12)),
        ("this is a duplicate of 12.", Command("duplicate", number=12)),
        ("dup #12", Command("duplicate", number=12)),
        ("not a duplicate", Command("not-a-duplicate")),
        ("this is not a duplicate of #12", Command("not-a-duplicate")),
        ("draft", Command("draft")),
        ("post", Command("post")),
        ("post it", Command("post")),
        ("/undo", Command("undo")),
    ],
)
def test_each_command_as_people_type_it(line: str, command: Command):
    for name in ("@plumbline", "@Plumbline[bot]:", "**@plumbline", "- @plumbline,", "Well, @plumbline"):
        said = heard(f"{name} {line}")
        assert said.commands == (command,)
        assert not said.asks
        assert not said.slip


@pytest.mark.parametrize(
    "line",
    [
        "",
        "how do I rotate the secret?",
        "why does it fail with an empty file?",
        "help me to rotate the secret",
        "stop the worker how?",
        "label this?",
        "draft an answer about secrets",
        "undo my change to the config",
        "pause the queue on weekends",
        "post the changelog",
        "ignore case in names",
        "summarize",
        "duplicate of #0",
        "duplicate of another one",
        "settings are not read",
        "hello",
        "label",
        "wyh does it crash?",
        "stop " + "x" * LONGEST,
    ],
)
def test_everything_else_is_a_question(line: str):
    said = heard(f"@plumbline {line}")
    assert said.commands == ()
    assert said.asks
    assert said.question == line.strip()


@pytest.mark.parametrize(
    "line", ["udno", "pasue", "resmue", "settigns", "lable bug", "retraige", "hlep", "stp", "undoo"]
)
def test_a_slip_is_neither_obeyed_nor_answered(line: str):
    assert heard(f"@plumbline {line}") == Heard(slip=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "undo",
        "plumbline undo",
        "`@plumbline undo`",
        "> @plumbline undo",
        "```\n@plumbline undo\n```",
        "    @plumbline undo",
        "<!-- @plumbline undo -->",
        "<!--\n@plumbline undo\n-->",
        "me@plumbline undo",
        "@plumbline-dev undo",
        "@other undo",
    ],
)
def test_nothing_is_said_to_us(text: str):
    assert heard(text) == Heard(question=text.strip())


def test_several_commands_in_one_comment_each_once():
    said = heard("@plumbline label +bug\nsome words\n@plumbline undo comment @plumbline why\n@plumbline label +bug")
    assert [command.verb for command in said.commands] == ["label", "undo", "why"]
    assert not said.asks


def test_no_more_commands_than_a_person_would_write():
    text = "\n".join(f"@plumbline label l{number}" for number in range(3 * MOST_COMMANDS))
    assert len(heard(text).commands) == MOST_COMMANDS


def test_a_comment_may_command_and_ask():
    said = heard("@plumbline label bug\r\n@plumbline how do I rotate it?\n\n```\nlog @plumbline undo\n```")
    assert said.commands == (Command("label", add=("bug",)),)
    assert said.asks
    assert said.question == "how do I rotate it?\n\n```\nlog @plumbline undo\n```"


def test_words_that_are_not_said_to_us_are_no_question():
    said = heard("The secret was wrong.\n\n@plumbline label bug\n\nShould we close this?")
    assert said.commands
    assert not said.asks


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Thanks @plumbline!", "heart"),
        ("@plumbline thank you so much, that worked", "heart"),
        ("danke @plumbline", "heart"),
        ("@plumbline 👍", "+1"),
        ("@plumbline great, that is right", "+1"),
        ("@plumbline that is not right", None),
        ("@plumbline thanks, but it still fails", None),
        ("@plumbline thanks, is it also in 2.3?", None),
        ("@plumbline", None),
        ("@plumbline it is", None),
        ("@plumbline ok " * 40, None),
    ],
)
def test_thanks_and_agreement_want_no_words(text: str, content: str | None):
    said = heard(text)
    assert said.thanks == content
    assert said.asks == (content is None)


def test_words_spell_a_command_one_way():
    one, other = heard("@plumbline please UNDO everything"), heard("- @plumbline undo")
    assert one.commands[0].words == other.commands[0].words == "undo all"
    assert heard("@plumbline label bug").commands[0].words != heard('@plumbline label "bug x"').commands[0].words


PIECES = [
    "@plumbline ",
    "undo",
    "label ",
    "+bug",
    '"a b"',
    "`",
    "```\n",
    "> ",
    "\n",
    "    ",
    "<!--",
    "-->",
    "?",
    "of #1 ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join) | st.text(max_size=60))
@settings(max_examples=400)
def test_any_text_is_read_and_nothing_hidden_is_obeyed(text: str):
    said = heard(text)
    shown = spoken(text)
    assert len(shown) == len(text)
    assert said == heard(text)
    assert parse(shown, "plumbline").commands == said.commands
    if "@plumbline" not in shown.lower():
        assert said.commands == ()
        assert not said.asks


@given(st.text(max_size=40), st.sampled_from(["`{}`", "> {}", "```\n{}\n```", "<!-- {} -->", "    {}"]))
@settings(max_examples=200)
def test_quoted_and_coded_commands_are_never_obeyed(words: str, frame: str):
    line = "".join(char for char in words if char.isalnum() or char == " ")
    assert not heard(frame.format(f"{line} @plumbline undo")).commands


@pytest.mark.parametrize(
    "text",
    [
        "@plumbline " * 5_000,
        "@plumbline undo " * 4_000,
        "@plumbline label " + "+a " * 60_000,
        '@plumbline label "' + "a" * 100_000,
        "@plumbline " + "undo, please " * 15_000,
        "`@plumbline undo` " * 4_000,
        "@plumbline label +a\n" * 3_000,
        "@plumbline " + "*_ " * 60_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str):
    def seconds(written: str) -> float:
        started = time.perf_counter()
        parse(written, "plumbline")
        return time.perf_counter() - started

    assert min(seconds(text * 4) for _ in range(3)) < 20 * min(seconds(text) for _ in range(3)) + 0.02


def test_the_words_of_every_verb_and_share_are_told_apart():
    verbs: tuple[Verb, ...] = get_args(Verb)
    shares: tuple[Share, ...] = get_args(Share)
    assert (
        len({Command(verb).words for verb in verbs} | {Command("undo", share=share).words for share in shares})
        == len(verbs) + len(shares) - 1
    )
