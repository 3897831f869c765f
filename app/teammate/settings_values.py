"""Settings values: what may stand after each key of a settings file, and the sentence that says so.

Most of it follows from the fields of `RepositorySettings`; what people write differently from how it is kept (words for
confidence, `languages: auto`, times, patterns) is read here.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from app.teammate.settings_tree import NOT_UTF8, Given, plain, scalars, shown, words
from app.teammate.title_patterns import title_pattern

CONFIDENCE: Mapping[str, float] = {"high": 0.9, "medium": 0.75, "low": 0.6}
MOST_PATTERNS = 20
CLOCK_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
LANGUAGES = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagd"
        "glgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmg"
        "mhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrss"
        "stsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)
"""The codes of ISO 639-1, two letters each."""

_TEXTS: Mapping[str, str] = {
    "allow": "a list of label names or patterns",
    "deny": "a list of label names or patterns",
    "authors": 'a list of logins or patterns such as "*[bot]"',
    "labels": "a list of label names or patterns",
    "titles": "a list of regular expressions",
    "languages": "auto or a list of ISO 639-1 codes such as [en, de]",
    "min_confidence": "a number from 0 to 1, or one of high, medium, low",
    "start": 'a time as "HH:MM", such as "22:00"',
    "end": 'a time as "HH:MM", such as "07:00"',
    "timezone": "a time zone such as Europe/Berlin",
}


class Wrong(Exception):
    """A value that cannot stand where it does; `sentence` says what was expected."""

    def __init__(self, given: Given, sentence: str) -> None:
        super().__init__(sentence)
        self.given = given
        self.sentence = sentence


def read_value(key: str, model: type[BaseModel], given: Given) -> object:
    """The value of the field `key` of `model`. Raises Wrong, at the item of a list that is at fault."""
    for item in scalars(given):
        if isinstance(item.node, yaml.ScalarNode) and NOT_UTF8 in item.node.value:
            raise Wrong(item, "text in UTF-8")
    field = model.model_fields[key]
    value = (words if _is_text(field) else plain)(given.node)
    if reader := _READERS.get(key):
        value = reader(given, value)
    try:
        return _adapter(model, key).validate_python(value)
    except ValidationError:
        raise Wrong(given, expected(key, field)) from None


def expected(key: str, field: FieldInfo) -> str:
    """What may stand after a key, as the end of a sentence."""
    if key in _TEXTS:
        return _TEXTS[key]
    kind = _plain_type(field.annotation)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    limits = {
        name: getattr(one, name) for one in field.metadata for name in ("ge", "le", "max_length") if hasattr(one, name)
    }
    if kind in (int, float):
        return f"{'a whole number' if kind is int else 'a number'} from {limits['ge']} to {limits['le']}"
    if kind is bool:
        return "true or false"
    return f"a text of at most {limits['max_length']:,} characters" if "max_length" in limits else "a text"


@lru_cache(maxsize=128)
def _adapter(model: type[BaseModel], key: str) -> TypeAdapter[Any]:
    field = model.model_fields[key]
    kind: Any = field.annotation
    return TypeAdapter(Annotated[kind, *field.metadata] if field.metadata else kind)


def _plain_type(annotation: Any) -> Any:
    """`Mode` of `Mode | None`."""
    if get_origin(annotation) in (Union, UnionType):
        return next(one for one in get_args(annotation) if one is not type(None))
    return annotation


def _is_text(field: FieldInfo) -> bool:
    kind = _plain_type(field.annotation)
    return kind is str or (get_origin(kind) is tuple and get_args(kind)[0] is str)


def _confidence(_: Given, value: object) -> object:
    return CONFIDENCE.get(value, value) if isinstance(value, str) else value


def _clock_time(given: Given, value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(CLOCK_TIME, value)):
        raise Wrong(given, _TEXTS["start"])
    return value


def _time_zone(given: Given, value: object) -> object:
    known = _time_zones()
    if isinstance(value, str) and value in known:
        return value
    near = get_close_matches(str(value)[:80].rpartition("/")[2].lower(), known.values(), n=1)
    hint = next((name for name, city in known.items() if near and city == near[0]), "")
    raise Wrong(given, f"{_TEXTS['timezone']}{f'; did you mean {hint}?' if hint else ''}")


@lru_cache(maxsize=1)
def _time_zones() -> Mapping[str, str]:
    """Each name with the name of its city in lower case; UTC even where the system knows no zones."""
    names = sorted(available_timezones() | {"UTC"}, key=lambda name: ("/" not in name, name))
    return {name: name.rpartition("/")[2].lower() for name in names}


def _languages(given: Given, value: object) -> object:
    if value == "auto":
        return []
    for item in scalars(given):
        if str(plain(item.node)).lower() not in LANGUAGES:
            raise Wrong(item, _TEXTS["languages"])
    return [str(code).lower() for code in value] if isinstance(value, list) else value


def _titles(given: Given, value: object) -> object:
    items = list(scalars(given))
    if not isinstance(value, list) or len(items) > MOST_PATTERNS:
        raise Wrong(given, f"a list of at most {MOST_PATTERNS} regular expressions")
    for item, source in zip(items, value, strict=True):
        try:
            title_pattern(str(source))
        except ValueError as error:
            raise Wrong(item, f"a regular expression; {shown(error)}") from None
    return value


_READERS: Mapping[str, Callable[[Given, object], object]] = {
    "min_confidence": _confidence,
    "start": _clock_time,
    "end": _clock_time,
    "timezone": _time_zone,
    "languages": _languages,
    "titles": _titles,
}
