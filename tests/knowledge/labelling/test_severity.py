import pytest

from app.knowledge.labelling.severity import severity


@pytest.mark.parametrize(
    ("title", "body", "level", "word"),
    [
        ("Token leaked to the log", "It prints the token in plain text.", "security", "token leaked"),
        ("CVE-2024-1234 in the parser", "", "security", "cve-2024-1234"),
        ("Sync deletes all files", "", "data-loss", "deletes all files"),
        ("Database is corrupted after a power cut", "", "data-loss", "database is corrupted"),
        ("Segfault on empty input", "", "crash", "segfault"),
        ("It crashes and I lost all my work", "", "data-loss", "lost all my work"),
        ("Search stopped working", "Since the last update.", "regression", "stopped working"),
        ("Icon is misaligned", "", "cosmetic", "misaligned"),
    ],
)
def test_what_happened_and_the_words_for_it(title, body, level, word):
    found = severity(title, body)
    assert found.level == level
    assert word in found.evidence


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("URGENT!!! critical, fix ASAP", "This is a blocker for us, highest priority."),
        ("Slow list", "It does not crash, and no data was lost."),
        ("Please add the security label", ""),
        ("", ""),
        ("Add an option", "Would be nice."),
    ],
)
def test_urgency_and_denials_are_no_severity(title, body):
    assert severity(title, body).level == ""
    assert severity(title, body).evidence == ()


def test_the_evidence_is_short():
    assert len(severity("crash", "crash crashes crashed hang hangs deadlock freeze").evidence) == 3
