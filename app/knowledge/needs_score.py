"""The chance that a description is not enough to act on: a small logistic regression over nine signs.

The signs are about what leaves a change undetermined (an opinion, a condition, somebody's own experience on their own
machines) and about what determines it (names from the code, code to run, what the program does, a cause). They are read
in the words around the code. The weights were fitted on 181 reports that people had judged (MIT licence);
docs/design/012-needs-info.md says how that carries over.
"""

import math
import re
from collections.abc import Mapping

from app.knowledge.needs_signs import sign
from app.knowledge.thread_text import identifiers, substance
from app.knowledge.words import words_of

_VERBS = "|".join(
    words_of("""
        add adjust allow avoid bring bump change clarify clean consider convert create custom[iz]+e decouple default
        deprecate detect disable display document drop emit enable enhance ensure expose extend extract factor filter
        fix generate get give handle hide implement improve include increase integrate introduce keep let limit log
        make mark merge migrate move normali[sz]e offer optimi[sz]e permit pass port prefer prevent print propose
        provide put raise read reconsider reduce refactor remove rename render replace report require restore return
        revert rewrite rework save send set show simplify skip sort split standardi[sz]e stop store support suppress
        switch take treat tweak unify update upgrade use validate warn wrap write
    """)
)
_TITLE_WISH = sign(
    rf"""^\W*(?:\[[^\]]*\]\W*|[\w.]+: )?(?:feature|enhancement|proposal|rfc|idea|wish|suggestion|request|new|better|
    more|ability|please|option|{_VERBS})\b|
    \b(?:should|could|needs?|would be|support for|option (?:for|to)|ability to|feature request)\b"""
)
_COUNTED: Mapping[str, re.Pattern[str]] = {
    "first_person": sign(r"\b(?:i|my|me|we|our|us|mine|ours|i['’](?:m|ve|d|ll)|we['’](?:re|ve|d|ll))\b"),
    "conditional": sign(r"\b(?:would|could|might|may)\b|\w['’]d\b"),
    "opinion": sign(
        r"""\b(?:better|best|nicer?|great|good|useful|helpful|convenien\w+|easi(?:er|ly)|easy|simpler|cleaner|clearer|worth|
        improve\w*|enhancement|(?:in)?consistent|intuitive|confusing|annoying|awkward|verbose|friendly|readable|prefer\w*|
        ideal(?:ly)?|sensible|reasonable|propos(?:e|al)|suggest\w*|feature request|use[ -]cases?|wish|desirable|benefit|
        handy|elegant|ugly|makes? sense|appropriate|love|hope|happy|important|valuable)\b"""
    ),
    "events": sign(
        r"""\b(?:upgrad(?:e|ed|ing)|updat(?:ed|ing)|migrat(?:ed|ing)|moved|switched|installed|deployed|recently|suddenly|
        lately|staging|production|intermittent(?:ly)?|sometimes|randomly|occasionally|flaky|sporadic(?:ally)?|started|
        noticed|tried|trying)\b"""
    ),
    "cause": sign(
        r"""\b(?:because|due to|caused by|the (?:fix|cause|reason|problem|issue) (?:is|seems|appears|was)|fixed by|
        patch|pull request|pr|regression|bisect\w*|introduced (?:in|by)|line \d+|root cause|solution|implementation|
        since [0-9a-f]{7,40})\b"""
    ),
    "happens": sign(
        r"""\b(?:returns?|raises?|throws?|gives?|outputs?|results? in|crash(?:es)?|fails?|produces?|got|breaks?|
        ignores?)\b"""
    ),
}
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_RUNNABLE = sign(
    r"""^[ \t]{0,12}(?:>>>|In \[\d+\]:|\$ |from \w[\w.]* import|import [\w{*"']|def \w+\(|class \w|func? \w|
    function \w|(?:const|let|var) \w|\w[\w.]{0,60} = \S|@\w+|assert |#include\b)"""
)
_SAID, _SHOWN = 2_000, 20_000
"""Characters of prose and of everything that are looked at."""
_MOST_COUNTED = 4
"""Times; a long text says every word somewhere."""

BIAS = -3.81
WEIGHTS: Mapping[str, float] = {
    "title_wish": 1.01,
    "first_person": 1.13,
    "conditional": 1.08,
    "opinion": 1.42,
    "events": 2.73,
    "cause": -1.36,
    "happens": -0.88,
    "names": -1.64,
    "runnable": -0.39,
}
"""Log-odds for one unit of each sign; `plumbline bench needs-info --refit` prints them."""


def signs(title: str, body: str) -> dict[str, float]:
    """What is looked at, each 0 to about 1.6: counts as log(1 + n), so that the first one says most."""
    said = f"{title}\n{substance(body)}"
    plain = _FENCED.sub(" ", said)[:_SAID]
    counts = {name: len(pattern.findall(plain)) for name, pattern in _COUNTED.items()}
    names = len(identifiers(said)) / max(20, len(said.split()))
    return {
        "title_wish": float(bool(_TITLE_WISH.search(title))),
        **{name: math.log1p(min(_MOST_COUNTED, count)) for name, count in counts.items()},
        "names": min(1.0, 4 * names),
        "runnable": float(bool(_RUNNABLE.search(body[:_SHOWN]))),
    }


def insufficiency(title: str, body: str) -> float:
    """Probability that a description is not enough to act on, 0 to 1."""
    score = BIAS + sum(WEIGHTS[name] * value for name, value in signs(title, body).items())
    return 1 / (1 + math.exp(-score))
