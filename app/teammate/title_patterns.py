"""Title patterns: regular expressions of a repository's settings, matched in time linear in the title.

Python's own matcher tries one way after the other, and a short pattern can keep it busy for years. RE2 follows all ways
at once; what cannot be matched like that (groups that look around, references back) is refused.
Source: github.com/google/re2/wiki/Syntax.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

LONGEST_PATTERN = 200
LONGEST_TITLE = 256
"""GitHub takes no longer one."""
_MEMORY = 1 << 20
"""Bytes that a pattern may take when it is compiled: repeats of repeats end here."""


@dataclass(frozen=True, slots=True)
class TitlePattern:
    compiled: Any

    def found_in(self, title: str) -> bool:
        """Whether it matches anywhere in the title, in upper or lower case."""
        return self.compiled.search(title[:LONGEST_TITLE].encode(errors="replace").decode()) is not None


@lru_cache(maxsize=256)
def title_pattern(source: str) -> TitlePattern:
    """ValueError, with a sentence, for what is no regular expression, or none that can be matched in linear time."""
    if len(source) > LONGEST_PATTERN:
        raise ValueError(f"a pattern may have {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.case_sensitive, options.dot_nl, options.log_errors, options.max_mem = False, True, False, _MEMORY
    try:
        return TitlePattern(re2.compile(source.encode(errors="replace").decode(), options))
    except re2.error as error:
        (said,) = error.args
        raise ValueError(" ".join(said.decode(errors="replace").split())) from None
