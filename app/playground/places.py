"""The verbs that act on repositories: making them, their labels, their files and the App's installations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.playground import git, render, render_code, webhooks
from app.playground.limits import DEFAULT_COLOR, checked_description, checked_label_name
from app.playground.mail import Mail
from app.playground.model import (
    Commit,
    Installation,
    Label,
    Person,
    Refusal,
    Repository,
    Role,
    Thread,
    invalid,
)

GHOST = "ghost"


class Places(Mail):
    """Every verb takes keywords only, all of them JSON values, so that the control endpoint can call any of them."""

    def add_repository(
        self,
        full_name: str,
        *,
        private: bool = False,
        files: Mapping[str, str] | None = None,
        labels: Iterable[str | tuple[str, str]] = (),
        owner: str | None = None,
        roles: Mapping[str, Role] | None = None,
        description: str = "",
    ) -> Repository:
        """A new repository with one commit of `files`. Labels are names, or names with descriptions.

        `owner` is the person who owns it where the account is an organisation.
        """
        account, _, name = full_name.partition("/")
        if not account or not name or "/" in name:
            raise ValueError(f"a repository's full name is owner/name, not {full_name!r}")
        if full_name.lower() in self.state.repositories:
            raise invalid("Repository", "name", "custom", "name already exists on this account")
        if self.find_person(account) is None:
            self.add_person(account, kind="Organization" if owner not in (None, account) else "User")
        people = {self.person(login).login.lower(): role for login, role in (roles or {}).items()}
        if owner is not None:
            people[owner.lower()] = "owner"
            self.person(owner)
        now = self.now()
        repo = Repository(
            id=self.new_id(),
            owner=self.person(account).login,
            name=name,
            private=private,
            description=description,
            created_at=now,
            updated_at=now,
            roles=people,
        )
        self.state.repositories[full_name.lower()] = repo
        for item in labels:
            label, text = (item, None) if isinstance(item, str) else item
            self._new_label(repo, label, DEFAULT_COLOR, text)
        self._commit(repo, owner or repo.owner, dict(files or {}), "Start", repo.default_branch)
        installation = self.installation_for(repo)
        if installation is not None:
            self._emit_chosen(installation, owner or repo.owner, added=[repo])
        self.touch()
        return repo

    def set_role(self, *, repo: str, person: str, role: Role) -> Person:
        self.repository(repo).roles[person.lower()] = role
        self.touch()
        return self.person(person)

    def archive(self, *, repo: str, archived: bool = True) -> Repository:
        found = self.repository(repo)
        found.archived = archived
        self.touch()
        return found

    # --- labels ---

    def create_label(
        self, *, actor: str, repo: str, name: str, color: str = DEFAULT_COLOR, description: str | None = None
    ) -> Label:
        found = self.repository(repo)
        if find_label(found, name) is not None:
            raise invalid("Label", "name", "already_exists")
        label = self._new_label(found, name, color, description)
        self._emit_label("created", found, label, actor)
        return label

    def edit_label(
        self,
        *,
        actor: str,
        repo: str,
        name: str,
        new_name: str | None = None,
        color: str | None = None,
        description: str | None = None,
    ) -> Label:
        """Rename or restyle a label; threads that carry it keep it."""
        found = self.repository(repo)
        label = require_label(found, name)
        other = find_label(found, new_name or name)
        if other is not None and other is not label:
            raise invalid("Label", "name", "already_exists")
        changes = {"name": {"from": label.name}} if new_name and new_name != label.name else {}
        label.name = checked_label_name(new_name or label.name)
        label.color = color or label.color
        label.description = label.description if description is None else checked_description(description)
        self._emit_label("edited", found, label, actor, changes=changes)
        return label

    def delete_label(self, *, actor: str, repo: str, name: str) -> None:
        found = self.repository(repo)
        label = require_label(found, name)
        for thread in found.threads.values():
            thread.labels = [label_id for label_id in thread.labels if label_id != label.id]
        del found.labels[label.id]
        self._emit_label("deleted", found, label, actor)

    def _new_label(self, repo: Repository, name: str, color: str, description: str | None) -> Label:
        label = Label(self.new_id(), checked_label_name(name), color.lstrip("#"), checked_description(description))
        repo.labels[label.id] = label
        return label

    def _emit_label(
        self,
        action: str,
        repo: Repository,
        label: Label,
        actor: str,
        changes: dict[str, dict[str, str]] | None = None,
    ) -> None:
        parts = {"label": render.label(self, repo, label)} | ({"changes": changes} if changes is not None else {})
        self.emit("label", action, actor=actor, repo=repo, parts=parts)

    # --- files ---

    def push_files(
        self,
        *,
        actor: str,
        repo: str,
        files: Mapping[str, str | None],
        message: str = "Update files",
        branch: str | None = None,
    ) -> Commit:
        """Commit changed files (None deletes one) to a branch and send `push`."""
        found = self.repository(repo)
        name = branch or found.default_branch
        before = found.commits.get(found.branches.get(name, ""))
        commit = self._commit(found, actor, files, message, name)
        self._emit_push(found, actor, f"refs/heads/{name}", before=before, after=commit)
        for thread in found.threads.values():
            if thread.head is not None and thread.head.ref == name and thread.state == "open" and before:
                thread.head.sha = commit.sha
                self._emit_synchronize(found, thread, actor, before.sha, commit.sha)
        return commit

    def push_tag(self, *, actor: str, repo: str, name: str, commit: str = "") -> Commit:
        """Make or move the tag of this name and send `push`; without a commit's sha it is the default branch's."""
        found = self.repository(repo)
        tagged = found.commits.get(commit or found.branches[found.default_branch])
        if tagged is None or not name:
            raise invalid("Reference", "ref", "invalid", "a tag needs a name and the whole sha of a commit")
        before = found.commits.get(found.tags.get(name, ""))
        found.tags[name] = tagged.sha
        self._emit_push(found, actor, f"refs/tags/{name}", before=before, after=tagged)
        return tagged

    def _emit_push(self, repo: Repository, actor: str, ref: str, *, before: Commit | None, after: Commit) -> None:
        listed = render_code.pushed_commit(self, repo, after, before)
        old, tag = before.sha if before else "0" * 40, ref.startswith("refs/tags/")
        parts = {
            "ref": ref,
            "before": old,
            "after": after.sha,
            "created": before is None,
            "deleted": False,
            "forced": tag and before is not None,
            "base_ref": None,
            "compare": f"{self.base_url}/{repo.full_name}/compare/{old}...{after.sha}",
            "commits": [] if tag else [listed],
            "head_commit": listed,
            "pusher": {"name": actor, "email": f"{actor}@users.noreply.github.com"},
        }
        self.emit("push", None, actor=actor, repo=repo, parts=parts)

    def _emit_synchronize(self, repo: Repository, thread: Thread, actor: str, before: str, after: str) -> None:
        thread.updated_at = self.now()
        pull = render_code.pull_request(self, repo, thread)
        parts = {"number": thread.number, "pull_request": pull, "before": before, "after": after}
        self.emit("pull_request", "synchronize", actor=actor, repo=repo, parts=parts)

    def _commit(
        self, repo: Repository, author: str, files: Mapping[str, str | None], message: str, branch: str
    ) -> Commit:
        parent = repo.branches.get(branch) or repo.branches.get(repo.default_branch)
        tree = dict(repo.commits[parent].tree) if parent else {}
        for path, text in files.items():
            if text is None:
                tree.pop(path, None)
            else:
                tree[path] = git.blob_sha(text)
                repo.blobs[tree[path]] = text
        at, tree_sha, parents = self.now(), git.tree_shas(tree)[""], [parent] if parent else []
        moment = datetime.fromisoformat(at)
        sha = git.commit_sha(tree=tree_sha, parents=parents, author=author, at=moment, message=message)
        commit = repo.commits[sha] = Commit(sha, tree_sha, tree, parents, message, author, at)
        repo.branches[branch] = sha
        repo.updated_at = at
        return commit

    # --- installations of the App ---

    def install(self, *, account: str, actor: str = GHOST, repositories: Sequence[str] | None = None) -> Installation:
        """Install the App on an account, for all its repositories or for the named ones."""
        if any(item.account.lower() == account.lower() for item in self.state.installations.values()):
            raise invalid("Installation", "account", "already_exists", f"already installed on {account}")
        now = self.now()
        chosen = None if repositories is None else [self.repository(name).id for name in repositories]
        installation = Installation(
            self.new_id(), self.person(account).login, now, now, dict(self.state.app.permissions), chosen
        )
        self.state.installations[installation.id] = installation
        self._emit_installed("created", installation, actor, self.installed_repositories(installation))
        return installation

    def suspend(self, *, installation: int, actor: str = GHOST) -> Installation:
        found = self.installation(installation)
        found.suspended_at, found.suspended_by = self.now(), self.person(actor).login
        self._emit_installed("suspend", found, actor)
        return found

    def unsuspend(self, *, installation: int, actor: str = GHOST) -> Installation:
        found = self.installation(installation)
        found.suspended_at = found.suspended_by = None
        self._emit_installed("unsuspend", found, actor)
        return found

    def accept_permissions(
        self, *, installation: int, permissions: Mapping[str, str], actor: str = GHOST
    ) -> Installation:
        """The account agrees to these permissions; tokens minted from now on carry them."""
        found = self.installation(installation)
        found.permissions, found.updated_at = dict(permissions), self.now()
        self._emit_installed("new_permissions_accepted", found, actor)
        return found

    def uninstall(self, *, installation: int, actor: str = GHOST) -> None:
        """Remove the App from an account; its tokens die with it."""
        found = self.installation(installation)
        self._emit_installed("deleted", found, actor, self.installed_repositories(found))
        del self.state.installations[installation]

    def choose_repositories(
        self, *, installation: int, repositories: Sequence[str], actor: str = GHOST
    ) -> Installation:
        """Narrow or widen an installation to exactly these repositories."""
        found = self.installation(installation)
        old = {repo.id: repo for repo in self.installed_repositories(found)}
        found.repositories = [self.repository(name).id for name in repositories]
        new = {repo.id: repo for repo in self.installed_repositories(found)}
        added = [repo for repo_id, repo in new.items() if repo_id not in old]
        removed = [repo for repo_id, repo in old.items() if repo_id not in new]
        self._emit_chosen(found, actor, added=added, removed=removed)
        return found

    def installation(self, installation_id: int) -> Installation:
        found = self.state.installations.get(installation_id)
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def installed_repositories(self, installation: Installation) -> list[Repository]:
        return [
            repo
            for repo in self.state.repositories.values()
            if repo.owner.lower() == installation.account.lower()
            and (installation.repositories is None or repo.id in installation.repositories)
        ]

    def _emit_chosen(
        self,
        installation: Installation,
        actor: str,
        *,
        added: Sequence[Repository] = (),
        removed: Sequence[Repository] = (),
    ) -> None:
        selection = "all" if installation.repositories is None else "selected"
        for action, changed in (("added", added), ("removed", removed)):
            if changed:
                listed = [render.small_repository(repo) for repo in changed]
                parts = webhooks.installation_parts(self, installation.id) | {
                    "repository_selection": selection,
                    "repositories_added": listed if action == "added" else [],
                    "repositories_removed": listed if action == "removed" else [],
                    "requester": None,
                }
                self.emit_installation(
                    "installation_repositories", action, actor=actor, installation=installation, parts=parts
                )

    def _emit_installed(
        self,
        action: str,
        installation: Installation,
        actor: str,
        repositories: Sequence[Repository] | None = None,
    ) -> None:
        parts = webhooks.installation_parts(self, installation.id) | {"requester": None}
        if repositories is not None:
            parts["repositories"] = [render.small_repository(repo) for repo in repositories]
        self.emit_installation("installation", action, actor=actor, installation=installation, parts=parts)


def find_label(repo: Repository, name: str) -> Label | None:
    """GitHub compares label names without regard to case."""
    wanted = name.casefold()
    return next((label for label in repo.labels.values() if label.name.casefold() == wanted), None)


def require_label(repo: Repository, name: str) -> Label:
    label = find_label(repo, name)
    if label is None:
        raise Refusal(404, "Not Found")
    return label
