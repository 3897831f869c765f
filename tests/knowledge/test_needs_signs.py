import time

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from app.knowledge.needs_signs import WHATS, asks_for, given, is_chatter, said


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("version", "2.4.1"),
        ("version", "I use v2.4"),
        ("version", "plumbline==2.4"),
        ("version", "version 3"),
        ("version", "on main, commit 067b76d"),
        ("version", "版本 3"),
        ("version", "4.0.0-beta.3"),
        ("environment", "Ubuntu 24.04"),
        ("environment", "in Firefox"),
        ("reproduction", "```\nrun()\n```"),
        ("reproduction", "1. start it\n2. stop it"),
        ("reproduction", "see https://github.com/ada/leases"),
        ("reproduction", "Start the worker with two hands, " * 4 + "then open the page and stop it: it hangs."),
        ("reproduction", "Ich starte ihn zweimal, warte eine Minute, klicke auf Anhalten, plötzlich steht alles."),
        ("reproduction", "我启动了两次工作进程，然后打开页面并点击停止按钮，结果整个程序就卡住了不再响应"),
        ("outcome", "I expected a lease, but it raises."),
        ("outcome", "Ich erwartete eins, aber es kommt zwei."),
        ("error", "ValueError: no lease"),
        ("error", "![](https://example.com/a.png)"),
        ("log", "12:00:01 a\n12:00:02 b\n12:00:03 c"),
        ("log", "[worker.log](https://github.com/user-attachments/files/1/worker.log)"),
        ("configuration", "in plumbline.yml"),
        ("configuration", "with --dry-run"),
        ("configuration", "PLUMBLINE_HANDS=2"),
        ("screenshot", '<img src="a.png">'),
        ("detail", "`hands(count=2)` should wait"),
    ],
)  # fmt: skip
def test_what_is_given(what, text):
    assert given(what, text)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("version", "It takes 2.5 s and 3.2 MB, at 10:30 on 127.0.0.1."),
        ("version", "https://example.com/2.4/page"),
        ("version", "the latest"),
        ("environment", "on my computer"),
        ("reproduction", "It does not work."),
        ("reproduction", "- one thing only"),
        ("outcome", "It fails."),
        ("error", "there is an error"),
        ("log", "12:00:01 a"),
        ("configuration", "my configuration"),
        ("screenshot", "it looks wrong"),
        ("detail", "Please support leases."),
    ],
)
def test_what_is_not_given(what, text):
    assert not given(what, text)


@pytest.mark.parametrize(
    ("question", "whats"),
    [
        ("Which version are you using?", {"version"}),
        ("Can you share a minimal example and the full stack trace?", {"reproduction", "error"}),
        ("What OS is this, and could you attach the logs?", {"environment", "log"}),
        ("Please show your configuration.", {"configuration"}),
        ("What did you expect to happen?", {"outcome"}),
        ("Could you add a screenshot?", {"screenshot"}),
        ("Could you elaborate on your use case?", {"detail"}),
        ("> which version?\n\nThanks, fixed in the next version.", set()),
        ("I can reproduce it with version 2, it will be fixed.", set()),
        ("", set()),
    ],
)
def test_what_a_maintainer_asks_for(question, whats):
    assert asks_for(question) == whats


@pytest.mark.parametrize(
    "reply",
    ["+1", "Any update?", "same here", "Same issue here!", "bump", "me too, please fix this asap", "👍", "",
     "Hi, any news on this? Thanks!", "I am still having the same problem", "still happening on latest"],
)  # fmt: skip
def test_chatter(reply):
    assert is_chatter(reply)


@pytest.mark.parametrize(
    "reply", ["2.4.1", "yes, on Linux", "![](a.png)", "```\nrun()\n```", "Es passiert beim Start", "it hangs"]
)
def test_no_chatter(reply):
    assert not is_chatter(reply)


def test_said_is_without_quotes_comments_and_empty_boxes():
    assert said("> Which version? 2.4?\nmine\n<!-- 3.1 \n 3.2 -->\n- [ ] Linux\n- [x] macOS").split() == [
        "mine",
        "-",
        "[x]",
        "macOS",
    ]


@hypothesis_given(st.text(alphabet=st.sampled_from("a1.:-/\n`>[] 版"), max_size=300))
def test_any_text_is_read(text):
    for what in WHATS:
        given(what, text)
    assert len(said(text)) <= len(text)
    assert is_chatter(text) in (True, False)


@pytest.mark.parametrize("piece", ["1.", "a.", "https://", "- ", "v1", "--a", "a_", "\n", "[", "> ", "the "])
def test_bulk_takes_no_longer_than_its_size(piece):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = time.process_time()
        for what in WHATS:
            given(what, text)
        asks_for(text)
        return time.process_time() - started

    small = min(seconds(8_000), seconds(8_000))
    assert seconds(64_000) < 8 * 3 * (small + 0.005)
