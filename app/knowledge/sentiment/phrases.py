"""Phrases: what people write when they judge an answer, per meaning, in the languages our users write in.

`PHRASES` are looked for anywhere in a sentence; `ALONE` must be all there is, because the same word inside a sentence
may speak of anything. A handful of each that is surely meant is worth more than many that only may be.
"""

import re
from collections.abc import Mapping

from app.domain.signal import Meaning
from app.knowledge.sentiment.tone import sign
from app.knowledge.words import words_of

_IT = (
    r"(?:it|that|this|the (?:answer|reply|response|suggestion|comment|link|summary|solution|advice|labels?|bot|above)|"
    r"(?:these|this) labels?|"
    r"your (?:\w+ )?(?:answer|reply|response|suggestion|comment|summary|solution|advice|claim))"
)
_IS = (
    r"(?:['’]s| is| are| was| were| seems| looks)(?: just| simply| completely| totally| all| still| also| really"
    r"| clearly| plain| plainly| obviously| actually| entirely)?"
)
_ISNT = r"(?:(?:['’]s| is| was| does| did| do)(?: just| really| still)? not|(?: is| was| does| did)n['’]t)"

PHRASES: Mapping[Meaning, re.Pattern[str]] = {
    "stop": sign(
        r"""\b(?:please |just |can you |could you |kindly )?(?:stop|quit|cease) (?:it|this|that|now|please|post|
        comment|reply|respond|answer|spam|tag|label|ping|mention|suggest|ask|clos|mark|bother|say)\w*|
        (?:\A|[.!?,\n] *|\b(?:please|bot|just|now|to) )stop(?: *[.!]|\Z)|\bshut (?:up|it|the)|\bgo away|\bget lost|
        \bleave (?:me|us|this (?:issue|thread|pr)|it) alone|
        \bbe quiet|\bpiss off|\bfuck off|\b(?:do not|don['’]t|never) (?:ever )?(?:comment|reply|respond|post|answer|
        label|tag|ping|mention|touch) (?:here|again|on|to|me|us|this|any|in|my)|
        \b(?:no more|enough) (?:bot |ai |automated |auto)?(?:comments?|replies|answers|posts?|of this bot|
        with the bot)|
        \b(?:disable|turn off|switch off|uninstall|mute|silence|get rid of|kill) (?:this|the|that|your|dosu|
        stale) ?(?:\w+ )?(?:bot\w*|thing|robot|ai|app|auto\w*)|
        \b(?:nobody|no[- ]?one) asked (?:you|for (?:you|your|this|a bot|an? ai))|\bsois silencieux|\btais[- ]toi|
        \bta gueule|\barr[êe]tez?(?: [çc]a| de|[.! ]*\Z)|\bfiche[- ](?:moi|nous) la paix|
        \bhör(?:e|t)? (?:bitte |endlich |damit |doch )*(?:damit )?auf\b|\b(?:sei|seid) (?:still|ruhig|leise)|
        \bhalt(?:e)? (?:den mund|die klappe)|\blass (?:das|es|mich|uns)\b|\bruhe jetzt|
        \bcállate|\bdeja de |\bdejad? de |\bbasta ya|\bpara de |\bpare de |\bcala a boca|\bcale-se|\bchega de |
        \bsmettila|\bstai zitto|\bzitto\b|\bnon (?:commentare|rispondere)|\bfinisci(?:la)?\b|
        \b(?:хватит|прекрати\w*|замолчи\w*|заткнись|перестань\w*|отстань)\b|别再|不要再|请停止|停止(?:回复|评论)|
        闭嘴|住口|やめて|
        止めて(?:ください)?|黙って|黙れ|返信しないで|그만|멈춰|조용히|댓글(?:을)? 달지"""
    ),
    "repeated": sign(
        r"""\b(?:you|we|i|it|this|that|bot)(?:['’]ve| have| had| has| just)? already (?:\w+ )?(?:said|say|told|
        wrote|written|posted|answered|suggested|provided|gave|given|explained|mentioned|asked|stated|tried|linked|
        covered|discussed|did)|
        \balready (?:answered|said|stated|mentioned|provided|covered|discussed|posted|suggested|in (?:the|
        my) (?:description|issue|first|original|post|report))|
        \b(?:as|like) (?:i|we) (?:already )?(?:said|wrote|mentioned|explained|stated)|\b(?:the |that['’]?s the |
        exactly the )?same (?:answer|reply|comment|thing|text|suggestion|response|question)s? (?:again|as|twice|
        over|for the)|
        \b(?:you(?:['’]re| are)|it(?:['’]s| is)|bot|keeps?|stop|just) (?:just )?(?:repeat|re-?stat|paraphras|parrot|
        rephras)(?:s|es|ing|ed)?\b|\bsaid (?:that|this|it|so) (?:already|before|above)|
        \b(?:this|that|which|it)(?:['’]s| is| was) (?:exactly )?(?:what (?:i|we) (?:already )?(?:wrote|said|did|
        described|posted)|in (?:my|the) (?:first|original|opening) (?:post|comment|message|report))|\bread (?:my|
        the) (?:issue|post|report|description|comment|question) (?:again|first|properly)|
        \b(?:adds|added) nothing (?:new|to)|\bnothing new (?:here|in)|\b(?:hast|habe|haben) (?:du |ich |
        wir )?(?:das |es )?(?:doch )?(?:schon|bereits) (?:\w+ )?(?:gesagt|geschrieben|erwähnt|beantwortet)|
        \bschon gesagt|
        \bd[ée]j[àa] (?:dit|répondu|écrit|expliqué|mentionné|donné)|\bya (?:lo )?(?:dij|has dicho|lo he dicho|
        respond|mencion|expli)\w*|\bjá (?:disse|falei|respond|mencion|foi dito)\w*|\bgià (?:detto|scritto|risposto|
        menzionato)|
        \bуже (?:сказал|писал|говорил|отвечал|написал|было сказано)\w*|\bповторя\w+|已经(?:说|回答|提到|写|提供|讲)|
        说过了|重复|
        すでに(?:書|言|回答|述べ)|もう(?:書|言|答え)|同じ(?:こと|回答|返信)|이미 (?:말|답|적|썼|언급)|같은 (?:말|
        답변)"""
    ),
    "hallucination": sign(
        r"""\bhallucinat\w+|\b(?:made|making|makes|make) (?:that|this|it|things|stuff|them|something|\w+ \w+|
        code)? ?up\b|\bmade[- ]up\b|\binvent(?:ed|ing|s)\b(?! by)|\bfabricat(?:ed|ing|es|ion)\b|\bfictional|
        \bimaginary|
        \b(?:no such|there(?:['’]s| is| are|['’]re| was|) (?:\w+ )?(?:no|n['’]t any|not any|isn['’]t an?)) (?:code |
        an? |such )*(?:\w+ ){0,2}(?:function|method|option|flag|setting|file|api|parameter|argument|class|module|
        package|command|page|link|version|release|endpoint|property|field|code|key|switch|issue|thing)s?\b|
        \bno such (?:thing|code)|(?:does|do|did)(?: not|n['’]t) (?:even |actually |really )?exist|\b(?:doesnt|
        dont) exist|\bnever existed|\bnon-?existent|\bnot (?:a )?real (?:function|option|flag|method|api|setting|
        thing)|\bout of thin air|
        \b(?:isn['’]t|is not|not) (?:a thing|in the (?:code|codebase|docs|repo\w*|source)\b)|
        \bexistiert (?:\w+ )?(?:nicht|gar nicht)|\bgibt(?: es|['’]s) (?:\w+ )?(?:nicht|gar nicht|keine?n?)\b|
        \berfunden|\bhalluzin\w+|
        \bn['’]existe pas|\binvent[ée]e?\b|\bno existe|\binventad[oa]|\binventas(?:te)?|\bnão existe|\balucina\w+|
        \bnon esiste|\binventat[oa]|\bне существует|\bтак(?:ого|ой) (?:\w+ )?нет|\bвыдум\w+|不存在|没有这个|瞎编|
        编造|胡编|幻觉|
        存在しない|存在しません|捏造|でっち上げ|존재하지|없는 (?:기능|옵션|함수)|지어"""
    ),
    "verbose": sign(
        r"""\b(?:way |much |far |a bit |just )?too (?:long|verbose|wordy|much text|many words|lengthy|chatty|noisy|
        talkative)|\btl;? ?dr\b|\bwalls? of text|\b(?:so|very|overly|extremely|really|incredibly|is|pretty|
        unnecessarily) (?:verbose|wordy|long-?winded|chatty)|
        \b(?:too much|so much|pure|just|adds?|only|more|bot|creates?|generates?|of) (?:noise|clutter|fluff|
        filler)\b|\bspam\b|\b(?:noisy|spammy|spamming|spams)\b|\b(?:nois(?:y|iest)|clutter(?:s|ing|ed)?|clog(?:s|
        ging|ged)?)\b|
        \b(?:shorter|more concise|be brief|be concise|keep it short|get to the point|less text|fewer words)\b|
        \bcould (?:have been|be) (?:a|one|two) (?:line|sentence)|\bwho reads (?:all )?(?:this|that)|
        \btons of (?:messages|comments|text)|
        \b(?:viel )?zu (?:lang|ausführlich|geschwätzig)|\btrop (?:long|longue|verbeux|de texte|bavard)|
        \bdemasiado (?:largo|larga|texto)|\bmuy largo|\b(?:muito|longo) (?:longo|demais)|\btroppo (?:lungo|lunga|
        prolisso|testo)|
        \bслишком (?:длинн|многослов|много)\w*|\bмного букв|太长|太啰嗦|啰嗦|废话太多|長すぎ|長い(?:です)?[。!]?\Z|
        冗長|スパム|너무 (?:길|장황|
        깁니다)|도배"""
    ),
    "irrelevant": sign(
        r"""\birrelevant|\b(?:un|not |n['’]t |nothing |hardly |isn['’]t )related\b|\bnothing to do with|
        \boff[- ]?topic|\b(?:not|n['’]t) (?:at all )?(?:what (?:i|we)(?:['’]m| am|['’]re| are|['’]ve|
        [ ]have)? (?:asked|asking|meant|talking|need\w*|want\w*|looking)|relevant|answer(?:ing|s|ed)? (?:my|the|our|
        this) question|address\w* (?:the|my|this)|(?:even |really |actually |very |at all )*(?:help(?:s|ed|ful|
        ing)?|useful)\b)|
        \b(?:completely |totally |entirely )?(?:different|another|unrelated) (?:topic|question|thing altogether|
        subject|problem|issue|project|error|product|library|bug)\b|\bmiss(?:es|ed|ing)? the (?:point|question)|
        \bdid(?: you|n['’]t you)? (?:even |not )?(?:bother to )?read (?:the|my|this)|\bunhelpful|\b(?:is|was|
        utterly|completely|totally|another|so|this|bot) useless|\buseless\W*(?:bot|answer|reply|comment|suggestion|
        response|\Z)|
        \b(?:hat )?nichts (?:damit|mit (?:dem|der|meinem|meiner|diesem)) (?:\w+ )?(?:zu tun)|\bam thema vorbei|
        \bthema verfehlt|\b(?:hilft|half) (?:mir |uns |hier |leider )*(?:nicht|nichts|kein)|\birrelevante?|
        \bnicht (?:relevant|hilfreich|gefragt)|
        \brien à voir|\bhors[- ]sujet|\bpas (?:utile|pertinent|la question)|\bn['’]aide pas|\b(?:no|
        nada) (?:tiene )?(?:nada )?que ver|\bno (?:me |nos )?(?:ayuda|sirve)|\bfuera de tema|\bnada a ver|
        \bnão (?:me )?(?:ajuda|ajudou|serve)|\bfora do tópico|
        \bnon c['’]entra|\bnon (?:mi |ci )?(?:aiuta|serve)|\bfuori tema|\bне (?:по теме|относится|помога\w+|помогло|
        то спрашивал)|\bпри ?чём тут|无关|不相关|答非所问|没(?:有)?(?:什么)?(?:帮助|用)|跑题|関係(?:ない|ありません|
        のない)|無関係|的外れ|役に立(?:たない|
        ちません|ってい?ない)|상관없|관련(?:이)? 없|엉뚱|도움(?:이)? (?:안|되지 않)"""
    ),
    "wrong": sign(
        rf"""\b(?:{_IT}|you(?:['’]re| are| were| got (?:it|this|that)))(?:{_IS})?
        (?: so| very| quite| factually| technically| just)? (?:wrong(?:ly)?|
        incorrect(?:ly)?|inaccurate|false|mistaken|untrue|nonsense|misleading|outdated|bogus|garbage|rubbish|
        bullshit|bad advice|not (?:true|right|correct|accurate|the case))\b|
        \b{_IT} ?{_ISNT} (?:\w+ )?(?:true|right|correct|accurate|the case|the (?:cause|problem|reason|fix|solution|
        issue)|work(?:ing)?|fix(?:ed)?|solve[ds]?|compile|possible|valid|a (?:duplicate|bug|question|feature|
        solution|fix|dupe))\b|
        \b(?:not|n['’]t) (?:an? |really an? |actually an? |the )?(?:duplicate|dupe|same (?:bug|issue|problem|error|
        thing|as|cause))\b|\bwrong (?:answer|label|labels|duplicate|issue|link|version|advice|file|repo|conclusion|
        assumption|info\w*)|\b(?:totally|completely|plain|simply|just|flat[- ]?out|dead|utterly) (?:wrong|
        incorrect|inaccurate|false|nonsense)\b|\b(?:is|are|was) (?:clos|mark|label|tag|
        flag)\w+ (?:\w+ )?(?:\w+ )?(?:wrongly|incorrectly|erroneously)|
        \b(?:wrongly|incorrectly|erroneously|mistakenly|falsely) (?:\w+ )?(?:clos|mark|label|tag|flag|said|stat|
        claim|assum|identif|classif)\w*|\b(?:clos(?:es|ed|ing)|mark(?:s|ed|ing)|label(?:s|ed|
        ing)) (?:\w+ ){{0,3}}(?:wrongly|incorrectly|valid|in error|by mistake)|
        \b(?:did|does|do|has|have|had)(?: not|n['’]t) (?:work|fix|solve|resolve|make any difference|change anything|
        compile)\w*(?! (?:if|when|on|for|in|with|unless) (?:i|you|we|a|an|the|my)\b)|\b(?:still|
        same) (?:the same )?(?:broken|failing|fails|crash\w*|not (?:working|fixed|solved|resolved)|happen(?:s|ing)|
        getting|get|got|see|seeing|error|problem|an issue|doesn['’]t|does not|occurs|exists)\b|\b(?:no luck|
        to no avail)\b|
        \b{_IT}(?:{_IS})? (?:only )?(?:for|about|from|in) (?:an? |the )?(?:newer|older|later|earlier|different|other|
        another|wrong|next|previous) (?:version|release)|\bprompt[- ]injection|\b(?:it|you|bot|ai|model) (?:just |
        blindly |only )?(?:follow(?:ed|s)|obey(?:ed|s)|fell for|did what) (?:\w+ ){{0,4}}(?:instruction|injection|
        prompt|text)\w*|
        \b(?:should(?:n['’]t| not)|must(?:n['’]t| not)) (?:have (?:been )?|be )?(?:auto-?)?(?:clos|label|lock|mark|
        tagg)\w*|\bplease (?:re-?open|undo|revert|remove (?:the|this|that) label)|
        \bnot (?:actually |really )?(?:stale|inactive|resolved)\b|
        \bstill (?:relevant|valid|reproducible)\b|\b(?:clos|lock|mark)(?:es|ed|s|ing)?\b(?: \w+){{0,4}}
        [ ](?:valid|legitimate|without|too early|prematurely|even (?:if|though|when))\b|
        \bbad (?:bot|advice|answer|suggestion)\b|\b(?:never|not) (?:closed|fixed|solved|resolved)\b|\b(?:ist|war|
        sind) (?:\w+ )?(?:falsch|unsinn|quatsch|nicht (?:richtig|korrekt|wahr))|\bstimmt (?:\w+ )?nicht|
        \bfunktioniert (?:\w+ )?nicht|\bgeht (?:\w+ )?nicht|\bkein duplikat|\bfalsche (?:antwort|label)|
        \b(?:c['’]est|est) (?:\w+ )?(?:faux|incorrect|fausse)|\bne (?:marche|fonctionne|résout) (?:toujours )?pas|
        \bpas (?:un (?:doublon|duplicata)|correct|vrai|exact)|\b(?:es|está) (?:\w+ )?(?:incorrect[oa]|mal|falso|
        equivocad[oa])|\bno (?:es (?:correcto|cierto|verdad|un duplicado)|funciona)|\bte equivocas|\b(?:está|
        tá) (?:errad[oa]|incorret[oa])|\bnão (?:é (?:verdade|correto|um(?:a)? duplicad[ao])|funciona|funcionou|
        resolveu)|
        \bè (?:\w+ )?(?:sbagliat[oa]|errat[oa]|fals[oa])|\bnon (?:è (?:vero|corretto|un duplicato)|funziona)|
        \b(?:это )?(?:неправильн|неверн|ошибочн)\w*|\bне (?:работает|верно|правда|дубликат|решает|решило)|不对|
        (?<!报)错了|
        错误的|
        不正确|是错的|不(?:管用|行)|没(?:有)?解决|不是重复|間違(?:い|って|え)|違います|正しくない|正しくありません|
        動きません|動かない|解決し(?:ない|ません)|重複では|틀렸|틀린|
        잘못(?:된|됐|되)|안 (?:돼|됩니다|되네)|작동하지|해결되지|중복(?:이)? 아"""
    ),
    "solved": sign(
        r"""\b(?:that|this|it|which|your \w+|the (?:answer|link|suggestion|workaround|fix|solution|above|flag|
        option)|code|\w+ing (?:\w+ ){0,4}\w+|upgrading|updating)(?:['’]s|['’]ve| has| have| did| is| was| just|
        [ ]indeed| totally| really| actually)? ?(?:it )?(?:work(?:ed|s)|fix(?:ed|es)|solv(?:ed|es)|resolv(?:ed|es)|
        did (?:it|the (?:trick|job))|does the trick|help(?:ed|s)|cleared|the trick|(?:exactly )?what (?:i|
        we) (?:needed|wanted|was looking|were looking))\b|
        \bdid the trick|\bfixed it\b|(?:\A|[.!] )(?:please )?close (?:this|it)\b|
        \b(?:works|worked|working|fixed|solved|resolved|good|fine) (?:now|perfectly|like a charm|
        great|well|for me|fine|again|as expected|by|after|with|it for me)\b|\b(?:problem|issue|bug|error|question|
        it|all)(?: is| was| has been|['’]s)? (?:now |been )?(?:solved|resolved|fixed|gone|answered|sorted)\b|
        \b(?:i|we) (?:\w+ )?(?:got|have) (?:it|this) (?:to work|working|fixed|solved)|\b(?:can|you can|please|
        feel free to|i(?:['’]ll| will)|going to)\s(?:now )?close (?:this|it)\b|\bclosing (?:this )?(?:as|since|
        because) (?:\w+ )?(?:solved|resolved|fixed|works|answered)|\bthat was (?:it|the (?:problem|cause|issue|
        reason))\b|\b(?:indeed|yes|yep|right|correct),? (?:\w+ )?(?:a |it is a |this is a )?(?:duplicate|dupe)\b|
        \bsolved my|\bfixed my|\banswers my question|\bworks! |
        \b(?:hat|habe|ist|wurde) (?:\w+ ){0,2}(?:funktioniert|geholfen|gelöst|behoben|erledigt)|
        \bfunktioniert (?:jetzt|nun|wieder|super|prima)|\bproblem gelöst|\bklappt|\b(?:ça|cela) (?:marche|
        fonctionne|a (?:marché|fonctionné|résolu|réglé))|\bproblème (?:résolu|réglé)|\b(?:ya |ahora )?funcionó|
        \b(?:ya|ahora) funciona|\b(?:problema )?(?:resuelto|solucionado|resolvido|risolto)\b|\bfuncionou|
        \bagora funciona|\b(?:ora|adesso) funziona|\bha funzionato|\b(?:всё |все |теперь |это )?(?:заработало|
        помогло|сработало|работает теперь)|\b(?:проблема )?решен[ао]\b|\bрешило проблему|
        解决了|(?:已经?|问题)解决|可以了|好了|管用了|搞定|解決しました|解決した|直りました|動きました|
        うまくいきました|助かりました|해결(?:됐|되었|했)|잘 (?:됩니다|돼요|되네요)|작동합니다"""
    ),
    "thanks": sign(
        r"""\b(?:thanks|thank (?:you|u)|thx|thnx|tnx|tysm|ty|cheers|much appreciated|appreciate (?:it|the|your|
        this)|kudos|good bot|well done|nice (?:work|job|one|find|catch)|great (?:answer|work|job|find|summary|
        explanation|catch)|good (?:answer|find|catch|summary|explanation|point|job)|(?:very|really|super|so|quite|
        that['’]s|this is|was|is) (?:helpful|useful)|helpful (?:answer|summary|link|bot)|spot[- ]on|you(?:['’]re|
        [ ]are) right|(?:that|this)(?:['’]s| is) (?:right|correct)|makes sense)\b|
        \b(?:danke\w*|vielen dank|merci|gracias|obrigad[oa]|valeu|grazie)\b|\b(?:спасибо|благодарю)\b|谢谢|感谢|多谢|
        ありがとう|感謝|고마워|고맙|감사"""
    ),
}
"""In the order of their weight where several are said: who asks us to stop means that above all."""

