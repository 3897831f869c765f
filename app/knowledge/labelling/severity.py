"""Severity: a hint at how bad a report is, with the words it rests on. Facts count, urgency does not.

"Critical", "ASAP" and capitals are what a reporter wishes; a lost file, a crash or a leaked token is what happened.
What is denied ("it does not crash", "no data was lost") happened to nobody.
"""

import re
from dataclasses import dataclass
from typing import Literal

from app.knowledge.labelling.reading import read

Level = Literal["security", "data-loss", "crash", "regression", "cosmetic", ""]


@dataclass(frozen=True, slots=True)
class Severity:
    """`level` is empty where nothing tells; `evidence` are the words found, at most three."""

    level: Level
    evidence: tuple[str, ...] = ()


def _signs(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\n\s*", "", pattern), re.IGNORECASE)


_LEVELS: tuple[tuple[Level, re.Pattern[str]], ...] = (
    (
        "security",
        _signs(
            r"""\b(?:vulnerabilit\w+|cve-\d{4}-\d+|xss|csrf|ssrf|rce|remote code execution|(?:sql|command|
            code|html|header|script) injection|path traversal|privilege escalation|(?:auth\w*|login|
            permission) bypass|bypass(?:es|ed|ing)? (?:the )?(?:auth\w*|login|permission\w*)|(?:leak\w*|
            expos\w+|disclos\w+|logs?|prints?)(?: \w+){0,3} (?:secrets?|tokens?|passwords?|credentials?|
            private keys?)|(?:secrets?|tokens?|passwords?|credentials?|
            private keys?)(?: \w+){0,4} (?:leak\w*|exposed|disclosed|in plain ?text))\b"""
        ),
    ),
    (
        "data-loss",
        _signs(
            r"""\b(?:data ?loss|(?:lost|loses|losing|lose)(?: \w+){0,3} (?:data|files?|work|changes|
            records?|rows?|messages?|history)|(?:data|files?|database|records?|rows?|index|work|
            changes)(?: \w+){0,3} (?:corrupt\w*|lost|overwritten|wiped|disappear\w*|gone)|corrupt(?:s|
            ed|ing|ion)(?: \w+){0,3} (?:data\w*|files?|database|index|state|disk)|(?:deletes?|deleted|
            wipes?|wiped|overwrites?|overwrote|truncates?)(?: \w+){0,3} (?:files?|data|everything|
            database|director\w+))\b"""
        ),
    ),
    (
        "crash",
        _signs(
            r"""\b(?:crash(?:es|ed|ing)?|segfault\w*|segmentation fault|sigsegv|sigabrt|core dumped|
            panick?(?:s|ed)?|panic(?=:)|access violation|kernel panic|blue screen|hangs?|hung|
            deadlock\w*|freez(?:e|es|ing)|froze|out of memory|oom[- ]?killed|won['’]t (?:start|boot|
            launch))\b"""
        ),
    ),
    (
        "regression",
        _signs(
            r"""\b(?:regression|(?:worked|works|was fine|fine|ok)(?: \w+){0,3} (?:in|before|until|
            with) (?:v?\d[\w.]*|(?:the )?(?:update|upgrade|last|previous|older?))|used to work|
            no longer works?|stopped working|(?:broken?|broke|fails?) (?:since|after)|
            since (?:(?:the )?(?:last|latest|upgrad\w+|updat\w+)|v?\d+\.\d[\w.]*)|bisected)\b"""
        ),
    ),
    (
        "cosmetic",
        _signs(
            r"""\b(?:cosmetic|typos?|misspel\w+|misaligned|alignment|padding|wrong colou?r|colou?rs? (?:is|
            are) (?:off|wrong)|minor (?:thing|nit|visual|issue)|nitpick|pixels? off|off by (?:one|
            a few) pixels?|wording|capitali[sz]ation|looks? (?:odd|ugly|weird|off))\b"""
        ),
    ),
)
_DENIED = re.compile(
    r"\b(?:no|not|never|without|(?:do|does|did|is)n['’]t|avoid\w*|prevents?)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_MOST = 3


def severity(title: str, body: str) -> Severity:
    """The worst of what a thread says happened."""
    reading = read(title, body)
    text = f"{reading.title}\n{reading.text}"
    for level, pattern in _LEVELS:
        found = [
            match
            for match in pattern.finditer(text)
            if not _DENIED.search(text[max(0, match.start() - 40) : match.start()])
        ]
        if found:
            words = dict.fromkeys(" ".join(match.group().split()).lower() for match in found)
            return Severity(level, tuple(words)[:_MOST])
    return Severity("")
