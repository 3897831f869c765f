"""Language: in which language a person wrote, as an ISO 639-1 code, by script and by the commonest small words.

Good enough to answer people in their language. Code, logs and quotations are English in every language, so only what
the person said is read, and a text too short to tell has no language.
"""

import re
from collections import Counter
from collections.abc import Mapping

from app.knowledge.query import prose
from app.knowledge.words import words_of

_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
"""Japanese before Chinese: it writes with Chinese characters too, but never without kana for long."""
_UKRAINIAN = re.compile(r"[іїєґ]", re.IGNORECASE)
_PERSIAN = re.compile(r"[پچژگ]")
_SMALL: Mapping[str, frozenset[str]] = {
    code: frozenset(words_of(words))
    for code, words in {
        "en": """
            the is are was to of and in it that this with for not on when have i my you can how what does
            be if from but there would an or do after use which get as
        """,
        "de": """
            der die das ist nicht und ich ein eine zu den mit auf es wenn wie wird auch kann dem bei nach
            werden aber oder sich sind habe für über im von noch mir bitte
        """,
        "fr": """
            le la les est pas et je un une des que dans pour il avec sur ce qui ne au du mais ou si comment
            cette nous vous être quand lorsque aux bonjour merci sont
        """,
        "es": """
            el los las es no y que en un una por para con se del al lo como cuando pero está hay mi al
            abrir puedo hola gracias este esta son si sin más
        """,
        "pt": """
            o os as é não e que em um uma para com se do da no na ao mas quando está como por meu minha olá
            obrigado isso este são ter seria dos das você
        """,
        "it": """
            il lo gli è non e che di un una per con si del della al ma quando come sono nel ho questo
            questa ciao grazie dopo anche più i mi
        """,
        "nl": """
            de het een is niet en ik van op te dat met voor als maar bij naar ook kan wordt wel heb aan
            zijn er dit hoe bedankt geen
        """,
        "pl": """
            nie jest i w na z się że do to jak po dla ale przy czy mam przez od tego gdy są można dzień
            dobry dziękuję błąd
        """,
        "sv": """
            och är inte att en ett det som på för med jag av när om till men har kan hur den tack efter
        """,
        "tr": """
            ve bir bu için ile de da ben değil mi ne nasıl var çok gibi ama olarak sonra hata merhaba
            teşekkürler zaman
        """,
        "vi": """
            không và là của có tôi cho được khi này các một trong với như bị lỗi cảm ơn xin chào
        """,
        "id": """
            yang dan di tidak ini dengan untuk saya ada dari bisa ke pada itu atau juga akan ketika
            bagaimana
        """,
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_READ = 2_000
_LETTERS = 6
"""Letters of another script from which a text is in it rather than only naming something."""
_SHARE = 0.2
_HITS = 2


def language(title: str, body: str) -> str:
    """An ISO 639-1 code; empty where the text is too short or too much code to tell."""
    text = f"{title}\n{prose(body)}"[:_READ]
    return _by_script(text) or _by_words(text.lower())


def _by_script(text: str) -> str:
    letters = sum(char.isalpha() for char in text)
    for code, script in _SCRIPTS.items():
        found = len(script.findall(text))
        if found >= min(_LETTERS, letters / 2) and found >= _SHARE * letters and found:
            if code == "ru" and _UKRAINIAN.search(text):
                return "uk"
            return "fa" if code == "ar" and _PERSIAN.search(text) else code
    return ""


def _by_words(text: str) -> str:
    counts = Counter(_WORD.findall(text))
    hits = {code: sum(counts[word] for word in small) for code, small in _SMALL.items()}
    best, second = sorted(hits, key=lambda code: -hits[code])[:2]
    return best if hits[best] >= _HITS and hits[best] > hits[second] else ""