_ALONE: Mapping[Meaning, str] = {
    "stop": """
        stop stopp stopit enough quiet silence basta arrête arrêtez para pare chega chiudi стоп хватит 停 停止
        やめろ 中止 중지 스톱
    """,
    "repeated": "repeated repetitive repeat duplicate-answer wiederholung répété repetido ripetuto повтор 重複 중복된",
    "hallucination": """
        hallucination hallucinated hallucinating halluzination alucinación alucinação allucinazione галлюцинация
        幻觉 幻覚 환각
    """,
    "verbose": """
        verbose wordy long tl;dr tldr noise noisy spam spammy langatmig verbeux verboso prolisso многословно 冗长
        長い 길다
    """,
    "irrelevant": """
        irrelevant unrelated offtopic off-topic useless unhelpful nutzlos hors-sujet inutile inutil inútil
        irrelevante бесполезно нерелевантно 无关 没用 無関係 무관
    """,
    "wrong": """
        wrong incorrect false no nope nah inaccurate bad falsch nein faux incorrecto falso mal errado incorreto
        sbagliato неверно неправильно нет 错 错误 不对 違う 間違い 誤り 틀림 아니요
    """,
    "solved": """
        solved fixed works worked resolved perfect perfekt gelöst résolu resuelto resolvido risolto решено 解决 解決
        해결
    """,
    "thanks": """
        good great nice helpful correct useful excellent awesome amazing ty yes right accurate gut prima toll super
        bien bueno bom ótimo bene buono хорошо отлично 好 很好 赞 👍 ❤ 🎉 🙏 良い 最高 좋아요
    """,
}
ALONE: Mapping[str, Meaning] = {word: meaning for meaning, words in _ALONE.items() for word in words_of(words)}
"""Replies of one word. Six of them are the classes that people know: good, irrelevant, incorrect, verbose,
hallucination; the sixth, `other`, says nothing."""
