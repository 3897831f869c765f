"""Lexicon: words by which people show how they feel, written down by hand, in the languages our users write in.

They are facts about how people talk, not about any data set. English is the fullest; of German, French, Spanish,
Portuguese, Italian, Russian, Chinese, Japanese and Korean there are the short words of feedback. What each list is
worth the linear model learns from English comments, and that holds for the others, because a list has no language.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from app.knowledge.words import words_of

_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words_of(words))
    for name, words in {
        "praise": """
            admir* amazing appreciat* awesome beautiful* beer beers brilliant congrat* cookie cool delight* dope
            elegant
            enjoy* epic excellent excited exciting fan fantastic flowers fun genius glad good gorgeous grateful
            great handy
            happy hero honored honoured hooray hurray impress* incredible kudos legend love loved loves lovely
            loving magic
            magnificent marvel* neat nice nicely nicer nifty outstanding perfect* pleased pleasure proud rocks shiny
            slick
            smart stellar super superb sweet terrific thrilled welcome wonderful woohoo woot wow yay yeah yep
            prima toll klasse perfekt hervorragend génial parfait bravo chouette genial perfecto excelente ótimo
            perfeito
            perfetto ottimo eccellente отлично супер класс круто
        """,
        "approval": """
            accurate ace agree agreed best better clean* clear* clever correct easier fine fixed helpful helps hope*
            improv*
            interesting like likes liked promising right solid solved thorough useful works worked yes
            gut richtig hilfreich utile útil bueno bien bene bom buono помогло полезно хорошо
        """,
        "complaint": """
            absurd abus* afraid anger angry annoy* argh atrocious awful awkward* bad badly bogus boring braindead
            bullshit
            cancer concern* confus* controvers* crap* crazy cryptic curse* damn depress* disappoint* disaster disgust*
            dislike* doh dumb evil fear* frustrat* fuck* garbage gross hate hated hates hell hideous hopeless
            horrendous
            horrible horribly hurt hurts idiot* insane irritat* janky joke lame lazy lie lies ludicrous messy miserabl*
            nasty nightmare noisy nonsense nuts obscene* ouch pain painful pathetic pity pointless poor* regret*
            ridiculous
            rubbish rude sad* scary screw* shame* shit* sick silly sloppy spam* struggl* stupid* suck sucks suspicious
            terrible tired trash troll* ugh ugl* unacceptable ungrateful unhappy upset useless waste* weird* worr*
            worse
            worst worthless wtf yuck
            schlecht nutzlos unsinn quatsch leider ärgerlich blöd blödsinn schrott mist furchtbar mauvais mauvaise
            inutile
            nul nulle dommage malo inútil basura ruim lixo péssimo pessimo orribile плохо бесполезно ужасно бред
            чушь мусор
        """,
        "fault": """
            abandon* break breaks broke broken bug buggy bugs crash* dangerous dead destroy* error* excessive expensive
            explod* fail* flaw* hack* impossible inaccurate inconsisten* incorrect* insecure invalid issue* junk
            leak* mess
            misleading mistake* noise odd* outdated overhead overkill problem* redundant regress* risk* ruin* slow*
            strange
            trouble* unclear unfortunate* unhelpful unnecessar* unsupportable unusable verbose wrong*
            falsch kaputt faux fausse cassé mal incorrecto equivocado falso errado incorreto sbagliato errato rotto
            неправильно неверно ошибка
        """,
        "thanks": """
            cheers thank thanks thankyou thanx thnx thx tnx ty tyvm dank danke dankeschön merci gracias obrigado
            obrigada
            valeu grazie спасибо благодарю
        """,
        "insult": """
            arrogan* arse arsehole ass asshole* bastard* bitch* bs bullshit childish clown* clueless crap* crybab* damn
            delusional dick* disrespect* dumb* elitist fool* fuck* garbage goddamn hell hypocri* idiot* ignoran*
            imbecil*
            incompeten* insult* jerk joke lazy liar liars lying moron* nazi* nonsense pathetic pretentious retard*
            ridiculous rude shame* shit* shut stfu stupid* sucks toxic trash troll* whin* wtf
            dumm arschloch scheiß* connard* merde idiota* mierda merda stronz* cazzo тупой дурак идиот* дерьмо
        """,
        "laughter": "lol lolz lool lmao lmfao rofl haha* hehe* lul kek jaja* kkk* rsrs* хаха* ахах* kidding joking",
        "sorry": """
            sorry oops whoops apolog* embarrass* entschuldigung désolé désolée perdón perdon desculpa desculpe scusa
            scusate
            извини* простите
        """,
        "you": "you your yours you're you've youre u ur du dein deine tu ton votre vous usted você ты вы",
        "they": "people they them guys maintainer* dev devs developer* team community everyone nobody users",
        "polite": "please could would excuse kindly bitte por favor пожалуйста",
    }.items()
}
"""A star stands for any ending."""
_UNSPACED: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "praise": "很好|太好了|完美|厉害|[真太很好]棒|点赞|素晴らしい|完璧|最高|훌륭|완벽|좋네",
        "approval": "有用|有帮助|助かり|役に立ちました|좋아|도움이 됐|도움이 되었",
        "complaint": "没用|垃圾|糟糕|胡说|烦人|废话|役に立たな|ひどい|うるさい|駄目|迷惑|쓸모없|쓰레기|짜증|별로",
        "fault": "错误|不对|错了|間違|違います|틀렸|틀린|잘못|问题|問題|문제",
        "thanks": "谢谢|感谢|多谢|ありがとう|感謝|고마워|고맙|감사",
        "insult": "傻[逼瓜]|愚蠢|滚开|白痴|バカ|馬鹿|アホ|クソ|黙れ|바보|멍청|병신|닥쳐|꺼져",
        "laughter": "[wｗ]{3,}|哈哈|ㅋㅋ|ㅎㅎ",
        "sorry": "抱歉|对不起|すみません|ごめん|申し訳|죄송|미안",
    }.items()
}
"""Of languages that put no spaces between words, or endings on all of them."""
NEGATIONS = frozenset(
    words_of("""
        not no never none nothing neither without hardly barely cannot cant dont doesnt didnt isnt wasnt wont less far
        nicht kein keine keinen nie pas jamais non não nunca mai не нет нисколько
    """)
)
_LONGEST = 24
"""Letters of a word that are looked at."""


@lru_cache(maxsize=20_000)
def lists_of(word: str) -> tuple[str, ...]:
    """The lists that hold this word, which is lower-cased."""
    word = word.replace("’", "'")[:_LONGEST]
    starts = {word, *(f"{word[:length]}*" for length in range(2, len(word) + 1))}
    return tuple(name for name, words in _WORDS.items() if not words.isdisjoint(starts))


def denies(word: str) -> bool:
    return word in NEGATIONS or word.endswith(("n't", "n’t"))


def unspaced(text: str) -> dict[str, int]:
    """How often words of each list occur that no space sets apart."""
    return {} if text.isascii() else {name: len(words.findall(text)) for name, words in _UNSPACED.items()}
