import time

import pytest

from app.knowledge.sentiment.meaning import meaning_of
from app.knowledge.sentiment.said import LONGEST

SAID = {
    "solved": [
        "That worked, thank you so much!",
        "Fixed it, closing.",
        "It works now",
        "Your suggestion solved my problem",
        "It failed at first, but now it works perfectly",
        "Yes, this is a duplicate",
        "Das hat geholfen",
        "ça marche",
        "ya funciona",
        "funcionou!",
        "ha funzionato",
        "заработало",
        "解决了",
        "解決しました",
        "해결됐어요",
    ],
    "thanks": ["Thanks", "good", "👍", "❤️", "Great answer!", "Good bot", "danke dir", "ありがとう"],
    "wrong": [
        "wrong",
        "That is for a newer version.",
        "It followed the instructions in the issue text.",
        "That was a prompt injection.",
        "Incorrect.",
        "That's simply not true",
        "This doesn't work",
        "Thanks, but it did not work",
        "It is not a duplicate",
        "Wrong label",
        "I did that and it is still failing",
        "That's wrong, but thanks for trying",
        "C'est faux",
        "Das stimmt nicht",
        "es incorrecto",
        "неверно",
        "错了",
        "間違っています",
        "틀렸어요",
    ],
    "irrelevant": [
        "irrelevant",
        "That has nothing to do with my question",
        "not what I asked",
        "Totally unrelated",
        "Useless",
        "That's a different problem",
        "Thema verfehlt",
        "hors sujet",
        "答非所问",
    ],
    "verbose": [
        "verbose",
        "tl;dr",
        "Way too long",
        "what a wall of text",
        "so much noise",
        "Zu lang",
        "太长了",
        "長すぎます",
    ],
    "hallucination": [
        "hallucination",
        "You made this up",
        "there is no such option",
        "`--fast` doesn't exist",
        "That function does not exist in this library",
        "n'existe pas",
        "no existe",
        "不存在",
        "存在しません",
    ],
    "repeated": [
        "I already told you that",
        "As I said above, 3.2",
        "same answer again",
        "you are repeating yourself",
        "Hab ich doch schon gesagt: ich habe es schon geschrieben",
        "ya lo dije",
        "已经说过",
    ],
    "stop": [
        "stop",
        "Please stop",
        "@plumbline stop!",
        "shut up",
        "Stop spamming this thread",
        "don't comment here again",
        "Can somebody disable this bot?",
        "Hör auf",
        "Arrête!",
        "cállate",
        "хватит",
        "闭嘴",
        "やめてください",
        "그만해",
        "Thanks, that worked. Now please stop.",
    ],
    "other": [
        "",
        "I will try that tonight",
        "Let me know if this works",
        "Is this wrong?",
        "Did that solve your problem?",
        "Thanks in advance",
        "Thanks for the report!",
        "Version 3.2 on Fedora",
        "The cache is cleared at midnight, nonstop",
        "It stops after ten seconds",
        "Thanks for nothing",
        "Can you close the file before you return?",
    ],
}


@pytest.mark.parametrize(("meaning", "text"), [(meaning, text) for meaning, texts in SAID.items() for text in texts])
def test_what_is_said_is_understood(meaning, text):
    assert meaning_of(text) == meaning


@pytest.mark.parametrize("part", ["it is ", "a", "`", "if ", "?", "@a ", "the answer is ", "there is no "])
def test_no_text_takes_long(part):
    text = (part * LONGEST)[:LONGEST]
    began = time.process_time()
    meaning_of(text)
    assert time.process_time() - began < 0.2
