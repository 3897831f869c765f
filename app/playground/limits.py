"""GitHub's limits on what people write, and what it answers beyond them."""

from app.playground.model import invalid

LONGEST_BODY = 65_536
LONGEST_TITLE = 256
LONGEST_LABEL = 50
LONGEST_DESCRIPTION = 100
DEFAULT_COLOR = "ededed"


def checked_title(title: str) -> str:
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(title) > LONGEST_TITLE:
        raise invalid("Issue", "title", "custom", "title is too long (maximum is 256 characters)")
    return _storable(title)


def checked_body(resource: str, body: str, *, required: bool = False) -> str:
    if required and not body.strip():
        raise invalid(resource, "data", "unprocessable", "Body cannot be blank")
    if len(body) > LONGEST_BODY:
        raise invalid(resource, "body", "custom", "body is too long (maximum is 65536 characters)")
    return _storable(body)


def checked_label_name(name: str) -> str:
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > LONGEST_LABEL:
        raise invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
    return _storable(name.strip())


def checked_description(description: str | None) -> str | None:
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise invalid("Label", "description", "custom", "description is too long (maximum is 100 characters)")
    return description


def _storable(text: str) -> str:
    """Lone surrogates cannot be sent as UTF-8; GitHub stores a replacement character."""
    return text.encode("utf-8", "replace").decode()
