import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.teammate.guard import LinkPolicy, inspect_rendered, safe_markdown
from app.teammate.guard.markdown import INPUT_CAP, LIMIT
from tests.teammate.guard.attacks import ATTACKS, BLOBS, COMMANDS, REPOSITORY, SECRET, alive

POLICY = LinkPolicy(repository=REPOSITORY)


def safe(text: str, *, limit: int = LIMIT) -> str:
    return safe_markdown(text, POLICY, limit=limit).markdown


def kinds(text: str) -> set[str]:
    return {refusal.kind for refusal in safe_markdown(text, POLICY).refused}


def assert_harmless(text: str) -> None:
    result = safe_markdown(text, POLICY)
    assert alive(result.markdown) == []
    assert inspect_rendered(result.markdown, POLICY) == ()
    again = safe_markdown(result.markdown, POLICY)
    assert (again.markdown, again.refused) == (result.markdown, ())
    assert "unsettled" not in {refusal.kind for refusal in result.refused}


def test_most_of_the_corpus_is_alive_without_the_guard():
    assert len(ATTACKS) > 2_500
    assert sum(bool(alive(attack)) for attack in ATTACKS) > 0.8 * len(ATTACKS)


def test_no_attack_of_the_corpus_survives():
    for attack in ATTACKS:
        assert_harmless(attack)


def test_no_mixture_of_attacks_survives():
    rnd = random.Random(20)
    marks = [
        "\n",
        "\n\n",
        " ",
        "  \n",
        "\\\n",
        "- ",
        "1. ",
        "> ",
        "```\n",
        "`",
        "``",
        "*",
        "**",
        "~~",
        "[",
        "](",
        "|",
        "\t",
        "    ",
        "\\",
    ]
    for _ in range(1_500):
        assert_harmless("".join(rnd.choice(rnd.choice((ATTACKS, marks))) for _ in range(rnd.randint(2, 10))))


# Characters that Markdown and GitHub give a meaning, so that short examples already collide.
SPICE = st.text(alphabet="@#*_~`[]()<>!|\\/&;:.-+=$ \n\t\r\u200b\u00a0\u202eaAg1é漢😀", max_size=60)


@given(SPICE)
def test_any_text_becomes_harmless(text: str):
    assert_harmless(text)


@given(st.text(max_size=200))
def test_any_characters_become_harmless(text: str):
    assert_harmless(text)


@pytest.mark.parametrize("blob", BLOBS, ids=lambda blob: repr(blob[:8]))
def test_a_megabyte_costs_a_bounded_time(blob: str):
    best = min(_seconds(blob) for _ in range(2))
    assert best < 0.9  # 0.3 s on an idle core; the machines of a test run are rarely idle
    assert_harmless(blob)


