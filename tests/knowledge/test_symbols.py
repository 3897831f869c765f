"""Symbols: what stands in the files resolves, and what is one letter off does not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.symbols import Symbols, symbols_of

FILES = {
    "src/signalbox/__init__.py": "from signalbox.lamps import Lamp\n",
    "src/signalbox/lamps.py": (
        "# never_in_code\nfrom signalbox.wires import *\n"
        "class Lamp:\n    '''Uses --from-docstring.'''\n    def switch_on(self, brightness=3): ...\n"
    ),
    "src/signalbox/store.py": "LIMIT = 3\ndef open_store(path):\n    return environ['SIGNALBOX_HOME']\n",
    "src/signalbox/cli.py": (
        "import typer\n@app.command()\ndef run(dry_run: bool = False, *, port: int = 1):\n    value = frobnicate\n"
        "parser.add_argument('-q', '--quiet-mode')\nclick.option('--shout/--no-shout')\n"
    ),
    "src/signalbox/settings.py": (
        "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='BOX_')\n"
        "    max_size: int = 1\n"
    ),
    "cmd/root.go": (
        'type T struct { Name string `json:"display_name,omitempty"` }\n// gone_in_comment\n'
        'cmd.Flags().StringVarP(&o.author, "author", "a", "", "Name")\nflag.Bool("once", false, "say it\'s one")\n'
    ),
    "cli/main.rs": (
        "#[derive(Parser)]\nstruct Args<'a> {\n    #[arg(short, long)]\n    /// Words.\n    pub keep_going: bool,\n"
        "    #[arg(long = \"colour\")]\n    color: &'a str,\n}\nimpl Lamp { fn dim(&'a self) {} }\n"
    ),
    "web/index.ts": (
        "const api = { baseURL: '/v1' };\nyargs.option('with-sound', {}); /* hidden */ `text ${1} --in-template`\n"
    ),
    "config/app.yaml": "server:\n  port: 80\n  tls:\n    min-version: 1\n# cache_size: 3\nlist:\n  - name: x\n",
    "pyproject.toml": "[tool.signalbox]\nretries = 3\n",
    ".env.example": "# SIGNALBOX_TOKEN=\nexport SIGNALBOX_URL=x\n",
    "schema.json": '{"properties": {"timeoutMs": {"type": "number"}}}',
    "docs/use.md": (
        "# Use\n\nSet `queue_depth` and prose_word, run:\n\n```sh\nsignalbox --watch -v\n```\n\nnot --in-prose\n\n"
        "```yaml\nlamps:\n  colour: red\n```\n"
    ),
    "docs/api.rst": "API\n===\n\n.. option:: --lantern <file>\n.. envvar:: BOX_LANTERN\n",
    "static/app.js": "var minified_name=1;" + "x," * 9_000,
    "logo.svg": "<svg drawn_name/>",
}


@pytest.fixture(scope="module")
def symbols():
    return Symbols.merge(symbols_of(path, text) for path, text in FILES.items())


@pytest.mark.parametrize(
    "token",
    [
        *(
            "Lamp",
            "`Lamp.switch_on()`",
            "switch_on(brightness=3)",
            "brightness",
            "Lamp::dim",
            "Lamp#switch_on",
            "LIMIT",
        ),
        *("signalbox.store.open_store", "signalbox.Lamp", "signalbox.lamps.open_store", "signalbox.lamps.dim"),
        *("SIGNALBOX_HOME", "$SIGNALBOX_TOKEN", "${SIGNALBOX_URL}", "BOX_MAX_SIZE"),
        *(
            "--quiet-mode",
            "-q",
            "--shout",
            "--no-shout",
            "--dry-run",
            "--no-dry-run",
            "--port=8000",
            "--from-docstring",
        ),
        *("--author", "-a", "--once", "--keep-going", "--colour", "--with-sound", "--in-template", "--watch", "-v"),
        *("display_name", "baseURL", "server.port", "server.tls.min-version", "cache_size", "list.name", "name"),
        *("tool.signalbox.retries", "timeoutMs", "queue_depth", "lamps.colour"),
        *("--lantern", "BOX_LANTERN"),
        *("src/signalbox/store.py", "signalbox/store.py", "store.py", "./docs/use.md", "docs/", "static/app.js"),
    ],
)
def test_what_stands_in_the_files_resolves(symbols, token):
    assert symbols.knows(token)


@pytest.mark.parametrize(
    "token",
    [
        *("", "()", "::", "#", "Lamps", "switch_of", "Lamp.switch_of()", "never_in_code", "gone_in_comment", "hidden"),
        *("signalbox.wires.Lamp", "signalbox.store.Lamp", "signalbox.lamps.nowhere", "signalbox.nothing"),
        *("SIGNALBOX_HOUSE", "BOX_MIN_SIZE", "--quite-mode", "--author-name", "--in-prose", "-x", "--", "-", "--color"),
        *("prose_word", "server.ports", "minified_name", "drawn_name", "signalbox/stores.py", "/", "use.rst"),
    ],
)
def test_what_does_not_is_unknown(symbols, token):
    assert not symbols.knows(token)


def test_merging_nothing_knows_nothing():
    assert Symbols.merge([]) == Symbols()


@settings(deadline=None)
@given(st.sampled_from(sorted(FILES)), st.text(alphabet="ab_ \n\t\"'`#/*\\-=:.[]()<>$@é", max_size=200))
def test_any_text_is_read_and_any_token_judged(path, text):
    found = symbols_of(path, text)
    assert found.knows(text) in (True, False)
    assert all(found.knows(name) for name in found.names | found.flags | found.keys)


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        *(("a.py", piece) for piece in ('"', "'", '"""', '\\"', "import *\n")),
        *(("a.ts", piece) for piece in ("/*", "`", "'a", "//")),
        *(("a.rs", piece) for piece in ("#[arg(", "#[arg()]")),
        *(("a.yaml", piece) for piece in ("a:", "-", " a:\n")),
        *(("a.toml", piece) for piece in ("[", "[a.", '"')),
        *(("a.md", piece) for piece in ("`", "`a", "    x\n", "```\n", ".. a::")),
        ("a.json", '"a'),
    ],
)
def test_hostile_files_take_no_longer_than_others(path, piece):
    text = "\n".join([piece * 200] * (400_000 // (len(piece) * 200 + 1)))
    started = time.thread_time()
    symbols_of(path, text)
    Symbols().knows(piece * 20_000)
    assert time.thread_time() - started < 2
