"""Cues: signs of what kind a thread is, written down by hand; the local model's prior.

They are facts about how people write reports, wishes and questions, not about any data set. What a prompt's
hints and examples say comes on top. A weight is in log-odds, roughly: 1 makes the kind 2.7 times as likely.
"""

import re
from dataclasses import dataclass
from typing import Literal

Where = Literal["title", "text", "body"]
"""title; text: what the person said (prose); body: everything, logs and form headings included."""


@dataclass(frozen=True, slots=True)
class Cue:
    kind: str
    where: Where
    weight: float
    says: str
    """What the evidence is called in a rationale; `{}` stands for the words found."""
    pattern: re.Pattern[str]


def _cue(kind: str, where: Where, weight: float, pattern: str, says: str = "“{}”") -> Cue:
    """`pattern` may run over several lines: a line's end and the next one's indentation are no part of it."""
    return Cue(kind, where, weight, says, re.compile(re.sub(r"\n\s*", "", pattern), re.IGNORECASE | re.MULTILINE))


CUES: tuple[Cue, ...] = (
    _cue("bug", "title", 1.2, r"^\W*(?:bug|crash|regression|error)\b|\[(?:\w+ )?bug[^\]]*\]|\bbug\b"),
    _cue(
        "bug",
        "title",
        1.3,
        r"""\b(?:crash(?:es|ed|ing)?|fail(?:s|ed|ing|ure)?|broken|breaks|wrong(?:ly)?|incorrect(?:ly)?|regression|
        hangs?|freez\w+|stuck|segfault|leak\w*|corrupt\w*|panics?|deadlock|infinite loop|undefined|invalid|
        missing|unexpected(?:ly)?|does(?:n[o'’]t| not) \w+|(?:is|are)(?:n[o'’]t| not) \w+|not (?:working|work|
        respected|found|loaded|showing|updated|shown)|can(?:not|['’]t) \w+|won['’]t|no longer|stopped|
        disappear\w*|flicker\w*|inconsistent|duplicated)\b""",
    ),
    _cue("bug", "title", 1.0, r"\b\w*(?:error|exception|assert\w*|warning)\b"),
    _cue(
        "bug",
        "body",
        0.9,
        r"""^[ \t]*(?:Traceback \(most recent call last\)|at \S{1,200} ?\(.{0,200}:\d|File ".{1,200}", line \d|
        [\w.]{0,80}(?:Error|Exception): |panic: |Segmentation fault|.{0,200}\bcore dumped)""",
        "a stack trace or error message",
    ),
    _cue(
        "bug",
        "body",
        0.8,
        r"""\b(?:steps to reproduce|how to reproduce|to reproduce|repro(?:duction)? steps|reproducible|steps:|
        reproduces? (?:without|the)|current behaviou?r|actual (?:behaviou?r|result|output)|
        expected (?:behaviou?r|result|output))\b""",
    ),
    _cue(
        "bug",
        "text",
        0.5,
        r"""\b(?:i (?:expected|would expect)|expected|instead (?:of|it)|used to work|worked (?:fine|before|in)|
        since (?:version|updating|upgrading|the update))\b""",
    ),
    _cue("bug", "text", 0.8, r"\bexpected\b.{0,80}\b(?:got|but|instead|actual)\b"),
    _cue("bug", "text", 0.4, r"\b(?:crash\w*|fail(?:s|ed|ing)|broken|wrong|incorrect|bug)\b"),
    _cue(
        "enhancement",
        "title",
        2.0,
        r"""^\W*(?:feature|enhancement|proposal|rfc|idea|wish|request|suggestion)\b|\[(?:\w+ )?(?:feature|rfc|fr|
        proposal)[^\]]*\]|feature[ -]request""",
    ),
    _cue(
        "enhancement",
        "title",
        1.5,
        r"""^\W*(?:\[[^\]]*\]\W*|[\w./-]+: )?(?:add|allow|support|implement|provide|enable|make|improve|expose|
        introduce|let|extend|include|create|consider|show|use|remove|replace|rename|move|drop|deprecate|ability|
        option|please|optimi[sz]e|new|better|more)\b""",
    ),
    _cue(
        "enhancement",
        "title",
        0.9,
        r"""\b(?:support (?:for|of)|ability to|option (?:to|for)|should (?:be|have|support|allow)|(?:would be|
        it'?d be)|add(?:ing)? (?:a|an|support)|integration|customi[sz]\w+)\b""",
    ),
    _cue(
        "enhancement",
        "text",
        1.1,
        r"""\b(?:feature request|(?:would|could|might) (?:be|also be) (?:nice|great|good|useful|helpful|awesome|
        cool|better|convenient|beneficial)|(?:i['’]d|i would|we['’]d|we would) (?:like|love)(?: to (?:see|have|
        propose|suggest|be able))?|please (?:add|consider|support|implement|provide)|i (?:propose|suggest)|
        proposal|it['’]s? would be|this would (?:allow|help|make|enable)|should be (?:able|possible)|
        new (?:feature|api|option)|i wish|use[ -]case|motivation)\b""",
    ),
    _cue(
        "enhancement",
        "body",
        1.2,
        r"""is your feature(?: request)? related|describe the solution|alternatives you['’]ve considered|
        describe the feature|will this change the current api|who will benefit""",
    ),
    _cue(
        "question",
        "title",
        1.8,
        r"""^\W*(?:question|help|q|how[ -]?to)\b|^\W*support ?:|
        \[(?:\w+ )?question[^\]]*\]|^\W*(?:how|what|where|why|when|
        which|who|is there|is it|can|could|does|do|are|should)\b""",
    ),
    _cue("question", "title", 1.0, r"\?\s*$", "the title ends with a question mark"),
    _cue(
        "question",
        "title",
        0.8,
        r"""\b(?:how (?:to|do|does|can|should)|what (?:is|are|does)|possible to|way to|difference between|
        help (?:me|with|needed)|need help|understand\w*|question|confus\w+|problem with|trouble|unable to)\b""",
    ),
    _cue(
        "question",
        "text",
        1.0,
        r"""\b(?:how (?:do|can|could|should|would|to) (?:i|we|you|one)?|is there (?:a|any) (?:way|example|plan)|
        is it possible|what(?:['’]s| is| are) the (?:best|right|correct|recommended|proper|difference|reason|
        purpose)|can (?:anyone|someone|somebody|you) (?:please )?(?:help|explain|tell|point)|(?:i['’]m|i am|
        was) (?:wondering|curious|not sure|confused|new to)|any (?:help|idea|suggestion|advice|hint|
        pointer)s?\b|i (?:have|had) (?:a|some|two|few) questions?|my question|could you (?:please )?(?:help|
        explain|tell|clarify)|don['’]t (?:know|understand) (?:how|why|what))\b""",
    ),
    _cue("question", "text", 0.5, r"\?\s*(?:$|thank)", "the text asks"),
    _cue(
        "question",
        "text",
        0.5,
        r"""\b(?:thanks in advance|thank you in advance|stack ?overflow|i(?:['’]m| am) trying to|i (?:want|
        need) to (?:know|understand)|please (?:help|advise|explain|guide))\b""",
    ),
    _cue(
        "documentation",
        "title",
        1.8,
        r"""^\W*(?:docs?|documentation|readme)\b|\[docs?[^\]]*\]|\b(?:docs?|documentation|readme|typos?|docstring|
        tutorial|misspel\w+|broken links?)\b""",
    ),
    _cue(
        "documentation",
        "text",
        0.7,
        r"""\b(?:typo|(?:the|this) (?:docs|documentation|readme|tutorial|guide) (?:is|are|says?|does|should|could)|
        undocumented|broken link|docs? page|documentation page|not documented|url\(s\) with the issue)\b""",
    ),
    _cue(
        "performance",
        "title",
        2.2,
        r"""\b(?:slow\w*|performance|perf|latency|memory (?:leak|usage)|high (?:cpu|memory)|cpu usage|oom|
        out of memory|takes? (?:too |very |so )?long|speed ?up)\b""",
    ),
    _cue(
        "security",
        "title",
        2.2,
        r"""\b(?:security|vulnerab\w+|cve-\d+\S*|xss|csrf|ssrf|injection|exploit\w*|leaks? (?:a )?(?:secret|token|
        credential)s?)\b""",
    ),
    _cue(
        "tests",
        "title",
        2.2,
        r"""\b(?:flaky|failing tests?|test suite|unit tests?|tests? fail\w*|ci (?:job|fail\w*|is)|coverage|
        github actions?)\b""",
    ),
    _cue(
        "dependencies",
        "title",
        2.2,
        r"""\b(?:bump|dependenc(?:y|ies)|dependabot|upgrade \S+ (?:to|from)|update \S+ to v?\d|pin(?:ned)? \S+|
        lock ?file)\b""",
    ),
    _cue(
        "build",
        "title",
        2.0,
        r"""\b(?:build (?:fail\w*|error|from source)|compil\w+|cmake|installation|install fail\w*|pip install|
        packag(?:e|ing)|wheels?|docker(?:file| image))\b""",
    ),
)


