"""Versions: which version a reporter runs, and which tag of the repository that is.

An answer from today's documentation is wrong for who runs last year's release. Only a version that is plainly the
project's own counts: of several that could be meant, or one of Python's or of the operating system, none is taken,
and the answer comes from the default branch as it would without this module.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NUMBER = r"\d{1,5}(?:\.\d{1,5}){0,3}"
_PRE = r"(?:[-._]?(?:alpha|beta|rc|dev|preview|pre|next|canary|snapshot|a|b|m)[-._]?\d{0,8})"
_VERSION = rf"v?(?P<version>{_NUMBER}(?:\.[xX*])?{_PRE}?)(?:\+[\w.-]{{1,40}})?(?![\w.-]*\w)"
_LABELLED = re.compile(
    rf"^(?P<before>[^\n]{{0,60}}?\b(?:version|release)\b[^\n\d]{{0,60}}?)(?:[:=|*`#?\-]|\s){{1,8}}"
    rf"(?P<name>[A-Za-z][\w./-]{{0,30}}[ @=]{{1,2}})?{_VERSION}",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = r"(?P<name>[A-Za-z][\w./-]{0,30})"
_SPOKEN = re.compile(
    r"(?P<before>[\w.]{0,30} )?\b(?:on|in|at|with|using|use|running|run|have|to|version|release|tried|tested|installed"
    rf"|since|latest)[^\w\n]{{1,3}}(?:the |version |release |latest )*(?:{_NAMED}[ @=]{{1,2}})??{_VERSION}",
    re.IGNORECASE,
)
_UPGRADED = re.compile(
    r"\b(?:upgrad|updat|mov|bump|switch|migrat)\w*\b[^.\n]{0,60}?\bto\s(?:the )?" + rf"(?:{_NAMED} )?{_VERSION}",
    re.IGNORECASE,
)
_MARKED = re.compile(
    rf"(?P<before>[\w.]{{1,30}} {{1,3}})?(?<![\w./-])(?<![:=] )(?=v\d{{1,5}}\.){_VERSION}", re.IGNORECASE
)
_OTHERS = frozenset(
    """
    alpine android api aws azure babel bash browser bun bundler cargo centos chrome chromium clang cmake compiler
    cuda dart debian deno django docker dotnet edge elixir eslint fedora firefox flask flutter framework gcc git
    gitlab glibc go golang gradle hadoop helm http https ie ios iphone java jdk jre jvm k8s kernel kotlin kubernetes
    laravel library libc linux lua mac macos maven mint mongo mongodb msvc mysql net nginx node nodejs npm numpy
    nvidia openjdk openssl os osx pandas perl php pip platform pnpm poetry postgres postgresql powershell protocol
    psql pypy python pytorch rails react redis ruby rust rustc safari scala schema shell sqlite swift system target
    tensorflow tls ts typescript ubuntu v8 virtualenv vue webkit webpack windows wsl xcode yarn zsh
    """.split()  # noqa: SIM905
)
"""Names whose versions are not the project's, unless it is called so."""
_WORKS = re.compile(r"\b(?:work(?:s|ed|ing)?|fine|fixed)\W*$")
"""Said right before a version, it is the one that does not show what is reported."""

_TAG = re.compile(
    rf"(?P<name>(?:[\w.@/-]*?[A-Za-z][@/_-])??)v?(?P<number>\d{{1,5}}(?:[._]\d{{1,5}}){{0,3}})(?P<pre>{_PRE}?)(?:[-.]?(?:final|ga|release|stable))?",
    re.IGNORECASE,
)
_GENERIC = frozenset({"", "v", "r", "rel", "release", "releases", "version", "ver", "tag", "tags", "stable"})


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    number: tuple[int, ...]
    pre: str


def reported_version(text: str, *, project: str = "") -> str | None:
    """The version of the project that a thread names, without its `v` (`1.4.2`, `2.0.0-rc.1`, `3.x`), or None.

    A line or form field that is about the version counts first, then "upgraded to", then what is said in passing.
    `project` is the repository's name: a version that follows another known product's name is not the project's.
    """
    text = text[:20_000]
    named = re.compile(rf"(?<![\w.-]){re.escape(project or chr(0))}[ @=:]{{1,3}}{_VERSION}", re.IGNORECASE)
    for pattern in (_LABELLED, _UPGRADED, named, _SPOKEN, _MARKED):
        found = list(dict.fromkeys(_own(pattern, text, _plain(project))))
        if found:
            return found[0] if len(found) == 1 else None
    return None


def tag_for(version: str, tags: Sequence[str], *, project: str = "") -> str | None:
    """The tag of `version` among a repository's tags in any order, or None where there is none, or several.

    `1.4.2` finds `v1.4.2`, `release-1.4.2` and `pkg@1.4.2`; `1.4` and `1.x` find the newest release of that
    series. A tag that is called after nothing or after `project` goes before those of other packages.
    """
    wanted = _parsed(re.sub(r"\.[xX*]$", "", version.strip()))
    if wanted is None:
        return None
    read = [(tag, parsed) for tag in tags if (parsed := _parsed(tag))]
    for names in (_GENERIC, {project.lower()} - {""}, {one.name for _, one in read} - _GENERIC):
        own = [(tag, one) for tag, one in read if one.name in names and one.pre == wanted.pre]
        exact = [(tag, one) for tag, one in own if _bare(one.number) == _bare(wanted.number)]
        series = [(tag, one) for tag, one in own if one.number[: len(wanted.number)] == wanted.number]
        fitting = exact if len(wanted.number) > 2 or wanted.pre else series or exact
        if fitting:
            newest = max(one.number for _, one in fitting)
            best = [(tag, one) for tag, one in fitting if one.number == newest]
            return min(tag for tag, _ in best) if len({one.name for _, one in best} - _GENERIC) <= 1 else None
    return None


def _own(pattern: re.Pattern[str], text: str, project: str) -> Iterator[str]:
    """Versions that the pattern finds and that are not said of another product."""
    for match in pattern.finditer(text):
        groups = match.groupdict()
        beside = _plain(f"{groups.get('before') or ''} {groups.get('name') or ''}")
        name = _plain(groups.get("name") or "").strip()
        named = pattern is not _LABELLED and name not in ("", "version", "v")
        theirs = named or not _OTHERS.isdisjoint(re.findall(r"[a-z]+\d?", beside))
        ours = bool(project) and (project == name if name in _OTHERS else project in beside)
        leads = text[match.start("version") - 1 : match.start("version")]
        if (theirs and not ours) or _WORKS.search(_plain(groups.get("before") or "")):
            continue
        plainly = "." in groups["version"] or leads in "vV" or (pattern is _LABELLED and leads in " :=|\n")
        if plainly and not re.match(r"\d+(?:\.\d+){3}", groups["version"]):  # four numbers are an address
            yield groups["version"].lower()


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]+", " ", name.lower())


def _parsed(tag: str) -> _Tag | None:
    match = _TAG.fullmatch(tag.strip())
    if match is None:
        return None
    number = tuple(int(part) for part in re.split(r"[._]", match["number"]))
    return _Tag(match["name"].rstrip("@/_-").lower(), number, re.sub(r"[-._]", "", match["pre"]).lower())


def _bare(number: tuple[int, ...]) -> tuple[int, ...]:
    """1.4.0 and 1.4 are one version."""
    while len(number) > 1 and number[-1] == 0:
        number = number[:-1]
    return number
