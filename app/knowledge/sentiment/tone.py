"""Tone: emoji, smileys, sarcasm and the manner in which something is said."""

import re
from collections.abc import Mapping


def sign(pattern: str) -> re.Pattern[str]:
    """One of our patterns, written over several lines; case does not matter."""
    return re.compile(re.sub(r"\n\s*", "", pattern), re.IGNORECASE | re.MULTILINE)


GLAD = re.compile(
    r"[\U0001F44D\U0001F44F\U0001F389\U0001F38A\U0001F64F\U0001F4AF\U0001F60A\U0001F600-\U0001F606\U0001F609\U0001F60B"
    r"\U0001F60D\U0001F60E\U0001F929\U0001F973\U0001F970\U0001F680\u2764\u2728\U0001F499-\U0001F49C\U0001F37B\U0001F64C]"
    r"|:(?:\+1|thumbsup|tada|(?:\w{1,20}_)?hearts?|rocket|smil\w{1,4}|grin\w{0,4}|clap|sparkles|pray|100|beers?"
    r"|raised_hands|joy|laughing|wink2?|stuck_out_tongue\w{0,20}|tongue|blush|sunglasses|ok_hand|muscle|triumph"
    r"|relaxed|star2?|cookie):"
    r"|(?<![\w:;=])[:;=8][ '’o^-]?[)\]DPp3>](?!\w)|[(\[][:;=](?!\w)|\^[_.-]?\^|<3|\\o/|(?<![\w.])\+1\b|\b[xX]D+\b"
)
"""Emoji, the names that GitHub has for them, and smileys."""
CROSS = re.compile(
    r"[\U0001F44E\U0001F621\U0001F620\U0001F92C\U0001F624\U0001F612\U0001F644\U0001F926\U0001F61E\U0001F622\U0001F62D"
    r"\U0001F615\U0001F641\u2639\U0001F4A9\U0001F595\U0001F921\U0001F92E\U0001F61F\U0001F629\U0001F62B]"
    r"|:(?:-1|thumbsdown|rage|angry|cry|sob|confus\w{1,4}|confounded|disappoint\w{1,4}|frown\w{0,4}|embarrassed"
    r"|facepalm|(?:face_with_)?roll\w{0,4}_eyes|poop|hankey|unamused|weary|worried|scream|sweat|tired_face|fearful"
    r"|expressionless|neutral_face):"
    r"|(?<![\w:;=])[:;=]['’]?-?[(\[|\\/](?![\w/])|(?<!\w)D[:=](?!\w)|\A-1\b|>[:_.]?[(<]|\b[oO]_{1,3}[oO]\b|-_{1,3}-"
)
"""The same of those who are not."""
_GREAT = r"(?:great|brilliant|wonderful|fantastic|perfect|lovely|nice|super|awesome|amazing|excellent)"
_EYES = r"(?:\U0001F644|\U0001F612|:(?:face_with_)?roll(?:ing)?_eyes:|:unamused:)"
SARCASM = sign(
    rf"""(?:^|\s)/s(?:$|\s)|{_EYES}|
    \bthanks?,? (?:you )?(?:so much |a lot |very much )?for (?:nothing|wasting|breaking|ignoring|the (?:noise|spam)|
    (?:yet )?another)|
    \bthanks?,? i hate it|\b(?:oh|wow|gee|yay|ah),?(?: just)? (?:{_GREAT}|thanks|joy)\b(?=[,.! …]{{1,4}}(?:another|
    yet another|a bot|now|so|just|an? ai|more))|
    \b{_GREAT}[,.!… ]{{1,4}}(?:yet )?another (?:\w+ )?(?:bot|robot|ai|canned|useless|wall|generic|auto\w*|comment|
    non)|
    \b(?:just|exactly) what (?:i|we|everyone|this (?:thread|issue)) (?:always )?(?:needed|wanted|asked for)\W*(?:!|
    \.\.\.|…|another|more|an? )|
    \b(?:so|how|very|really|super|incredibly|truly) (?:helpful|useful|insightful|clever|smart)\W{{0,4}}(?:not\b|
    \.\.|…)|
    \b(?:yeah|sure),? right\b|\bslow clap|\b(?:great|good|nice|excellent|brilliant) (?:job|work|idea),? (?:break|
    clos|los|delet|ignor|ruin|wast|mess|not )\w*|
    \b(?:broke|broken|wrong|again|deleted|closed|lost|ruined|failed)\b[^.!?\n]{{0,60}}[.!,]+ *(?:good|great|nice|
    well|excellent|fantastic)[ -](?:job|work|done|going)|
    \b(?:truly|real|such) (?:an? )?genius|\bartificial (?:stupidity|un-?intelligence)|\bso much for (?:\w+ )?(?:ai|
    intelligence)|
    \bwhat would (?:i|we) do without|\bcolou?r me (?:surprised|shocked)|\bas (?:useful|helpful|clear) as (?:an?|
    mud)\b|
    \b{_GREAT}\W{{1,4}}(?:not|nope)\b|\bso[- ]called (?:ai|intelligen\w+|assistant)|
    \bmerci pour rien|\bbravo,? (?:le|la) (?:bot|robot|machine)|\bdanke für (?:gar )?nichts|\bgracias por nada|
    \bobrigad[oa] por nada|
    \bgrazie (?:di|per) (?:niente|nulla)|\bспасибо,? (?:за ничего|что ничего)|\bну спасибо|\b(?:toll|super|klasse|
    prima),? (?:schon wieder|noch so|wieder)"""
)
"""Praise that means the opposite, as far as its own words show it."""
MANNERS: Mapping[str, re.Pattern[str]] = {
    "loud": re.compile(r"!"),
    "very_loud": re.compile(r"!!+|\?\?+|\?!|!\?"),
    "shouted": re.compile(r"\b[A-Z]{4,}\b"),
    "drawn_out": re.compile(r"(\w)\1\1|\.\.\.|…"),
    "asks": re.compile(r"\?"),
    "urging": sign(
        r"""\b(?:still (?:not|no|nothing|waiting|broken|an issue|happening|open)|any (?:news|updates?|progress|eta)|
        how (?:long|hard|many times)|
        (?:years?|months) (?:later|ago|now|and)|when will|come on|seriously|honestly|for god|ffs|wake up|
        why (?:is it|isn['’]t|don['’]t|do you|are you|can['’]t)|just (?:fix|do|add|merge|close|stop)|
        no(?:body| one) (?:cares|asked)|(?:don['’]t|couldn['’]t) care|waste of|simple as|not (?:that|so) hard|
        you (?:people|guys)|
        your (?:attitude|job|problem|fault|opinion|ego)|do your|get a life|grow up|shut up|go away|learn to|
        try reading|are you (?:kidding|serious|blind))\b"""
    ),
    "agrees": sign(
        r"""\b(?:lgtm|agreed?|sounds good|makes sense|good (?:point|catch|idea|call)|well done|nice work|ship it|
        sgtm)\b"""
    ),
    "disagrees": sign(
        r"""(?:\bnot|n['’]t) (?:an? |the |very |so |really |such |think (?:it['’]s|this is|that['’]s|
        we should) (?:an? )?)?(?:fan|good|great|nice|
        happy|right|like|agree|convinced|sure|makes? (?:any )?sense|understand|see (?:any|the|why)|want|need|trust|
        care|acceptable|worth)\b|
        \b(?:disagree\w*|bad idea|makes no sense|no sense|strongly|why (?:on earth|would|the|not|are|do|did|should|
        can)|what['’]s (?:with|the point)|
        instead of|should(?:n['’]t| not)|no one|too (?:much|many|late|complex|complicated|slow|bad|hard))\b"""
    ),
}
"""How something is said. For no feeling by itself; the model learns what each is worth."""