def _marks(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


MARKS = _marks(
    r"```|^ {4}\S", r"`[^`\n]+`", r"Traceback|^\s{1,20}at \S{1,200}\(|Exception|panic",
    r"^\[?\d{4}-\d\d-\d\dT? ?|^\[?\d\d:\d\d:\d\d", r"^\s{0,8}[-*] \[[ x]\]", r"^\s{0,8}[-*] \[x\]",
    r"^#{1,6} ", r"^\*\*.+\*\*", r"<!--", r"!\[|<img", r"\.(?:mp4|gif|mov)\b", r"https?://",
    r"(?:^|\s)#\d+\b|/issues/\d+|/pull/\d+", r"^\s{0,8}1[.)] ", r"^\s{0,8}[-*] \S", r"^\|", r"^>", r"\b\d+\.\d+\.\d+\b",
    r"\b(?:ubuntu|debian|fedora|windows|macos|linux|os x|android|ios)\b", r"\?", r"\?\s*\Z", r"!",
    r"\b(?:i|i'm|my|me)\b",
    r"\b(?:we|us|our)\b", r"\byour?\b", r"\bshould\b", r"\b(?:would|could)\b", r"\bplease\b",
    r"\b(?:thanks|thank you|thx)\b", r"^(?:hi|hello|hey|dear)\b", r"_no response_", r"\btr(?:y|ied|ying)\b",
    r"\bexpect",
    r"\b(?:not|cannot)\b|n't\b", r"\berrors?\b", r"^[-+]{3} |^diff ", r"signed-off|cherry picked|pull request",
)  # fmt: skip
"""Marks of how a body is made and said: code, logs, boxes, tables, links, questions, who speaks. For no kind by
themselves; the classifier learns what each is worth."""

TITLE_MARKS = _marks(
    r"`[^`\n]+`", r"\?", r"\?\s*\Z", r"!", r"\b(?:i|i'm|my|me)\b", r"\b(?:not|cannot)\b|n't\b", r"\bshould\b",
    r"https?://", r"\byour?\b", r"\bplease\b", r"\berrors?\b", r"^(?:hi|hello|hey|dear)\b",
)  # fmt: skip
