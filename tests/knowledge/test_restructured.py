"""reStructuredText: titles by the order of their styles, and what the directives describe."""

import pytest

from app.knowledge.restructured import looks_restructured, rst_sections


def found(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    return {
        section.trail: (section.blocks[0].start, section.blocks[-1].end) for section in rst_sections(text.split("\n"))
    }


def test_what_a_directive_describes_ends_with_its_body():
    text = (
        "API\n===\n\nBefore.\n\n.. py:class:: Lamp(colour)\n   :module: x\n\n   A lamp.\n\n   .. method:: on(a, b)\n\n"
        "      Switch.\n\n   More on lamps.\n\nAfter.\n\n.. function:: async dim() -> None\n\n   Less.\n"
    )
    assert found(text) == {
        ("API",): (17, 17),
        ("API", "Lamp"): (15, 15),
        ("API", "Lamp", "on"): (11, 13),
        ("API", "dim"): (19, 21),
    }


@pytest.mark.parametrize(
    ("directive", "name"),
    [
        (".. option:: -f <file>, --file <file>", "-f <file>, --file <file>"),
        (".. envvar:: LAMP_HOME", "LAMP_HOME"),
        (".. setting:: broker_url", "broker_url"),
        (".. automodule:: signalbox.lamps", "signalbox.lamps"),
        (".. exception:: LampError(reason)", "LampError"),
        (".. c:function:: int lamp_on(lamp *l)", "int lamp_on"),
    ],
)
def test_names_of_directives(directive, name):
    assert (name,) in found(f"{directive}\n   :members:\n")


@pytest.mark.parametrize(
    "text",
    [
        ".. setting:: LAMPS\n\nWords.",
        ".. note::\n\n   .. function:: f()\n\n      x",
        "So::\n\n    .. function:: f()\n\n       x",
        ".. code-block:: rst\n\n   .. function:: f()\n\n      x",
        ".. a comment\n   .. option:: --x\n\n      y",
        ".. function::\n   x",
    ],
)
def test_what_describes_nothing_is_no_heading(text):
    assert set(found(text)) == {()}


def test_a_title_after_a_directive_stands_at_its_own_level():
    text = "Lamps\n=====\n\nOn\n---\n\n.. data:: x\n\n   y\n\nOff\n---\n\nz\n"
    assert list(found(text)) == [("Lamps",), ("Lamps", "On"), ("Lamps", "On", "x"), ("Lamps", "Off")]


def test_a_text_file_can_be_restructured():
    assert looks_restructured("Words\n\n.. note:: x\n")
    assert not looks_restructured("Words ... and more\n..\n")
