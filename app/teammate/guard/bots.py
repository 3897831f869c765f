"""Words that make other bots act, and how to say them without the bot hearing.

Command bots read raw comment lines, mostly anchored at a line start, some anywhere; a few workflows of AI agents fire
on a substring, code or not. The lists are the commands documented by the bots themselves (Prow, Mergify, bors,
Dependabot, Renovate, Azure Pipelines, pr-agent, ...). A name missing here is still dead in prose, where every mention
and every line that opens with a command character becomes code; the lists decide what may stay in code.
"""

import re

SLASH = frozenset(  # a list of words, not of a hundred lines
    """
    add_docs allow analyze approve area ask assign attempt auto-cc automerge azp backport bark bench benchmark bot
    bounty build bump cancel cc check-cla cherry-pick cherrypick ci claim claude close codex compliance confirm
    copilot deny deploy describe duplicate easycla fix fmt format gemini generate_labels good-first-issue help
    help-wanted hold honk implement improve invite joke keep-open kind label lgtm lifecycle lock meow merge
    mergequeue milestone oc ok-to-test opencode override packit ping plumbline pony preview priority publish queue
    ready rebase release remove-area remove-hold remove-kind remove-label remove-lifecycle remove-lgtm
    remove-priority remove-sig remove-triage reopen rerun re-run resolve restart retest retest-required retitle
    review run runperf ship shrug sig similar_issue skip snapshot snyk spam squash stale status sync tag test
    test-all tide tip transfer transfer-issue triage trunk trybot try-bot unapprove unassign uncc unhold unlock
    update update_changelog verify verify-owners version wip wontfix woof
    """.split()  # noqa: SIM905
)
HANDLES = frozenset(
    """
    all-contributors allcontributors azure-pipelines bors bors-servo claassistant cla-bot claude clabot codacy-bot
    codecov codecov-io coderabbit coderabbitai codesandbox codex codiumai-pr-agent-pro conda-forge-admin copilot
    copilot-swe-agent craterbot cursor cursoragent deepsource-bot dependabot dependabot-preview devin-ai-integration
    dosu dosubot dotnet-bot dotnet-policy-service elasticmachine ellipsis-dev facebook-github-bot gemini-cli
    gemini-code-assist github-actions github-copilot googlebot grafanabot graphite-app greenkeeper greptile
    greptileai homu imgbot jenkins-bot jules k8s-ci-robot kibanamachine kodiakhq lumberbot-app meeseeksdev
    meeseeksmachine mergify mergifyio msftbot nodejs-github-bot openhands openhands-agent openshift-bot packit
    packit-as-a-service percy-bot plumbline pre-commit-ci prow pytorchbot pytorchmergebot qodo-merge-pro
    release-please renovate renovate-bot renovatebot rfcbot rust-highfive rust-timer rustbot semantic-release-bot
    sentry sonarcloud sourcery-ai stale sweep-ai swift-ci tensorflow-jenkins ti-chi-bot triagebot trunk-io
    vercel-bot yarnbot
    """.split()  # noqa: SIM905
)
# Handles that published workflows look for with a plain "contains", so that even code or a longer name fires them.
_SUBSTRING_HANDLES = ("claude", "codex", "gemini-cli", "openhands-agent")
_SUBSTRING_SLASHES = ("claude", "codex", "gemini", "oc", "opencode")

_PHRASE = (
    r"(?:bors(?=$|[\s:,])(?:[ \t:,]{1,3}[\w+-]{1,12}=?)?|homu\b|r[+]|r-(?=\s|$)|r[?](?=[\s:@]|$)|r=(?=\w)"
    r"|lgtm(?![A-Za-z0-9])|ptal\b"
    r"|(?:re)?test(?:[ \t]{1,3}this)?[ \t]{1,3}please\b|ok[ \t]{1,3}to[ \t]{1,3}test\b|rerun[ \t]{1,3}tests?\b"
    r"|run[ \t]{1,3}(?:tests|ci|buildbot|gpu)\b|add[ \t]{1,3}to[ \t]{1,3}(?:white|allow)list\b"
    r"|re(?:check|test)(?=[ \t]*$)|(?:please[ \t]{1,3})?rebase!?(?=[ \t]*$)"
    r"|jenkins[,:]?[ \t]{1,3}(?:re)?(?:test|run|build)\w{0,8}|azp[ \t]{1,3}(?:run|list|where|help)\b"
    r"|packit[ \t]{1,3}(?:build|test|retest-failed)\b"
    r"|(?:renovate|dependabot|mergify|rustbot|rfcbot|triagebot)[,:]?[ \t]{1,3}[\w-]{1,24})"
)
_KNOWN_SLASH = "|".join(sorted(SLASH, key=lambda name: (-len(name), name)))
_KNOWN_HANDLE = "|".join(sorted(HANDLES, key=lambda name: (-len(name), name)))

# In prose, at the start of a rendered line: any command character before a word, and the phrases.
LINE_START = re.compile(rf"(?mi)^[^\S\n]*((?:[/!\\%.](?=\w)[\w./-]{{0,80}})|{_PHRASE})")
# In prose, anywhere: the slash commands by name (a path such as /build/x.py is none) and two phrases that bots search.
ANYWHERE = re.compile(
    rf"(?i)(?<![\w./])/(?:{_KNOWN_SLASH})(?![\w/]|[.-]\w)|(?<![\w.-])bors[ \t]{{1,3}}[rd][+=?-]"
    r"|\b(?:re)?test[ \t]{1,3}this[ \t]{1,3}please\b|(?<![\w.-])r[+?](?=[\s:@,;.)]|$)"
)
_CODE_LINE = re.compile(
    rf"(?mi)^\s*(?:/(?:{_KNOWN_SLASH})(?![\w./-])|@(?:{_KNOWN_HANDLE})(?![\w./-])"
    rf"|!(?:merge|rebase|deploy|approve|retest|close)\b|(?!rebase|run\b|r=|r-){_PHRASE})"
)
_TRIGGER = re.compile(
    rf"(?i)[@＠﹫](?=(?:{'|'.join(_SUBSTRING_HANDLES)})|(?:{_KNOWN_HANDLE})(?![\w./-]))"
    rf"|(?<!\S)/(?=(?:{'|'.join(_SUBSTRING_SLASHES)})(?![\w./-]))"
)


def commands_a_bot(code: str) -> bool:
    """Whether a line of a code block opens with a command of a known bot."""
    return _CODE_LINE.search(code) is not None


def without_triggers(code: str) -> str:
    """Code in which no known bot is called: its at sign or slash is gone. Decorators and npm scopes stay."""
    return _TRIGGER.sub("", code)
