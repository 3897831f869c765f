"""Source: each definition with what belongs to it, and what stands between."""

import pytest

from app.knowledge.source import source_sections


def found(suffix: str, text: str) -> list[tuple[tuple[str, ...], int, int]]:
    return [
        (section.trail, section.blocks[0].start, section.blocks[-1].end)
        for section in source_sections(suffix, text.split("\n"))
    ]


def test_comments_and_attributes_above_belong_to_a_definition():
    text = "use a;\n\n/// Words.\n#[test]\nfn one() {\n}\n\n// Lines.\nfn two() {\n}"
    assert found(".rs", text) == [((), 1, 1), (("one",), 3, 6), (("two",), 8, 10)]


def test_a_preprocessor_line_above_does_not():
    assert found(".c", "#include <a.h>\nint one() {\n}\n") == [((), 1, 1), (("one",), 2, 3)]


@pytest.mark.parametrize(
    ("suffix", "top", "starts"),
    [
        (".py", "#!/bin/python\n# Copyright 2026 Ada\n# All rights reserved.\n", [1, 4]),
        (".c", "/* Lamps of the signal box.\n *\n * Copyright 2026 Ada\n */\n", [1, 5]),
        (".c", "/*\n\n  SPDX-License-Identifier: MIT\n\n*/\n", [6]),
        (".kt", "// Licensed under the MIT licence\n", [2]),
        (".c", "/* Lamps, never closed: Copyright\n", [1]),
        (".py", "lamps = 'copyright'\n", [1]),
    ],
)
def test_a_licence_at_the_top_is_left_out(suffix, top, starts):
    assert [start for _, start, _ in found(suffix, f"{top}lamps = 1;\n")] == starts


def test_definitions_that_share_a_line_are_taken_as_the_first():
    assert found(".js", "function a() {} function b() {}\n") == [(("a",), 1, 1)]


@pytest.mark.parametrize("suffix", [".kt", "", ".py"])
def test_text_without_definitions_is_one_section(suffix):
    assert found(suffix, "a = 1\n\nb = 2\n") == [((), 1, 3)]


@pytest.mark.parametrize("text", ["", "\n\n", "}\n"])
def test_text_that_says_nothing_has_no_sections(text):
    assert found(".js", text) == []
