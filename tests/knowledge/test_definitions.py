"""Definitions: names, signatures and lines in each language, and no harm from anything."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.definitions import Definition, definitions

PAD = "x" * 1_600
SOURCES = {
    ".py": f"""
@cached
async def one(a: int = 1) -> str:
    '{PAD}'
    def inner(): pass
class Two(Base):
    '{PAD}'
    def method(self): ...
if x:
    def three(): pass
""",
    ".js": f"""
export default class One {{ m() {{}} /* {PAD} */ }}
export const two = async (a) => {{ }};
function* three() {{}}
const {{four, five}} = six;
const seven = 8;
""",
    ".ts": """
export interface One { a: string }
type Two = string;
export abstract class Three<T> extends One {}
declare function four(a: number): void;
namespace Five { }
enum Six { A }
""",
    ".tsx": "export const One = () => <div/>;",
    ".go": """
package x
func One(a int) error { return nil }
func (b *Box[T]) Two() {}
type Three struct { A int }
""",
    ".rs": f"""
#[test]
fn one<T>() {{}}
impl<'a, T> Two for Three<'a, T> {{
    fn m(&self) {{}} // {PAD}
}}
pub(crate) struct Four;
trait Five {{ fn f(); }}
macro_rules! six {{ () => {{}} }}
""",
    ".java": f"""
package a;
public class One {{ /* {PAD} */
    One() {{}}
    @Override public int two() {{ return 1; }}
    enum Three {{ A }}
}}
record Four(int a) {{}}
""",
    ".c": """
#ifndef H
static int *one(int a) { return 0; }
typedef struct { int a; } two;
#endif
""",
    ".hpp": f"""
namespace a {{ // {PAD}
template <class T> class One {{ }};
int Two::three() const {{ return 1; }}
Two operator/(Two a) {{ return a; }}
}}
""",
    ".rb": f"""
module A # {PAD}
  class B
  end
  def self.c?
  end
end
""",
    ".cs": f"namespace A {{ // {PAD}\npublic class B : C {{ }}\npublic interface D {{ }} }}",
    ".php": "<?php function one($a) {} final class Two { public function m() {} } trait Three {}",
    ".sh": "{\none() {\n  echo\n}\nfunction two { echo; }\n}",
}
NAMES = {
    ".py": "one > inner, Two > method, three",
    ".js": "One > m, two, three, seven",
    ".ts": "One, Two, Three, four, Five, Six",
    ".tsx": "One",
    ".go": "One, Box.Two, Three",
    ".rs": "one, Two for Three<'a, T> > m, Four, Five, six",
    ".java": "One > One, One > two, One > Three, Four",
    ".c": "one, two",
    ".hpp": "a > One, a > Two::three, a > operator/",
    ".rb": "A > B, A > c?",
    ".cs": "A > B, A > D",
    ".php": "one, Two, Three",
    ".sh": "one, two",
}


def names(found: list[Definition], trail: str = "") -> list[str]:
    return [
        each
        for one in found
        for each in (names(list(one.members), f"{trail}{one.name} > ") if one.members else [trail + one.name])
    ]


@pytest.mark.parametrize("suffix", SOURCES)
def test_names(suffix):
    assert ", ".join(names(definitions(suffix, SOURCES[suffix]))) == NAMES[suffix]


@pytest.mark.parametrize(
    ("suffix", "text", "signature"),
    [
        (".py", "@a\ndef f(\n    a: int,\n) -> str:\n    pass\n", "def f( a: int, ) -> str"),
        (".go", "func (b *Box) Two(a int) error {\n}\n", "func (b *Box) Two(a int) error"),
        (
            ".ts",
            "export const f = async (a: string): Promise<void> => {\n}\n",
            "const f = async (a: string): Promise<void> =>",
        ),
        (".rb", "def a(b)\n  c\nend\n", "def a(b)"),
        (".py", f"def f({'a' * 300}): pass\n", f"def f({'a' * 154}"),
    ],
)
def test_signatures(suffix, text, signature):
    assert definitions(suffix, text)[0].signature == signature


def test_decorators_belong_to_the_definition_and_the_next_line_does_not():
    assert [(one.start, one.end) for one in definitions(".py", "@a\n@b\ndef f():\n    pass\n\nx = 1\n")] == [(1, 4)]


def test_broken_code_still_names_what_it_can():
    assert "fine" in names(definitions(".py", "print 'old'\ndef broken(:\n\ndef fine():\n    pass\n"))


PIECES = st.sampled_from(
    [
        *"(){}[]<>;:,=@#*&'\"`\\ \n\t",
        "def ",
        "class ",
        "fn ",
        "func ",
        "impl ",
        "if ",
        "end\n",
        "namespace a ",
        "=> ",
        "a",
        "é",
    ]
) | st.text(max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), st.lists(PIECES, max_size=80).map("".join))
def test_any_text_has_definitions_within_its_lines(suffix, text):
    last = text.count("\n") + 1
    waiting = definitions(suffix, text)
    while waiting:
        one = waiting.pop()
        assert one.name
        assert 1 <= one.start <= one.end <= last
        waiting += one.members


@pytest.mark.parametrize(
    ("suffix", "piece"),
    [
        *((".sh", piece) for piece in ("def f():\n", "<")),
        *((".tsx", piece) for piece in ("'", "def f():\n", "<")),
        *((".py", piece) for piece in ("(", "if x:\n ", "class a:\n ")),
        *((".cpp", piece) for piece in ("{", "namespace a {", "#if x\n", "<")),
        *((".rb", piece) for piece in ("`${", "class a\n")),
        *((".rs", piece) for piece in ("def f():\n", "mod a {", "'")),
    ],
)
def test_hostile_files_take_no_longer_than_others(suffix, piece):
    text = piece * (40_000 // len(piece))
    started = time.thread_time()
    definitions(suffix, text)
    assert time.thread_time() - started < 1
    assert names(definitions(".py", "def fine(): pass")) == ["fine"]