def _seconds(text: str) -> float:
    start = time.thread_time()
    safe_markdown(text, POLICY)
    return time.thread_time() - start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks @user, and @org/team.", "thanks `user`, and `org/team`."),
        ("＠user &#64;user \\@user @\u200buser", "`user` `user` `user` `user`"),
        ("write to me@example.com", "write to `me@example.com`"),
        ("fork jane@1234abc", "fork `jane@1234abc`"),
        ("meet @ noon", "meet at noon"),
        ("Fixes #12, GH-3 and o/r#4", "Fixes `#12`, `GH-3` and `o/r#4`"),
        ("fixes\n**#12**", "fixes **`#12`**"),
        ("in abc1234 since 1234567", "in `abc1234` since 1234567"),
        ("/close this", "`/close` this"),
        ("please /rebase now, see /etc/hosts", "please `/rebase` now, see /etc/hosts"),
        ("bors r+", "`bors r+`"),
        ("LGTM", "`LGTM`"),
        ("# Title", "**Title**"),
        ("![a chart](https://evil.example/x.png)", "a chart"),
        ("[docs](https://evil.example/?q=1)", "docs"),
        ("see https://docs.example.org/a?b=c.", "see `docs.example.org/a`."),
        ("see https://github.com/octo/plumb/issues/7", "see `github.com/octo/plumb/issues/7`"),
        (
            "[a](https://github.com/octo/plumb/blob/main/a.md#L1-L2)",
            "[a](https://github.com/octo/plumb/blob/main/a.md#L1-L2)",
        ),
        ("https://github.com/octo/plumb/tree/main", "<https://github.com/octo/plumb/tree/main>"),
        ("a <!-- plumbline x --> b", "a b"),
        ("<b>x</b>", "\\<b>x\\</b>"),
        ("- [ ] a\n- [x] b", "- ☐ a\n- ☑ b"),
        ("| a | b |\n|---|---|\n| `c` | d |", "- a · b\n- `c` · d"),
        ("```suggestion\nx\n```", "```\nx\n```"),
        ("```mermaid\nx\n```", "```\nx\n```"),
        ("> [!NOTE]\n> x", "> \\[NOTE\\] x"),
        ("costs $5 and $6, not $7", "costs `$5` and `$6`, not `$7`"),
        ("costs $5", "costs $5"),
        (SECRET, "\\[redacted\\]"),
        (f"{SECRET[:9]}**{SECRET[9:]}**", "\\[redacted\\]"),
        ("`@dependabot rebase` and `@property`", "`dependabot rebase` and `@property`"),
        ("hello!\n\n[x](https://github.com/octo/plumb)", "hello!\n\n[x](https://github.com/octo/plumb)"),
        ("look!\\[x](https://github.com/octo/plumb)", "look!\\[x\\](<https://github.com/octo/plumb>)"),
        ("look&#33;[x](https://github.com/octo/plumb)", "look! [x](https://github.com/octo/plumb)"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_what_each_thing_becomes(text: str, expected: str):
    assert safe(text) == expected


@pytest.mark.parametrize(
    "command",
    [line for line in COMMANDS if line.startswith(("/", "@", "bors", "LGTM")) and line[1:4] not in ("unk", "any")],
)
def test_code_that_calls_a_bot_is_dropped_whole(command: str):
    text = f"before\n\n```sh\nls\n{command}\n```\n\nafter"
    assert safe(text) == "before\n\nafter"
    assert kinds(text) == {"command"}


CANONICAL = """Set `PLUMBLINE_TIMEOUT` in the **environment**, not in *the file*, and restart.

Paths such as app/web/x.py, a/b, 3/4 and v1.2.3 stay; so do max_tokens, R&D, C#, x > y, 50% and "quotes".

1. Create a secret with `openssl rand -hex 32`.
2. Run it:

   ```sh
   git log --author=me@example.com
   npm i @octokit/rest@19.0.0 --save-dev && export A="$B"
   ```

- one

  - nested ~~gone~~

> Both are tried.

```python
@property
def close(self) -> str:
    return "/close"  # decorators stay

@app.get("/close")
def handler(): ...
```

```js
import x from '@scope/pkg' // #1
```

See [operations](https://github.com/octo/plumb/blob/0123abc/docs/ops_guide.md#L10-L20) (it is short).""".replace(
    " and\nv1", " and v1"
)


def test_an_ordinary_answer_comes_back_byte_for_byte():
    assert safe(CANONICAL) == CANONICAL
    assert safe_markdown(CANONICAL, POLICY).refused == ()


def test_an_answer_is_cut_between_blocks_never_inside_one():
    text = "first\n\n```\n" + "line\n" * 50 + "```\n\nlast"
    assert safe(text, limit=100) == "first"
    assert safe(text, limit=8_000).endswith("\n\nlast")
    assert {refusal.kind for refusal in safe_markdown(text, POLICY, limit=100).refused} == {"length"}


def test_a_block_that_fits_exactly_stays():
    assert safe("abc\n\nde", limit=7) == "abc\n\nde"
    assert safe("abc\n\nde", limit=6) == "abc"


def test_only_the_head_of_a_very_long_text_is_read():
    text = "word. " * INPUT_CAP
    assert "length" in kinds(text)
    assert len(safe(text)) <= 8_000


def test_literal_secrets_are_redacted_in_prose_and_code():
    hook = "4fe2c9d1a7b83e6054fe2c9d1a7b83e605440123"
    result = safe_markdown(f"the secret {hook} and `{hook}`\n\n```\n{hook}\n```", POLICY, literals=(hook,))
    assert hook not in result.markdown
    assert result.markdown.count("[redacted") + result.markdown.count("\\[redacted") >= 3


def test_refusals_are_inert_and_few():
    refused = safe_markdown(" ".join(f"@user{n} ![x](https://evil.example/{n})" for n in range(500)), POLICY).refused
    assert 1 < len(refused) <= 50
    for refusal in refused:
        assert inspect_rendered(refusal.detail, POLICY) == ()


def test_an_ordinary_answer_takes_milliseconds():
    text = (CANONICAL + "\n\n") * 3
    assert min(_seconds(text[:3_000]) for _ in range(10)) < 0.05  # about 5 ms on an idle core
