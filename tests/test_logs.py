"""Logs: ids on every line, secrets on none, as text and as JSON, ours and the libraries'."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from app.logs import set_up_logs

SECRET = "correct-horse-battery"
TOKEN = "ghp_" + "a1B2" * 10


@contextmanager
def logs(*, as_json: bool) -> Iterator[None]:
    """Set up as a process would, and taken back: the set-up is global."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in ("httpx", "uvicorn", "uvicorn.error")}
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)  # as in a new process; servers of other tests set it
    set_up_logs(as_json=as_json, secrets=(SECRET,))
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in quiet.items():
            logging.getLogger(name).setLevel(before)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def fail(error: Exception) -> None:
    raise error


def speak() -> None:
    """Everything that could leak: a message, a value, a key that names a secret, an exception, a library."""
    log = structlog.get_logger("tests.logs")
    with structlog.contextvars.bound_contextvars(delivery="guid-1", work=7):
        log.info("spoke", header=f"token {TOKEN}", nested={"inner": [SECRET]}, api_key="whatever it is")
        try:
            fail(ValueError(f"connecting to postgres://me:{SECRET}@host failed"))
        except ValueError:
            log.exception("failed")
        logging.getLogger("some.library").warning("sent %s to %s", SECRET, "somewhere")
        try:
            fail(OSError(f"{TOKEN} was refused"))
        except OSError:
            logging.getLogger("some.library").exception("library failed")


@pytest.mark.parametrize("as_json", [True, False])
def test_secrets_are_on_no_line(as_json: bool, capsys: pytest.CaptureFixture[str]):
    with logs(as_json=as_json):
        speak()
    out, err = capsys.readouterr()
    assert out == ""
    for leaked in (SECRET, TOKEN, "whatever it is"):
        assert leaked not in err
    assert err.count("[redacted]") >= 6
    assert "ValueError" in err
    assert "OSError" in err


def test_json_is_one_object_a_line_with_the_ids(capsys: pytest.CaptureFixture[str]):
    with logs(as_json=True):
        speak()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["spoke", "failed", "sent [redacted] to somewhere", "library failed"]
    assert {(line["delivery"], line["work"]) for line in lines} == {("guid-1", 7)}
    assert [line["level"] for line in lines] == ["info", "error", "warning", "error"]
    assert {line["logger"] for line in lines} == {"tests.logs", "some.library"}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "Traceback" in lines[1]["exception"]
    assert not {"_record", "_from_structlog"} & set(lines[2])


def test_text_has_the_ids_too_and_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]):
    with logs(as_json=False):
        speak()
    err = capsys.readouterr().err
    assert "delivery=guid-1" in err.splitlines()[0]
    assert "\x1b[" not in err


def test_chatter_of_libraries_is_left_out(capsys: pytest.CaptureFixture[str]):
    with logs(as_json=True):
        logging.getLogger("httpx").info("HTTP Request: GET ...")
        logging.getLogger("uvicorn.error").info("Started server process")
        logging.getLogger("some.library").debug("too much")
        logging.getLogger("uvicorn.error").error("cannot bind")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["cannot bind"]
