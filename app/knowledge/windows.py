"""Windows: what of a passage is embedded.

One vector of a long passage is the average of all it says, and near to no question. So a passage has several, each of a
few sentences below its heading; the nearest of them speaks for it.
"""

import re

WIDTH = 450
"""Characters of whole paragraphs that make one window."""
LONGEST = 1_200
"""An encoder reads about so many of one paragraph that is longer."""
_PARAGRAPH = re.compile(r"\n\s*\n")


def windows(heading: str, text: str) -> list[str]:
    """At least one, in order, each below the two innermost headings of the trail."""
    above = " > ".join(heading.split(" > ")[-2:])
    cut: list[str] = []
    held = ""
    for paragraph in filter(str.strip, _PARAGRAPH.split(text)):
        if held and len(held) + len(paragraph) > WIDTH:
            cut.append(held)
            held = ""
        held = f"{held}\n{paragraph}" if held else paragraph
    return [f"{above}\n{window[:LONGEST]}" for window in [*cut, held]]
