"""Signs of what a report gives and of what a maintainer asks for.

What a text gives is judged by what stands in it (a number that is a version, an exception, a numbered list), wherever
it stands: people answer a question about the version in the third comment, or under the heading for logs. Most signs
are code and numbers, so that a report in any language can be read.
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args

from app.knowledge.compaction import LOG_LINE
from app.knowledge.thread_text import compact, error_lines, substance
from app.knowledge.words import STOP_WORDS, tokens

What = Literal[
    "reproduction", "outcome", "version", "environment", "error", "log", "configuration", "screenshot", "detail"
]
"""outcome: what was expected and what happened instead; detail: what exactly a wish should do."""
WHATS: tuple[What, ...] = get_args(What)

_READ = 60_000
_LOG_LINES = 3
_TOLD, _TOLD_ABROAD = 25, 12
"""Words from which a story of what was done can be followed; the second where its words cannot be read here."""
_DETAILED = 40


def sign(pattern: str) -> re.Pattern[str]:
    """A pattern that runs over several lines of ours: their ends and indentations are no part of it."""
    return re.compile(re.sub(r"\n\s*", "", pattern), re.IGNORECASE | re.MULTILINE)


_IMAGE = sign(r"!\[[^\]\n]{0,300}\]\(|<img\b|<video\b|\.(?:png|jpe?g|gif|webp|mp4|mov)\b")
_ATTACHED = sign(r"/user-attachments/files/|/files/\d+/|\.(?:log|txt|zip|gz|tgz|dmp|har)\)")
_ELSEWHERE = sign(
    r"""\bhttps?://[^\s)]{0,60}(?:codesandbox|stackblitz|jsfiddle|codepen|replit|plnkr|jsbin|gist\.github|play\.|
    playground|colab\.research)|
    \bhttps?://(?:github|gitlab|bitbucket)\.\w+/[\w.-]+/[\w.-]+(?:/tree/\S+|\.git)?/?(?=[\s)>]|$)"""
)
_CODE = sign(
    r"""^[ \t>]{0,12}(?:from \w[\w.]* import\b|import [\w{*"']|(?:def|class|func|fn|function|const|let|var|public) \w|
    [\w.]{1,60} ?= ?\S|@\w+|assert |#include\b|<\?php|<\w[\w-]*[\s>/]|[\w.]{1,60}\(.*\);?[ \t]*$)|
    ^[ \t]*(?:>>>|In ?\[\d+\]:|\$ |PS ?>|C:\\[^>\n]{0,60}>)|^[ \t]*(?:```|~~~)|`[^`\n]{12,}`"""
)
_STEP = sign(r"^[ \t]{0,8}(?:\d{1,2}[.)]|[-*+]|[①-⑳]|step \d)[ \t]{0,8}[^\s]")
_STORY = sign(
    r"""\b(?:steps to|to reproduce|reproduc\w+|when(?:ever)? (?:i|you|we|the)|after (?:i|you|we|\w+ing)|
    if (?:i|you|we)|run(?:ning)?|open(?:ed|ing)?|click(?:ed|ing)?|press(?:ed|ing)?|then)\b"""
)
_VERSION = sign(
    r"""(?<![\w.:/\\-])v?\d{1,4}\.\d{1,4}(?:\.\d{1,6})?
    (?:[.-]?(?:a|b|rc|dev|alpha|beta|post|pre|next|canary|snapshot)[\w.-]*)?
    (?![\w.]*/|\.\d|\d|\s?(?:%|ms|s|mb|gb|kb|x)\b)|
    \b(?:version|v|ver|release|версия|版本|バージョン)[\s:=#]{0,3}v?\d+|(?<=@)[~^]?\d+\.\d+|[=~^><]=\s?\d+|
    \b(?:main|master|trunk|nightly|head)\b(?=\s*(?:branch|build|at|of|@|\(|$|[,.]))|
    \bcommit\s+[0-9a-f]{7,40}\b|\b[0-9a-f]{40}\b"""
)
_ENVIRONMENT = sign(
    r"""\b(?:windows|win ?(?:7|8|10|11)|linux|ubuntu|debian|fedora|centos|rhel|alpine|nixos|mac ?os(?: x)?|os ?x|darwin|
    ios|ipados|android|wsl2?|freebsd|docker|podman|kubernetes|k8s|chrome|chromium|firefox|safari|edge|opera|webview|
    node(?:\.?js)?|python|ruby|java|jdk|jvm|php|dotnet|golang|rustc|cpython|pypy|deno|bun|x86_64|amd64|arm64|aarch64|
    cuda)\b"""
)
_EXPECTED = sign(
    r"""\b(?:expect\w*|should(?:n['’]?t)?|supposed to|instead of|rather than|must(?:n['’]?t)?|ought to|used to|desired|
    correct(?:ly)?|want(?:ed|s)?|erwart\w+|sollte\w*|attendu\w*|devrait|deber[ií]a|esperad\w*|dovrebbe|должн\w+|
    ожида\w+)\b|期望|预期|应该|期待|べき|예상"""
)
_HAPPENS = sign(
    r"""\b(?:actual(?:ly)?|but|instead|returns?|raises?|throws?|gives?|prints?|shows?|crash\w*|fail\w*|hangs?|freez\w+|
    breaks?|broken|wrong|got|gets?|ignore[sd]?|nothing happens|does(?:n['’]?t| not)|is(?:n['’]?t| not)|no longer|
    (?:can|won)['’]?t|cannot|error|exception|missing|results?|becomes?|aber|stattdessen|mais|pero|invece|но)\b|
    但|报错|出现|没有|しかし|ません|하지만"""
)
_CONFIGURATION = sign(
    r"""\b[\w.-]{0,60}(?:\.ya?ml|\.toml|\.ini|\.conf|\.cfg|\.env|rc(?:\.js(?:on)?)?|config\.\w+|package\.json|
    settings\.\w+|dockerfile|makefile)\b|^[ \t]*```(?:ya?ml|toml|ini|json5?|jsonc|xml|conf|dotenv|properties)\b|
    (?<!\w)--[a-z][\w-]+|^[ \t]*[a-z][a-z0-9]*_[a-z0-9_]+=\S"""
)
_CHATTER = sign(
    r"""\+\s?1|\b(?:any (?:update|news|progress|eta)s?|same (?:here|issue|problem|error|thing)?|me too|bump(?:ing)?|
    (?:facing|having|seeing|experiencing|hitting|getting) (?:this|it|the same)
    (?: (?:issue|problem|error|bug))?|still|also|happening|happens to me|
    (?:an?|this|the) (?:issue|problem|bug)|please|pls|thanks?(?: you)?|thx|follow(?:ing|ed)?|subscri\w+|up|ping|hi|
    hello|hey|fix(?:ed)?|help|asap|soon|ok(?:ay)?|yes|no|sure|done|wait(?:ing)?|here|too|will|later|today|tomorrow|
    relevant|happy|occurs?|issue|affected|plus one|latest)\b"""
)
_ASKS: Mapping[What, re.Pattern[str]] = {
    "reproduction": sign(
        r"""\brepro\w*|\bsteps\b|\b(?:minimal|small|short|complete|working|failing|runnable|code) (?:\w+ )?(?:example|
        sample|snippet|case|project|app)|\bexample (?:code|project|app)|\b(?:mcve|mre|mwe|stackblitz|fiddle)\b|
        (?:share|show|post|provide|see) (?:\w+ ){0,3}code\b|
        how (?:do|did|can|are) (?:you|we|i) (?:\w+ )?(?:get|trigger|run|call|use|start|install|build|using|running)"""
    ),
    "outcome": sign(
        r"""\bexpect\w*|\bdesired\b|
        \bwhat (?:exactly )?(?:happens|happened|do you (?:see|get)|is (?:the )?(?:actual|wrong))"""
    ),
    "version": sign(
        r"""\b(?:which|what|your)\s(?:[\w./-]+\s){0,4}(?:version|release|commit|build)s?\b|\bversions?\b.{0,40}\?|
        \bversions? (?:of|are you|do you|you)\b"""
    ),
    "environment": sign(
        r"""\b(?:which|what|your)\s(?:[\w./-]+\s){0,3}(?:os|operating system|platform|browser|distro|distribution|
        environment|hardware|gpu|device|setup|python|node|java)\b|\b(?:env(?:ironment)?|system) info|
        \bpip (?:list|freeze)|\b(?:doctor|show_versions) ?(?:command|output)?"""
    ),
    "error": sign(
        r"""\b(?:stack ?traces?|tracebacks?|backtraces?)|error (?:message|output|text)|
        \b(?:full|complete|exact|whole|actual|what|which) (?:\w+ )?(?:error|exception|message)"""
    ),
    "log": sign(
        r"""\blogs?\b|\b(?:verbose|debug|console|terminal|build|full|complete) (?:mode|output)|\boutput of\b|--verbose|
        \bcore dump|\bstrace"""
    ),
    "configuration": sign(
        r"""\bconfig\w*|\bsettings?\b|\byour [\w./-]*(?:\.ya?ml|\.json|\.toml|\.ini|rc|file)\b|\bdocker-?compose|
        \benvironment variables?"""
    ),
    "screenshot": sign(r"\bscreen ?-?(?:shots?|casts?|recordings?)|\b(?:picture|photo|video|gif|image)\b"),
    "detail": sign(
        r"""\buse[ -]cases?|\b(?:what|why) (?:\w+ ){0,3}(?:trying to|want to|need (?:this|it|that)|achieve)|
        \b(?:elaborate|clarify|more detail\w*|be more specific|explain (?:what|why|how))\b|
        what (?:would|should) (?:it|this|the|that)"""
    ),
}
_ASKING = sign(
    r"""\b(?:you|your|which|what|how|when|does|did|do|any)\b.*\?|
    \b(?:please|(?:can|could|would|will) you)\b.{0,60}\b(?:share|provide|post|attach|paste|upload|add|include|show|send|
    give|try|check|tell|describe|create|explain|clarify|elaborate|fill)\b|\b(?:tell us|let us know)\b|
    \bneed (?:a|an|the|your|more|to (?:see|know))\b|^\W*(?:please )?(?:share|provide|post|attach|paste|upload)\b"""
)
_UNSAID = re.compile(r"<!--.*?(?:-->|\Z)|^ {0,3}>[^\n]*$|^[ \t]*[-*+][ \t]*\[ ?\][^\n]*$", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n+")


def given(what: What, text: str) -> bool:
    """Whether a report or a reply holds it. Not whether it is any good."""
    match what:
        case "reproduction":
            shown = _CODE.search(text) or _ELSEWHERE.search(text) or len(_STEP.findall(text)) > 1
            return bool(shown) or _told(text, _STORY)
        case "outcome":
            return bool(_IMAGE.search(text) or (_EXPECTED.search(text) and _HAPPENS.search(text))) or _told(text)
        case "version":
            return bool(_VERSION.search(text))
        case "environment":
            return bool(_ENVIRONMENT.search(text))
        case "error":
            return bool(error_lines(text) or _IMAGE.search(text) or _ATTACHED.search(text))
        case "log":
            return _has_log(text) or bool(_ATTACHED.search(text))
        case "configuration":
            return bool(_CONFIGURATION.search(text))
        case "screenshot":
            return bool(_IMAGE.search(text))
        case "detail":
            return bool(_CODE.search(text) or _IMAGE.search(text)) or _count(text) >= _DETAILED


def asks_for(question: str) -> frozenset[What]:
    """What a maintainer's comment asks the reporter for; nothing where it asks nothing."""
    asking = [part for part in _SENTENCE.split(substance(question)[:4_000]) if _ASKING.search(part)]
    return frozenset(what for what in WHATS if any(_ASKS[what].search(part) for part in asking))


def said(text: str) -> str:
    """A report or reply as written, logs and pictures included, without quotes, the form's comments and empty boxes."""
    return _UNSAID.sub("", compact(text, _READ).text)


def is_chatter(reply: str) -> bool:
    """Whether a reply says nothing but that somebody is there: "+1", "same here", "any update?"."""
    return all(word.lower() in STOP_WORDS for word in tokens(_CHATTER.sub(" ", reply)))


def _told(text: str, story: re.Pattern[str] | None = None) -> bool:
    """Told at length: with the words of a `story`, or in a language whose words mean nothing here."""
    words = [word.lower() for word in tokens(text)]
    if sum(word in STOP_WORDS for word in words) * 10 < len(words):
        return _count(text) >= _TOLD_ABROAD
    return bool(story and story.search(text)) and len(words) >= _TOLD


def _count(text: str) -> int:
    """Words; in scripts without spaces two characters count as one."""
    return sum(1 if token.isascii() else max(1, len(token) // 2) for token in tokens(text))


def _has_log(text: str) -> bool:
    return sum(map(bool, map(LOG_LINE.match, text.splitlines()))) >= _LOG_LINES
