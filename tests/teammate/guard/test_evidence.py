"""What a claim must prove: its quote, its names and numbers, and that it promises nothing in any language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.snapshot import Passage
from app.teammate.guard.evidence import examine, promised, quoted
from tests.teammate.guard.verdicts import LITERAL, OTHER, QUOTE, claim, passage

SERVE = passage(
    "Run `signalbox serve --port 8000` to listen on port 8000. Versions are resolved first; a log will be written.",
    path="docs/serve.md",
)
STOP = passage("Press Ctrl-C, or run `signalbox stop --grace 30`.", path="docs/stop.md")
SHOWN = (SERVE, STOP)
SERVING = "signalbox serve --port 8000"


def why(text: str, *, shown: tuple[Passage, ...] = SHOWN, known: tuple[str, ...] = (), quote: str = SERVING) -> str:
    refusal = examine(claim(text, 1, quote), shown, known, (LITERAL,))
    return f"{refusal.why}: {refusal.what}" if refusal else ""


@pytest.mark.parametrize(
    "text",
    [
        "Set the port with `--port`.",
        "It listens on port 8000.",
        "Stop it with `signalbox stop --grace`.",  # a name of another passage that was shown
        "Yes.",
    ],
)
def test_a_claim_that_proves_itself(text: str):
    assert why(text) == ""


@pytest.mark.parametrize(
    ("text", "fakes"),
    [
        ("Set it with `--prot`.", "--prot"),
        ("Use `signalbox.serve()`, or --daemon.", "signalbox.serve() --daemon"),
        ("It listens on port 8080.", "8080"),
        ("It waits for `30` seconds.", "30"),  # a number of another passage
        ("```sh\nsignalbox serve --daemon\n```", "--daemon"),
    ],
)
def test_a_name_or_number_that_is_not_there_costs_the_claim(text: str, fakes: str):
    said = why(text)
    assert said.startswith("it names what is not in its source: ")
    assert fakes.lstrip("-") in said  # a refusal is plain text, which opens with no dash


def test_what_the_repository_knows_is_there():
    assert why("Use --daemon or 8080.", known=("--daemon", "8080")) == ""


def test_a_secret_is_no_name():
    token = "ghp_" + "a1B2" * 9
    assert why(f"The code is {LITERAL} or {token}.") == ""
    assert token not in why(f"Use `{token}` with --daemon.")


def test_a_quote_stands_in_the_passage_it_names():
    assert quoted(claim("x", 1, f"  {QUOTE.replace(' ', chr(10))} "), (passage(), OTHER)) == passage()
    assert quoted(claim("x", 2, QUOTE), (passage(), OTHER)) is None
    assert quoted(claim("x", 1, QUOTE), ()) is None
    assert why("Yes.", quote="signalbox serve --ports 8000").startswith("its quote is not in the passage it names")


@pytest.mark.parametrize(
    "text",
    [
        "This is fixed.",
        "It has been resolved.",
        "Your issue is now solved.",
        "The bug was fixed in 1.2.",
        "Setting the port solves this problem.",
        "That should be resolved by the upgrade.",
        "This fixes it.",
        "It will be supported soon.",
        "We will add this.",
        "We'll look into it.",
        "It is on the roadmap.",
        "It comes with the next release.",
        "The maintainers plan to add it.",
        "Das Problem ist behoben.",
        "Damit ist der Fehler gelöst.",
        "Das wird in der nächsten Version unterstützt werden.",
        "Le problème est résolu.",
        "L'erreur a été corrigée.",
        "Cela sera ajouté.",
        "El problema está resuelto.",
        "El error fue corregido.",
        "Será añadido en la próxima versión.",
        "O problema foi resolvido.",
        "O erro está corrigido.",
        "Em breve será possível.",
        "该问题已解决。",
        "这个错误已经被修复。",
        "问题解决了。",
        "下一个版本将会支持。",
        "この問題は解決しました。",
        "不具合は修正済みです。",
        "次のバージョンで対応予定です。",
        "Il problema è risolto.",
        "Ошибка исправлена.",
        "문제가 해결되었습니다.",
    ],
)
def test_nobody_is_told_that_it_is_solved_or_will_be(text: str):
    assert promised(text, SERVE.text)
    assert why(text).startswith("it says what only maintainers may say: ")


@pytest.mark.parametrize(
    "text",
    [
        "Versions are resolved first.",  # the documentation's own words for what the software does
        "A log will be written.",
        "The setting `resolved` and `fixed_width`.",
        "A fixed-size window.",
        "To solve it, set the port.",
        "Setze `--port`, dann wird neu gestartet.",
        "设置端口即可。",
        "ポートを設定してください。",
        "",
    ],
)
def test_documentation_may_speak_of_what_the_software_does(text: str):
    assert promised(text, SERVE.text) == ""


def test_the_documentation_does_not_make_a_problem_solved():
    assert promised("The error is resolved.", "Versions are resolved. The error is resolved in 1.2.")


@given(st.text(max_size=300), st.text(max_size=100), st.integers(-2, 3))
def test_any_claim_can_be_examined(text: str, quote: str, number: int):
    refusal = examine(claim(text, number, quote), SHOWN, (), ())
    assert refusal is None or len(refusal.what) <= 80
