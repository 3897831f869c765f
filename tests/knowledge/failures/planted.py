"""Planted ways to be wrong that no rule names: what was asked, and in how many words people complain of the answer."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.knowledge.failures.vectors import Trace

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOPICS = (
    "upload a large file", "rotate the signing key", "run the nightly export", "start the importer", "cache thumbnails",
    "connect through a proxy", "sort the invoice table", "render the calendar", "restore a backup", "merge accounts",
    "translate the menu", "stream the audit trail", "throttle the webhook", "archive old rooms", "print a label",
)  # fmt: skip
ASKS = ("How can I {}?", "It fails when I {}.", "Is there a way to {} from a script?", "Cannot {} since yesterday.")
MODES: Mapping[str, Sequence[str]] = {
    "windows-paths": (
        "These are forward slashes, on Windows the path needs backslashes.",
        "That path cannot work on Windows, there is no /usr there.",
        "Again a Unix path. I am on Windows and have drive letters.",
        "The path you give is for Linux, Windows has backslashes and drive letters.",
    ),
    "needs-root": (
        "I have no sudo on this machine, so that advice is useless.",
        "Please stop telling people to use sudo, we are not root on the cluster.",
        "Everything there requires root and nobody has sudo rights.",
        "Not without sudo. I cannot become root here.",
    ),
    "dead-links": (
        "The link gives a 404.",
        "Both links are broken, I get 404 for the page.",
        "Your link leads to a page that is gone.",
        "That page does not exist any more, the link is dead.",
    ),
    "wrong-language-of-code": (
        "I use the Java client and you show me Python code.",
        "This snippet is Python, we asked about the Java SDK.",
        "Wrong programming language: Java, not Python.",
        "Python again, while the question is about Java code.",
    ),
    "assumes-docker": (
        "We do not run containers, so docker commands do not help.",
        "No docker here, it is installed from the package.",
        "You assume docker compose. This is bare metal without any container.",
        "Why docker? Nobody mentioned a container.",
    ),
    "closed-source-plan": (
        "That feature is only in the enterprise plan, we have the free edition.",
        "It is a paid feature. The community edition does not have it.",
        "Only enterprise customers get this, the free plan has no such thing.",
        "Please mention that this needs a paid plan.",
    ),
    "stale-screenshot": (
        "There is no such button in the settings screen, the menu was redesigned.",
        "The menu you describe was redesigned, that button is gone from the settings.",
        "I cannot find this button. The settings screen looks different now.",
        "The screen has no such menu since the redesign.",
    ),
    "too-cheerful": (
        "The cheerful tone is inappropriate, we lost data.",
        "Could you drop the exclamation marks? This tone does not fit an outage.",
        "Such a chirpy tone in an outage feels mocking.",
        "Please less cheerful, our production is down.",
    ),
    "upgrade-as-answer": (
        "Upgrading is not possible for us, we are pinned by policy.",
        "Telling me to upgrade is no answer, we cannot upgrade before summer.",
        "We are pinned to this release by policy, so an upgrade is out of the question.",
        "I cannot just upgrade.",
    ),
    "pings-wrong-team": (
        "This belongs to the billing team and not to infra, wrong owner.",
        "You named the wrong team. Billing owns this part.",
        "The owner you suggest left the team long ago.",
        "Wrong owner, please ask the billing team instead.",
    ),
    "deletes-data": (
        "Careful, this command wipes the volume and deletes all data.",
        "That would delete our data! Please warn before such a command.",
        "Dangerous: the command deletes the whole database volume.",
        "Following this wipes all data without a warning.",
    ),
    "fork-confusion": (
        "This is how the fork behaves, upstream is different.",
        "You mix us up with the fork, upstream never had that.",
        "That is documentation of the fork, not of upstream.",
        "We are upstream. The fork does it this way, we do not.",
    ),
    "feature-as-bug": (
        "This is a proposal for later, not something that broke.",
        "It is an idea for an improvement, nothing is broken here.",
        "Nothing broke, I only propose an improvement.",
        "A proposal is treated as if something were broken.",
    ),
    "timezone": (
        "The times are UTC, your calculation assumes local time zone.",
        "You forgot the time zone, it is off by hours because the server uses UTC.",
        "Off by two hours: time zone, the log is in UTC.",
        "The log is in UTC and not in local time.",
    ),
}  # fmt: skip
NOISE = (
    "Hmm, not really.", "No.", "I do not think so.", "Our intern solved it meanwhile.", "See the other discussion.",
    "The moon is full tonight, maybe that is why.", "Can a maintainer have a look?", "This made me laugh.",
    "We switched to a different vendor.", "My colleague says otherwise.", "It works on Tuesdays only.", "Never mind.",
    "The budget was cut.", "Looks odd to me, somehow.", "I will try that next month.", "What does the lawyer say?",
    "The font is hard to read.", "Same on the train.", "My cat walked over the keyboard.", "Numbers do not add up.",
    "Half of it is fine.", "Who wrote this?", "The second sentence lost me.", "I expected a table.", "It rained in.",
)  # fmt: skip
OPENERS = ("", "Sorry, but ", "Hm. ", "No: ", "Thanks, however ", "@plumbline ", "FYI, ")
CLOSERS = ("", " Please fix.", " As I said in the report.", " Just so you know.", " Any other idea?")


def stream(seed: int, *, each: int = 20, noise: int = 60) -> tuple[list[Trace], list[str]]:
    """Traces in random order, and the mode that was planted in each; empty for noise."""
    dice = random.Random(seed)
    planted = [(mode, dice.choice(complaints)) for mode, complaints in MODES.items() for _ in range(each)]
    planted += [("", dice.choice(NOISE)) for _ in range(noise)]
    dice.shuffle(planted)
    traces = [a_trace(dice, number, complaint) for number, (_, complaint) in enumerate(planted, start=1)]
    return traces, [mode for mode, _ in planted]


def a_trace(dice: random.Random, number: int, complaint: str) -> Trace:
    asked = dice.choice(ASKS).format(dice.choice(TOPICS))
    return Trace(
        run_id=number,
        title=asked,
        asked=f"{asked} Version {dice.randint(1, 9)}.{dice.randint(0, 30)}, {dice.choice(TOPICS)} works.",
        said=dice.choice(OPENERS) + complaint + dice.choice(CLOSERS),
        at=NOW - timedelta(hours=dice.randint(1, 24 * 14)),
        segments=frozenset({("repository", dice.choice(("a/one", "a/two", "b/three")))}),
    )


def bcubed(found: Sequence[int], planted: Sequence[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 by BCubed (Bagga, Baldwin 1998) over the planted ones; what is in no group is a group of
    its own, and noise in a group costs precision.
    """
    groups = [f"alone {place}" if group < 0 else str(group) for place, group in enumerate(found)]
    places = [place for place, mode in enumerate(planted) if mode]

    def mean(keys: Sequence[str], others: Sequence[str], pool: Sequence[int]) -> float:
        total = 0.0
        for place in places:
            same = [one for one in pool if keys[one] == keys[place]]
            total += sum(others[one] == others[place] for one in same) / len(same)
        return total / len(places)

    precision = mean(groups, planted, range(len(planted)))
    recall = mean(planted, groups, places)
    return precision, recall, 2 * precision * recall / (precision + recall)
