from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.knowledge.quoting import LENGTH, quotes
from tests.knowledge.shelf import handbook, passages


def passage(text: str, path: str = "docs/a.md", heading: str = "Guide > Use") -> Passage:
    return Passage(path=path, heading=heading, start=1, end=1, commit="c", text=text, url="u")


def said(text: str, path: str = "docs/a.md") -> list[str]:
    return [one.text for one in quotes(passage(text, path))]


def test_every_quote_stands_in_its_passage():
    for one in passages(handbook()):
        assert all(quote.quote in one.text for quote in quotes(one))


def test_a_paragraph_brings_the_code_it_announces():
    assert said("## Use\n\nRun this:\n\n```sh\nmake run\n```\n\nThen wait.")[0] == "Run this:\n\n```sh\nmake run\n```"


def test_a_remark_goes_on_until_something_is_said():
    rest = "Rather than that, you would open one that is a lane to all, for as long as none needs a lane that is there."
    assert said(f"Some want a lane.\n\nThey need two.\n\n{rest}\n\nMore.")[0] == (
        f"Some want a lane.\n\nThey need two.\n\n{rest}"
    )
    assert said("Some want a lane.\n\nTake it:\n\n```\nlane\n```\n\nMore.")[0].endswith("Take it:\n\n```\nlane\n```")
    assert said("Some want a lane.\n\n| a |\n|---|\n| b |")[0] == "Some want a lane."
    assert said("Some want a lane.\n\n<!-- no -->\n\nMore.")[0] == "Some want a lane."
    assert said("Some want a lane.\n\n.. no\n\nMore.", "docs/a.rst")[0] == "Some want a lane."
    assert said("- A lane.\n\nMore.") == ["- A lane.", "More."]


def test_a_short_paragraph_brings_what_points_back_at_it():
    assert said("Open the `lane`.\n\nThis takes a day.\n\nMore.")[0] == "Open the `lane`.\n\nThis takes a day."
    assert said("Open the `lane`.\n\nA yard has many.")[0] == "Open the `lane`."
    long = "Open the `lane` " + "once more " * 30
    assert said(f"{long}\n\nThis takes a day.")[0] == long.strip()


def test_tabs_are_quoted_one_by_one_with_their_label():
    tabs = '=== "a.toml"\n\n    ```toml\n    a = 1\n    ```\n\n=== "b.toml"\n\n    ```toml\n    b = 1\n    ```'
    assert said(f"Set it:\n\n{tabs}") == [
        "Set it:\n\na.toml:\n\n```toml\na = 1\n```",
        "a.toml:\n\n```toml\na = 1\n```",
        "b.toml:\n\n```toml\nb = 1\n```",
    ]


def test_headings_are_known_but_not_quoted():
    found = list(quotes(passage("## Use\n\nText.\n\n### More\n\nMore text.")))
    assert [(one.heading, one.text) for one in found] == [("Use", "Text."), ("More", "More text.")]
    assert next(quotes(passage("Text."))).heading == "Use"


TABLE = "| Name | Meaning |\n|:--|---|\n| `A` | first |\n| `B` | second |"


def met(text: str) -> list[tuple[str, str]]:
    """How each quote is said, and what of it a question must name."""
    return [(one.text, one.must_meet) for one in quotes(passage(text))]


def test_a_row_of_a_table_is_said_by_its_cells_and_the_header_by_the_table():
    rows = [("`A` — first", "| `A` | first |"), ("`B` — second", "| `B` | second |")]
    assert met(f"Text.\n\n{TABLE}") == [("Text.", ""), (TABLE, "\n| Name | Meaning |"), *rows]
    assert met(f"## Names\n\n{TABLE}")[0] == (TABLE, "Names\n| Name | Meaning |")


def test_rows_without_a_header_are_only_rows():
    assert said("| `A` | first |\n| `B` | second |\n| - | - |") == ["`A` — first", "`B` — second"]
    assert said("|") == []


def test_a_header_without_rows_says_nothing():
    assert said("| Name |\n|---|") == said("| Name |\n|---|\n| |") == []


def test_a_long_table_is_said_by_its_rows_alone():
    rows = "\n".join(f"| `NAME_{number}` | {'word ' * 9}|" for number in range(30))
    found = said(f"| Name | Meaning |\n|---|---|\n{rows}")
    assert len(found) == 30
    assert found[7].startswith("`NAME_7` — word")


