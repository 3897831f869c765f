"""What every record of installations promises."""

from datetime import timedelta

from app.domain.thread import RepositoryRef
from app.ports import InstallationInfo
from tests.contracts.conftest import Store
from tests.contracts.values import NOON


def ref(repository_id: int, name: str = "acme/a", installation_id: int = 7) -> RepositoryRef:
    return RepositoryRef(installation_id, repository_id, name)


async def test_only_active_installations_are_listed_and_keep_their_account(store: Store):
    await store.installations.set_state(7, "acme", "active")
    await store.installations.set_state(8, "globex", "active")
    await store.installations.set_state(8, "", "suspended")
    assert await store.installations.active() == [InstallationInfo(7, "acme", suspended=False)]
    await store.installations.set_state(8, "", "active")
    assert (await store.installations.active())[1] == InstallationInfo(8, "globex", suspended=False)


async def test_repositories_are_those_set_last(store: Store):
    await store.installations.set_repositories(7, [ref(1, "acme/b"), ref(2, "acme/a"), ref(2, "acme/a")])
    await store.installations.set_repositories(8, [ref(3, "globex/x", 8)])
    assert await store.installations.repositories(7) == [ref(2, "acme/a"), ref(1, "acme/b")]
    await store.installations.set_repositories(7, [ref(1, "acme/renamed"), ref(4, "acme/z")])
    assert await store.installations.repositories(7) == [ref(1, "acme/renamed"), ref(4, "acme/z")]
    assert await store.installations.repositories(8) == [ref(3, "globex/x", 8)]
    await store.installations.set_repositories(7, [])
    assert await store.installations.repositories(7) == []


async def test_a_repository_may_move_to_another_installation(store: Store):
    await store.installations.set_repositories(7, [ref(1)])
    await store.installations.set_repositories(8, [ref(1, "globex/a", 8)])
    await store.installations.set_repositories(7, [])
    assert await store.installations.repositories(7) == []
    assert await store.installations.repositories(8) == [ref(1, "globex/a", 8)]


async def test_the_reconciled_mark_survives_a_new_listing(store: Store):
    assert await store.installations.reconciled_until(1) is None
    await store.installations.set_repositories(7, [ref(1)])
    assert await store.installations.reconciled_until(1) is None
    await store.installations.set_reconciled(1, NOON)
    await store.installations.set_repositories(7, [ref(1), ref(2)])
    assert await store.installations.reconciled_until(1) == NOON


async def test_a_mark_may_come_before_the_listing(store: Store):
    await store.installations.set_reconciled(5, NOON)
    await store.installations.set_repositories(7, [ref(5)])
    assert await store.installations.reconciled_until(5) == NOON
    assert await store.installations.repositories(7) == [ref(5)]


async def test_a_deleted_installation_is_removed_after_its_grace(store: Store):
    await store.installations.set_state(7, "acme", "active")
    await store.installations.set_repositories(7, [ref(1)])
    await store.installations.set_state(7, "acme", "deleted")
    assert await store.installations.active() == []
    assert await store.installations.purge_deleted(store.now() + timedelta(hours=23)) == 0
    await store.installations.set_state(7, "acme", "deleted")  # saying it twice does not start the grace anew
    assert await store.installations.purge_deleted(store.now() + timedelta(hours=25)) == 1
    assert await store.installations.repositories(7) == []
    assert await store.installations.purge_deleted(store.now() + timedelta(hours=25)) == 0


async def test_who_comes_back_within_the_grace_keeps_everything(store: Store):
    await store.installations.set_state(7, "acme", "deleted")
    await store.installations.set_repositories(7, [ref(1)])
    await store.installations.set_state(7, "acme", "active")
    assert await store.installations.purge_deleted(store.now() + timedelta(days=9)) == 0
    assert await store.installations.repositories(7) == [ref(1)]
