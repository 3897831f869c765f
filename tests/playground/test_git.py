import gzip
import io
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.playground.git import blob_sha, commit_sha, patch, tarball, tree_shas

FILES = {"README.md": "# Hello\n", "a/b/c.txt": "deep", "a/b.txt": "", "a-b": "sorts between", "z/ü b.md": "ünï\n"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_names_are_the_ones_git_gives(tmp_path: Path):
    def run(*arguments: str) -> str:
        command = ["git", "-c", "user.name=ada", "-c", "user.email=ada@users.noreply.github.com", *arguments]
        stamp = {"GIT_AUTHOR_DATE": "1790000000 +0000", "GIT_COMMITTER_DATE": "1790000000 +0000", "HOME": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, env=stamp, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    run("init", "-q")
    run("add", *FILES)
    trees = tree_shas({path: blob_sha(text) for path, text in FILES.items()})
    assert run("hash-object", "README.md") == blob_sha(FILES["README.md"])
    assert run("write-tree") == trees[""]
    run("commit", "-q", "-m", "Start")
    assert run("rev-parse", "HEAD:a/b") == trees["a/b"]
    sha = commit_sha(
        tree=trees[""], parents=[], author="ada", at=datetime.fromtimestamp(1_790_000_000, UTC), message="Start\n"
    )
    assert run("rev-parse", "HEAD") == sha


def test_the_empty_tree_has_gits_famous_name():
    assert tree_shas({}) == {"": "4b825dc642cb6eb9a060e54bf8d69288fbee4904"}


def test_an_archive_holds_every_file_under_its_prefix_and_is_reproducible():
    data = tarball("o-r-abc", FILES)
    assert data == tarball("o-r-abc", dict(reversed(FILES.items())))
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        read = {member.name: (tar.extractfile(member) or io.BytesIO()).read().decode() for member in tar.getmembers()}
    assert read == {f"o-r-abc/{path}": text for path, text in FILES.items()}


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_a_patch_counts_what_it_adds_and_removes(old: list[str], new: list[str]):
    text, added, removed = patch("\n".join(old), "\n".join(new))
    assert added - removed == len(new) - len(old)
    assert (text == "") == (old == new)
