import base64
import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.compaction import _MAYBE_ERROR, ERROR, compact

LIMIT = 20_000


def log(lines: int, *, errors: tuple[int, ...] = ()) -> str:
    return "\n".join(
        f"2026-11-20 12:00:{number % 60:02} "
        + (
            f"ERROR lease {number}: ValueError: the lease is lost"
            if number in errors
            else f"INFO worker is at {number}"
        )
        for number in range(1, lines + 1)
    )


def test_what_fits_stays_as_it_is():
    text = "It fails.\n\n```\nTraceback\n```\n\n\nSee [a](b)."
    assert compact(text, LIMIT) == compact(text, len(text))
    assert compact(text, LIMIT).text == text
    assert compact(text, LIMIT).cut == ()
    assert compact("", 100).text == ""


@pytest.mark.parametrize("fence", ["", "```\n"])
def test_a_log_keeps_its_ends_and_its_errors_and_says_what_is_gone(fence):
    text = "I start it, then this:\n\n" + fence + log(20_000, errors=(7_000,)) + "\n" + fence + "\nWith one it works."
    compacted = compact(text, LIMIT)
    assert len(compacted.text) <= LIMIT
    assert compacted.text.startswith("I start it, then this:")
    assert compacted.text.endswith("With one it works.")
    assert "INFO worker is at 1\n" in compacted.text
    assert "INFO worker is at 20000" in compacted.text
    error = compacted.text.index("ERROR lease 7000: ValueError: the lease is lost")
    assert "worker is at 6999" in compacted.text[error - 100 : error]
    assert "worker is at 7002" in compacted.text[error : error + 200]
    (sentence,) = compacted.cut
    assert sentence.endswith(".")
    assert " of log left out: lines " in sentence
    assert sentence.partition("lines ")[2].rstrip(".") != ""


def test_line_numbers_are_those_of_the_text():
    text = log(5_000)
    compacted = compact(text, 5_000).text.split("\n")
    (notice,) = (line for line in compacted if "left out" in line)
    first, last = (int(number.replace(",", "")) for number in notice.split()[1].split("-"))
    at = compacted.index(notice)
    assert text.split("\n")[first - 2] == compacted[at - 1]
    assert text.split("\n")[last] == compacted[at + 1]


def test_the_same_error_is_kept_once_and_others_too():
    text = log(8_000, errors=tuple(range(2_000, 5_000))).replace("INFO worker is at 6000", "FATAL: disk is full")
    compacted = compact(text, 10_000).text
    assert "FATAL: disk is full" in compacted
    assert compacted.count("the lease is lost") < 10


@settings(max_examples=300)
@given(st.from_regex(ERROR))
def test_the_quick_look_misses_no_error(line):
    assert _MAYBE_ERROR.search(line)


def test_what_stands_between_two_logs_stays_whole():
    said = "Then I set the cap to two, and everything changes:"
    compacted = compact(f"{log(5_000)}\n\n{said}\n\n{log(8_000)}", LIMIT)
    assert said in compacted.text
    assert len(compacted.cut) == 2


def test_pasted_data_goes_even_from_a_short_text():
    image = base64.b64encode(random.Random(1).randbytes(3_000)).decode()
    numbers = ", ".join(f"{random.Random(i).uniform(-1, 1):.8f}" for i in range(384))
    compacted = compact(f"See ![x](data:image/png;base64,{image}) and the vector [{numbers}] here.", LIMIT)
    assert len(compacted.text) < 200
    assert compacted.text.startswith("See ![x](data:image/png;base64,")
    assert compacted.text.endswith(" here.")
    assert any("base64" in sentence for sentence in compacted.cut)
    assert any("numbers" in sentence for sentence in compacted.cut)


@pytest.mark.parametrize("in_lines", [base64.encodebytes(bytes(90_000)).decode(), "0.12345678,\n" * 10_000])
def test_data_in_lines_goes_and_leaves_the_room_to_others(in_lines):
    text = f"Before\n\n{in_lines}\n\nAfter\n{log(150)}"
    assert len(compact(text, LIMIT).text) < len(log(150)) + 600
    assert compact(text, LIMIT).text.endswith(log(150))


def test_an_error_inside_a_minified_line_is_kept():
    records: list[object] = [{"id": number, "state": "ok"} for number in range(20_000)]
    records[9_000] = {"message": "TypeError: leases is undefined"}
    compacted = compact("out: " + json.dumps(records, separators=(",", ":")), 5_000)
    assert "TypeError: leases is undefined" in compacted.text
    assert len(compacted.text) <= 5_000


def test_blank_lines_take_no_room():
    compacted = compact("a" + "\n" * 1_000_000 + "b", LIMIT)
    assert compacted.text.startswith("a\n")
    assert compacted.text.endswith("\nb")
    assert len(compacted.text) < 60


@given(st.text(alphabet=st.sampled_from("ab 1.,-\n`>#{[eE:"), max_size=2_000), st.integers(0, 600))
def test_never_longer_than_asked_and_the_same_twice(text, limit):
    once = compact(text, limit)
    assert len(once.text) <= limit
    assert compact(once.text, limit).text == once.text
    assert once.cut or once.text == text or "are blank]" in once.text


BYTES = 160_000
BULK = {
    "log": log(BYTES // 40),
    "base64": base64.b64encode(bytes(BYTES)).decode(),
    "vector": "[" + "0.12345678, " * (BYTES // 12),
    "almost vectors": ("1 " * 199 + "x") * (BYTES // 399),
    "almost walls": ("a" * 399 + " ") * (BYTES // 400),
    "json": json.dumps([{"id": number, "message": "ok"} for number in range(BYTES // 30)]),
    "newlines": "\n" * BYTES,
    "quotes": "> " * (BYTES // 2),
    "fences": "```\nx\n" * (BYTES // 6),
    "exponents": "1e" * (BYTES // 2),
    "errors": "xError\n" * (BYTES // 7),
    "dots": "a." * (BYTES // 2),
    "spaces": " " * BYTES,
}


@pytest.mark.parametrize("kind", BULK)
def test_time_grows_with_the_text_and_not_faster(kind):
    def seconds(text: str) -> float:
        started = time.process_time()
        assert len(compact(text, LIMIT).text) <= LIMIT
        return time.process_time() - started

    eighth = BULK[kind][: BYTES // 8]
    assert min(seconds(BULK[kind]) for _ in range(3)) < 8 * 3 * (min(seconds(eighth), seconds(eighth)) + 0.005)