def test_a_table_is_no_part_of_what_only_stands_beside_it():
    assert said(f"With a key it is quick.\n\n{TABLE}\n\n- one\n- two")[:2] == ["With a key it is quick.", TABLE]
    assert said(f"{TABLE}\n\n- one\n- two")[-1] == "- one\n- two"


def test_an_announced_table_comes_with_its_announcement_but_not_with_what_is_said_before():
    assert met(f"The names:\n\n{TABLE}")[0] == (f"The names:\n\n{TABLE}", "")
    text = f"With a key it is quick. These are the names:\n\n{TABLE}"
    assert met(text)[:2] == [("With a key it is quick.", ""), (text, f"These are the names:\n\n{TABLE}")]


def test_a_table_in_a_fence_or_in_an_item_of_a_long_list_is_nobodys_announcement():
    fenced = "Draw it:\n\n```\nFirst. A line:\n\n| x |\n```"
    assert met(fenced)[0] == (fenced, "")
    items = "\n".join(f"- Item {number}. It has:\n\n  | a | {'b' * 90} |" for number in range(12))
    assert all(len(text) <= LENGTH for text, _ in met(items))


def test_an_item_of_a_long_list_stands_for_itself():
    items = "\n".join(f"- item {number} {'word ' * 30}" for number in range(12))
    found = said(items)
    assert len(found) == 12
    assert found[5].startswith("- item 5")
    assert all(len(one) <= LENGTH for one in found)


def test_a_long_item_is_quoted_by_paragraphs_and_by_what_introduces_it():
    paragraphs = [f"Paragraph {number} {'word ' * 40}ends." for number in range(4)]
    found = said("- " + "\n\n  ".join(paragraphs))
    assert found == [f"- {paragraphs[0]}", *paragraphs[1:]]
    items = "\n".join(f"- item {number} {'word ' * 20}" for number in range(6))
    assert said(f"They are:\n\n{items}")[0].startswith("They are:\n\n- item 0")


def test_a_block_with_code_stays_whole():
    text = "Run:\n\n```\n" + "go on.\n\nAnd on\n" * 30 + "```"
    assert said(text)[0] == text


def test_a_long_paragraph_is_quoted_by_sentences():
    text = " ".join(f"Sentence {number} says something of moderate length here." for number in range(40))
    assert all(one.startswith("Sentence") and len(one) <= LENGTH for one in said(text))


def test_admonitions_and_directives_are_said_as_markdown():
    assert said("!!! note\n\n    Keep it secret.")[0] == "Keep it secret."
    assert said("Run:\n\n.. code-block:: sh\n\n    make run\n", "docs/a.rst")[0] == "Run:\n\n```sh\nmake run\n```"
    assert said("See :ref:`the page <x>` and ``code``.", "docs/a.rst") == ["See the page and ``code``."]


def test_what_says_nothing_is_not_quoted():
    assert said("[link]: https://example.com\n\n<!-- note -->\n\n![image](a.png)") == []


def test_what_only_a_site_builder_understands_is_not_said():
    assert said("{{% note %}}\nUse it.\n{{% /note %}}") == ["Use it."]
    assert said('See [the guide]({{< relref "guide" >}}) first.') == ["See the guide first."]
    assert said("Like so, in a file:\n\n{* ../src/a.py hl[3] *}\n\nThen wait.") == ["Then wait."]
    assert said(".. _start:\n\nUse `the guide <guide.html>`_ or `start_all`_.", "docs/a.rst") == [
        "Use the guide or `start_all`."
    ]


def test_an_announcement_of_nothing_is_not_quoted():
    assert said("When it runs:\n\n# Next\n\nText.") == ["Text."]


def test_each_kind_of_page_is_read_in_its_own_way():
    assert said("== Use\n\nText.", "docs/a.adoc") == ["Text."]
    assert said("Use\n===\n\nRun:\n\n.. code-block:: sh\n\n    make\n", "docs/a.txt")[0] == "Run:\n\n```sh\nmake\n```"


def test_source_is_shown_as_code_from_its_top():
    (text,) = said("def f():\n" + "    work()\n" * 200, "app/a.py")
    assert text.startswith("```py\ndef f():\n")
    assert text.endswith("\n```")
    assert len(text) <= LENGTH + 20


@given(st.text(), st.sampled_from(["a.md", "a.rst", "a.adoc", "a.txt", "a.py"]))
def test_any_passage_is_quoted_verbatim(text, path):
    assert all(one.quote in text and one.text for one in quotes(passage(text, path)))
