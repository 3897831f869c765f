import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.teammate.guard.hidden import Removal, strip_hidden


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\r\nwith lines\n",
        "❤️ ✔️ 1️⃣ #️⃣ ©️ ▶︎",
        "👨‍👩‍👧 👩🏽‍💻 🏳️‍🌈 ❤️‍🔥",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "🇫🇷🇯🇵",
        "می‌خواهم",  # Persian, with a zero-width non-joiner
        "क्‍ष",  # Devanagari, with a joiner
        "naïve café e\u0301 日本語 한국어 עברית العربية ∑ → “quotes” …\u00a0x",
        "\ufffd",
    ],
)
def test_what_people_need_stays(text: str):
    assert strip_hidden(text) == (text, ())


@pytest.mark.parametrize(
    ("hidden", "kind"),
    [
        ("\x00", "control"),
        ("\x1b[1;31m", "control"),
        ("\x9b31m", "control"),
        ("\ufffc", "control"),
        ("\ud800", "surrogate"),
        ("\ufffe", "noncharacter"),
        ("\U0001ffff", "noncharacter"),
        ("\U000effff", "noncharacter"),
        ("\u202e", "bidirectional"),
        ("\u200e", "bidirectional"),
        ("\u2066", "bidirectional"),
        ("\u200b", "zero width"),
        ("\u2063", "zero width"),
        ("\u034f", "zero width"),
        ("\u3164", "filler"),
        ("\u115f", "filler"),
        ("\xad", "soft hyphen"),
        ("\ue000", "private use"),
        ("\U0010fffd", "private use"),
        ("\U000e0041", "tag"),
        ("\U000e0001", "tag"),
        ("\ufe0f", "variation selector"),
        ("\ufe00", "variation selector"),
        ("\U000e0101", "variation selector"),
        ("\u200d", "joiner"),
        ("\u200c", "joiner"),
    ],
)
def test_what_nobody_sees_goes_and_is_counted(hidden: str, kind: str):
    assert strip_hidden(f"a{hidden}b") == ("ab", (Removal(kind, 1),))


def test_a_flag_is_no_vehicle_for_other_tags():
    word = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    assert strip_hidden(f"🏴{word}\U000e007f") == ("🏴", (Removal("tag", 5),))


def test_emoji_joiners_do_not_carry_bits():
    assert strip_hidden("😀\u200d\u200d\u200d a\u200d😀 😀\u200dx")[0] == "😀 a😀 😀x"


def test_line_separators_become_lines():
    assert strip_hidden("a\u2028b\rc\r\nd\x0be")[0] == "a\nb\nc\r\nd\ne"


def test_every_character_without_a_glyph_goes():
    """Whatever Unicode calls a control, format, surrogate, private or unassigned-ignorable character."""
    visible_formats = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    kept = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Co"}
        and chr(code) not in "\t\n\r"
        and code not in visible_formats
        and not 0x13430 <= code <= 0x1345F  # hieroglyph layout
        and strip_hidden(f"a{chr(code)}b")[0] == f"a{chr(code)}b"
    ]
    assert kept == []


@given(
    st.text(alphabet="ab1#😀❤🏴\u200d\u200c\ufe0f\u20e3\U000e0067\U000e0062\U000e007f\u200b\x1b[m\r\nی", max_size=30)
)
def test_stripping_twice_is_stripping_once(text: str):
    assert strip_hidden(strip_hidden(text)[0]) == (strip_hidden(text)[0], ())
