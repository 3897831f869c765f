"""The catalogue of failure modes as a page of the documentation."""

from app.domain.failure import CATALOGUE, FailureMode

_HEAD = """# Failure modes

The named ways to be wrong. Rules name the obvious as soon as a signal is heard; what has no name is grouped on
`/failures`, and people decide whether it gets one. This page is made from `app/domain/failure.py`:
`python -c 'from app.knowledge.failures.catalogue import page; print(page(), end="")' > docs/failures.md`.

## Reading the pages

- `/failures` counts, for each mode, the runs about which something was heard: this week, and twelve weeks as a
  line. A run counts once, however many people complain of it; what was withdrawn does not count.
- **grew** means: since a release of a prompt a larger share of threads fails so than before, and that is no
  accident. Over all modes and segments, and however often you look, a release gets a false alarm with a probability
  of at most 1 %. The alarm names the segment (repository, language, skill, label or model) in which it shows most,
  with an interval of the difference.
- A thread is judged there by what was said within a day of its run, before and after the release alike. So an alarm
  is a day late.
- Where a segment had 1,200 threads before the release, a rise from 5 % to 20 % is found within 200 of its threads
  in 96 of 100 cases; with 300 threads before, in 80. In rarer segments it takes longer: the figures and their
  reasons are in [a design note](design/021-failure-modes.md).
- **Without a name yet** are groups of complaints that resemble one another, with the words that set a group apart.
  With the bundled encoder paraphrases are recognised; without it only shared words are.
- `/failures/digest` is the week in one screen, `/failures/digest.md` the same as Markdown.

## The modes
"""


def page() -> str:
    return "\n".join([_HEAD, *(_section(mode) for mode in CATALOGUE.values())])


def _section(mode: FailureMode) -> str:
    return (
        f"### {mode.title} (`{mode.name}`)\n\n{mode.definition}\n\n- Told by: {mode.rule}\n- Example: {mode.example}\n"
        f"- Mended in: `{mode.owner}`\n"
    )
