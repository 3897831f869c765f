"""Prompt files: what is read, what is refused and where, what is the same version, what is live."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.prompt_files import BUNDLED, PromptFiles, in_share, read_prompt
from app.errors import ConfigurationError

FRONT = """\
# which labels fit
name: triage
model: anthropic/claude-haiku-5-5
config: {max_tokens: 512, effort: low}
input:
  schema: {labels: string, title: string}
output: {schema: TriageDecision}
metadata: {owners: ["@ada"], description: labels}
plumbline.labels: {bug: something is broken}
plumbline.examples:
  - {title: It crashes, body: "", labels: [bug]}
litellm.route: cheap
"""
BODY = """\
{{ role("system") }}Pick labels.
{# nobody reads this #}
{{ role("user") }}{{ labels }}{{ cache() }}
{{ title }}
"""


def write(root: Path, *, front: str = FRONT, body: str = BODY, version: int = 1, name: str = "triage") -> Path:
    path = root / name / f"v{version}.prompt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}---\n{body}", "utf-8")
    return path


def live(root: Path, text: str) -> None:
    """Edit live.toml as an editor does: a new file, moved into place."""
    path = root / "live.new"
    path.write_text(text, "utf-8")
    path.replace(root / "live.toml")


def test_a_file_is_read_whole(tmp_path):
    prompt = read_prompt(write(tmp_path, version=12))
    assert prompt.id == "triage@12"
    assert prompt.model == "anthropic/claude-haiku-5-5"
    assert prompt.config == {"max_tokens": 512, "effort": "low"}
    assert prompt.template == BODY
    assert prompt.label_hints == {"bug": "something is broken"}
    assert prompt.examples == ({"title": "It crashes", "body": "", "labels": ["bug"]},)
    assert prompt.metadata == {"owners": ["@ada"], "description": "labels", "litellm.route": "cheap"}


@pytest.mark.parametrize("name", ["triage", "answer"])
def test_the_bundled_prompts_are_sound(name):
    prompt = read_prompt(BUNDLED / name / "v1.prompt")
    assert prompt.metadata["owners"]
    assert prompt.metadata["description"]
    assert "temperature" not in prompt.config


# --- the digest ------------------------------------------------------------------------------------------

SAME = {
    "a YAML comment": (FRONT.replace("# which labels fit", "# other words"), BODY),
    "owners": (FRONT.replace("@ada", "@grace"), BODY),
    "a key of another tool": (FRONT.replace("cheap", "dear"), BODY),
    "a template comment": (FRONT, BODY.replace("nobody reads this", "still nobody")),
    "the order of keys": (FRONT.replace("{max_tokens: 512, effort: low}", "{effort: low, max_tokens: 512}"), BODY),
    "line ends": (FRONT, BODY.replace("\n", "\r\n")),
}
OTHER = {
    "model": (FRONT.replace("haiku-5-5", "sonnet-5-5"), BODY),
    "config": (FRONT.replace("512", "513"), BODY),
    "input": (FRONT.replace("title: string}", "title: a string}"), BODY),
    "one byte of the template": (FRONT, BODY.replace("Pick", "pick")),
    "a label hint": (FRONT.replace("something is broken", "it broke"), BODY),
    "an example": (FRONT.replace("It crashes", "It hangs"), BODY),
}


@pytest.mark.parametrize("change", SAME)
def test_what_does_not_change_behaviour_does_not_change_the_digest(tmp_path, change):
    front, body = SAME[change]
    assert (front, body) != (FRONT, BODY)
    assert read_prompt(write(tmp_path / "b", front=front, body=body)).digest == read_prompt(write(tmp_path)).digest


@pytest.mark.parametrize("change", OTHER)
def test_what_changes_behaviour_changes_the_digest(tmp_path, change):
    front, body = OTHER[change]
    assert read_prompt(write(tmp_path / "b", front=front, body=body)).digest != read_prompt(write(tmp_path)).digest


# --- what is refused -------------------------------------------------------------------------------------

BROKEN = {
    "no name": (FRONT.replace("name: triage\n", ""), BODY, 1, "name: Field required"),
    "unknown skill": (FRONT.replace("name: triage", "name: tirage"), BODY, 3, "'answer' or 'pull-request'"),
    "other provider": (FRONT.replace("anthropic/", "openai/"), BODY, 4, "String should match"),
    "temperature": (FRONT.replace("effort: low", "temperature: 0.2"), BODY, 5, "temperature: Extra inputs"),
    "effort": (FRONT.replace("effort: low", "effort: huge"), BODY, 5, "effort"),
    "max_tokens": (FRONT.replace("512", "a lot"), BODY, 5, "max_tokens"),
    "unknown input": (FRONT.replace("title: string}", "titel: string}"), BODY, 7, "there is no input 'titel'"),
    "other output": (FRONT.replace("TriageDecision", "AnswerDecision"), BODY, 8, "not 'AnswerDecision'"),
    "hints as list": (FRONT.replace("{bug: something is broken}", "[bug]"), BODY, 10, "valid dictionary"),
    "bad YAML": (FRONT.replace("{schema: TriageDecision}", "{schema: ["), BODY, 10, "expected"),
    "YAML tag": (FRONT.replace("cheap", "!!python/object/apply:os.system [ls]"), BODY, 13, "constructor"),
    "no mapping": ("- a\n- b\n", BODY, 1, "valid dictionary"),
    "undeclared variable": (FRONT, BODY + "{{ passages }}\n", 19, "'passages' is not in input.schema"),
    "template syntax": (FRONT, BODY + "{% if %}\n", 19, "Expected an expression"),
    "unknown filter": (FRONT, BODY.replace("{{ title }}", "{{ title | safe }}"), 18, "No filter named 'safe'"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_refused_with_file_and_line(tmp_path, what):
    front, body, line, said = BROKEN[what]
    path = write(tmp_path, front=front, body=body)
    with pytest.raises(ConfigurationError) as caught:
        read_prompt(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_all_problems_are_said_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        read_prompt(write(tmp_path, front=FRONT.replace("512", "0").replace("haiku", "HAIKU")))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "must start with"), ("name: triage\n", "must start with"), ("---\nname: triage\n", "never ends")],
)
def test_a_file_without_front_matter_says_what_is_missing(tmp_path, text, said):
    path = write(tmp_path)
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_prompt(path)


def test_a_file_in_the_wrong_place_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="lies in 'answer'"):
        read_prompt(write(tmp_path, name="answer"))
    with pytest.raises(ConfigurationError, match=r"v<number>\.prompt"):
        read_prompt(tmp_path / "triage" / "latest.prompt")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_prompt(tmp_path / "triage" / "v7.prompt")


# --- what is live ----------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    write(tmp_path)
    write(tmp_path, version=2, body=BODY.replace("Pick", "Choose"))
    live(tmp_path, "[triage]\nstable = 1\n")
    return tmp_path


def test_a_release_and_a_rollback_need_no_restart(root):
    prompts = PromptFiles(root)
    assert prompts.live("triage", "1#1").id == "triage@1"
    live(root, "[triage]\nstable = 2\n# released\n")
    assert prompts.live("triage", "1#1").id == "triage@2"
    live(root, "[triage]\nstable = 1\n# rolled back\n")
    assert prompts.live("triage", "1#1").id == "triage@1"


def test_a_canary_takes_its_share_and_always_the_same_threads(root):
    live(root, "[triage]\nstable = 1\ncanary = 2\nshare = 0.1\n")
    prompts = PromptFiles(root)
    chosen = [prompts.live("triage", f"7#{number}").version for number in range(3_000)]
    assert 0.08 < chosen.count(2) / len(chosen) < 0.12
    again = PromptFiles(root)
    assert chosen[:200] == [again.live("triage", f"7#{number}").version for number in range(200)]


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_the_threads_it_had(key, one, other):
    if in_share(key, min(one, other)):
        assert in_share(key, max(one, other))
    assert in_share(key, 1.0)
    assert not in_share(key, 0.0)


@pytest.mark.parametrize(
    "broken",
    ["[triage\n", "[triage]\nstable = 9\n", "[triage]\nstable = 0\n", "[triage]\nstabel = 1\n", "[spam]\nstable = 1\n"],
)
def test_a_broken_release_keeps_the_last_good_one(root, broken, capsys):
    prompts = PromptFiles(root)
    live(root, broken)
    for _ in range(3):
        assert prompts.live("triage", "1#1").id == "triage@1"
    assert capsys.readouterr().out.count("prompts_broken") == 1
    live(root, "[triage]\nstable = 2\n")
    assert prompts.live("triage", "1#1").id == "triage@2"


def test_a_vanished_directory_keeps_the_last_good_one(root):
    prompts = PromptFiles(root)
    shutil.rmtree(root)
    assert prompts.live("triage", "1#1").id == "triage@1"


def test_a_half_written_prompt_reaches_nobody_before_it_is_released(root):
    prompts = PromptFiles(root)
    (root / "triage" / "v1.prompt").write_text("---\nname: tri")
    assert prompts.live("triage", "1#1").template == BODY


def test_starting_with_nothing_usable_says_what_to_do(tmp_path, root):
    with pytest.raises(ConfigurationError, match="PLUMBLINE_PROMPTS_DIR"):
        PromptFiles(tmp_path / "nowhere")
    live(root, "[triage]\nstable = 3\n")
    with pytest.raises(ConfigurationError, match=r"v3\.prompt: cannot be read"):
        PromptFiles(root)
    with pytest.raises(ConfigurationError, match=r"no section \[poetry\]"):
        PromptFiles().live("poetry", "1#1")
