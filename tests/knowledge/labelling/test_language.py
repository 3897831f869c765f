import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.labelling.language import language


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [
        ("Crash on start", "The program stops when I open a file that is not there.", "en"),
        ("Absturz beim Start", "Das Programm stürzt ab, wenn ich eine Datei öffne, die es nicht gibt.", "de"),
        ("Plantage au démarrage", "Le programme ne démarre pas quand la base est vide, merci pour votre aide.", "fr"),
        ("Error al iniciar", "El programa no se abre cuando la base está vacía, gracias por la ayuda.", "es"),
        ("Erro ao iniciar", "O programa não abre quando a base está vazia, isso é um problema para mim.", "pt"),
        ("Errore all'avvio", "Il programma non si apre quando la base è vuota, grazie per il supporto.", "it"),
        ("Fout bij het starten", "Het programma start niet op wanneer de map leeg is, bedankt voor de hulp.", "nl"),
        ("Błąd przy starcie", "Program nie działa, kiedy baza jest pusta, czy można to naprawić?", "pl"),
        ("升级后无法启动", "配置没有改动。", "zh"),
        ("起動しません", "設定ファイルの書き方がわかりません。", "ja"),
        ("시작되지 않습니다", "", "ko"),
        ("Не запускается", "После обновления программа не запускается.", "ru"),
        ("Не запускається", "Після оновлення програма не працює і їй бракує пам'яті.", "uk"),
        ("لا يعمل البرنامج", "", "ar"),
    ],
)
def test_languages(title, body, code):
    assert language(title, body) == code


@pytest.mark.parametrize(
    ("title", "body"), [("", ""), ("TypeError", ""), ("v2.1", "```\nthe is of and to\n```"), ("?", "1 2")]
)
def test_too_little_to_tell(title, body):
    assert language(title, body) == ""


def test_a_foreign_word_or_log_does_not_change_the_language():
    assert language("The button 保存 does nothing", "When I click on it, nothing is saved.") == "en"
    log = "\n```\nthe connection was closed by the server and it is not to be used\n```"
    assert language("Keine Verbindung", f"Wenn ich das Programm starte, ist die Verbindung nicht da.{log}") == "de"


@given(st.text())
def test_any_text_has_an_answer(text):
    assert language(text, text) in {
        "",
        *[
            "en",
            "de",
            "fr",
            "es",
            "pt",
            "it",
            "nl",
            "pl",
            "sv",
            "tr",
            "vi",
            "id",
            "ja",
            "ko",
            "zh",
            "ru",
            "uk",
            "el",
            "he",
            "ar",
            "fa",
            "hi",
            "th",
        ],
    }
