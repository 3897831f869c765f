"""Who installed the App on what: GitHub is asked, and what it says is stored, parked, resumed and indexed."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from app.domain.effect import WriteAnswer
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.work import WorkOrder
from app.errors import GitHubError
from app.ports import InstallationInfo, InstallationState
from app.teammate.attend import attend_next
from app.teammate.index import index_order
from app.teammate.installation import attend_installation, sync_all, sync_installation
from app.teammate.publish import publish_next
from tests.fakes.clock import START
from tests.fakes.installations import FakeInstallations
from tests.fakes.parts import ACCOUNT, INSTALLATION, REPOSITORY, FakeHouse
from tests.fakes.work_queue import FakeWorkQueue

ENGINE, NOTES = REPOSITORY, RepositoryRef(INSTALLATION, 841, "ada/notes")
SUSPENDED = replace(ACCOUNT, suspended=True)
OTHER = InstallationInfo(8, "grace", suspended=False)
THEIRS = RepositoryRef(8, 900, "grace/compiler")


pytestmark = pytest.mark.usefixtures("logs")


def installed(*refs: RepositoryRef, info: InstallationInfo = ACCOUNT) -> FakeHouse:
    house = FakeHouse()
    house.github.installed[info] = list(refs)
    return house


async def attend(house: FakeHouse, *triggers: str) -> None:
    """Do what the events ask for, and whatever was due before."""
    row = house.plan_installation(*triggers)
    while row.state == "planned":
        assert await attend_next(house.parts) is True
    assert row.state == "done"


def state(house: FakeHouse, installation_id: int = INSTALLATION) -> str:
    return house.installations.states[installation_id][1]


def to_index(house: FakeHouse) -> list[int]:
    return [row.order.repository_id for row in house.queue.rows.values() if row.order.kind == "index"]


# --- one installation ------------------------------------------------------------------------------------


async def test_a_new_installation_is_known_and_its_repositories_are_indexed_at_once():
    house = installed(ENGINE, NOTES)
    await attend(house, "installation.created")
    assert house.installations.states == {INSTALLATION: ("ada", "active")}
    assert await house.installations.repositories(INSTALLATION) == [ENGINE, NOTES]
    rows = [row for row in house.queue.rows.values() if row.order.kind == "index"]
    assert [row.order for row in rows] == [index_order(ENGINE, "installed"), index_order(NOTES, "installed")]
    assert house.bell.rung_work == [row.id for row in rows]
    assert house.outbox.parked == {}


def test_an_order_to_index_coalesces_with_that_of_a_push():
    order = index_order(NOTES, "installed")
    assert order == WorkOrder("index:841", "index", "installed", INSTALLATION, 841, "ada/notes")


async def test_a_repository_that_is_added_is_indexed_and_the_known_ones_are_not_again():
    house = installed(ENGINE)
    await attend(house, "installation.created")
    house.queue.rows.pop("index:840")
    house.bell.rung_work.clear()
    house.github.installed[ACCOUNT] = [ENGINE, NOTES]
    await attend(house, "installation_repositories.added")
    assert to_index(house) == [841]
    assert len(house.bell.rung_work) == 1


async def test_a_repository_that_is_removed_is_forgotten():
    house = installed(ENGINE, NOTES)
    await attend(house, "installation.created")
    house.bell.rung_work.clear()
    house.github.installed[ACCOUNT] = [NOTES]
    await attend(house, "installation_repositories.removed")
    assert await house.installations.repositories(INSTALLATION) == [NOTES]
    assert house.bell.rung_work == []


async def test_a_renamed_repository_is_indexed_anew_because_permalinks_carry_its_name():
    house = installed(ENGINE)
    await attend(house, "installation.created")
    renamed = replace(ENGINE, name="ada/motor")
    house.github.installed[ACCOUNT] = [renamed]
    house.bell.rung_work.clear()
    await attend(house, "repository.renamed")
    assert await house.installations.repositories(INSTALLATION) == [renamed]
    assert [row.order.repository for row in house.queue.rows.values() if row.order.kind == "index"] == ["ada/motor"]
    assert len(house.bell.rung_work) == 1


async def test_an_installation_without_repositories():
    house = installed()
    await attend(house, "installation.created")
    assert state(house) == "active"
    assert to_index(house) == house.bell.rung_work == []


@pytest.mark.parametrize(
    "triggers", list(permutations(("installation.created", "installation.deleted", "repository.renamed")))
)
async def test_a_deletion_is_final_whatever_came_with_it_in_whatever_order(triggers: Sequence[str]):
    house = installed(ENGINE)
    await attend(house, *triggers)
    assert state(house) == "deleted"
    assert house.outbox.parked == {INSTALLATION: "the App was uninstalled"}
    assert house.github.reads == []
    assert to_index(house) == []


async def test_what_github_does_not_know_is_deleted():
    house = installed(THEIRS, info=OTHER)
    await attend(house, "installation_repositories.added")
    assert state(house) == "deleted"
    assert house.outbox.parked == {INSTALLATION: "the App was uninstalled"}
    assert 8 not in house.installations.states


async def test_deletion_keeps_the_account_and_starts_the_grace_once():
    house = installed(ENGINE)
    await attend(house, "installation.created")
    await attend(house, "installation.deleted")
    since = house.installations.deleted_at[INSTALLATION]
    house.clock.advance(3600)
    await attend(house, "installation.deleted")
    assert house.installations.states[INSTALLATION] == ("ada", "deleted")
    assert house.installations.deleted_at[INSTALLATION] == since
    house.clock.advance(23 * 3600)
    assert await house.installations.purge_deleted(house.clock.now()) == 1


async def test_suspended_is_parked_without_a_token_and_unsuspended_goes_on():
    house = installed(ENGINE)
    await attend(house, "installation.created")
    house.plan()
    while await attend_next(house.parts):
        pass
    assert [row.state for row in house.outbox.rows.values()] == ["planned", "planned"]

    house.github.installed = {SUSPENDED: [ENGINE]}
    house.github.reads.clear()
    await attend(house, "installation.suspend")
    assert state(house) == "suspended"
    assert [what for what, _ in house.github.reads] == ["installations"]
    assert await house.installations.repositories(INSTALLATION) == [ENGINE]
    assert await publish_next(house.parts) is False

    house.github.installed = {ACCOUNT: [ENGINE]}
    await attend(house, "installation.unsuspend")
    assert state(house) == "active"
    assert house.outbox.parked == {}
    assert await publish_next(house.parts) is True


async def test_suspend_and_unsuspend_in_one_lease_end_as_github_says():
    for info, expected in ((SUSPENDED, "suspended"), (ACCOUNT, "active")):
        house = installed(ENGINE, info=info)
        await attend(house, "installation.unsuspend", "installation.suspend")
        assert state(house) == expected


async def test_new_permissions_resume_what_was_parked():
    house = installed(ENGINE)
    await house.outbox.park_installation(INSTALLATION, "Resource not accessible")
    await attend(house, "installation.new_permissions_accepted")
    assert house.outbox.parked == {}


async def test_a_broken_bell_changes_nothing():
    house = installed(ENGINE)
    house.bell.broken = True
    await attend(house, "installation.created")
    assert to_index(house) == [840]
    assert len(await house.queue.due(9)) == 1


async def test_a_refusal_goes_up_and_the_next_try_completes_it():
    house = installed(ENGINE)
    house.github.failures.extend([None, WriteAnswer(502, "Bad Gateway")])
    house.plan_installation("installation.created")
    lease = await house.lease()
    with pytest.raises(GitHubError):
        await attend_installation(house.parts, lease)
    assert await house.installations.repositories(INSTALLATION) == []
    await attend_installation(house.parts, lease)
    assert await house.installations.repositories(INSTALLATION) == [ENGINE]
    assert to_index(house) == [840]


class Dying(FakeWorkQueue):
    """Its database goes away after an order was stored, once."""

    died = False

    async def order(self, orders: Sequence[WorkOrder]) -> list[int]:
        ids = await super().order(orders)
        if not self.died:
            self.died = True
            raise ConnectionError("gone")
        return ids


async def test_a_crash_between_knowing_and_indexing_forgets_no_index():
    house = installed(ENGINE)
    house.queue = Dying(house.clock.now)
    with pytest.raises(ConnectionError):
        await sync_installation(house.parts, INSTALLATION)
    house.queue.rows.clear()  # the transaction was rolled back
    await sync_installation(house.parts, INSTALLATION)
    assert to_index(house) == [840]
    assert house.bell.rung_work != []


# --- all of them -----------------------------------------------------------------------------------------


async def test_what_no_event_announced_is_found():
    house = installed(ENGINE)
    house.github.installed[OTHER] = [THEIRS]
    await house.installations.set_state(6, "linus", "active")
    await house.installations.set_state(5, "gone before", "suspended")
    await sync_all(house.parts)
    assert {id_: one for id_, (_, one) in house.installations.states.items()} == {
        INSTALLATION: "active",
        8: "active",
        6: "deleted",
        5: "suspended",
    }
    assert house.outbox.parked == {6: "the App was uninstalled"}
    assert sorted(to_index(house)) == [840, 900]


async def test_the_list_is_read_once_however_many_there_are():
    house = installed(ENGINE)
    for number in range(20, 40):
        house.github.installed[InstallationInfo(number, f"a{number}", suspended=False)] = []
    await sync_all(house.parts)
    assert [what for what, _ in house.github.reads].count("installations") == 1


async def test_one_that_cannot_be_read_does_not_stop_the_others(logs: list[MutableMapping[str, Any]]):
    house = installed(ENGINE)
    house.github.installed[OTHER] = [THEIRS]
    house.github.failures.extend([None, WriteAnswer(403, "suspended", stage="token")])
    await sync_all(house.parts)
    assert await house.installations.repositories(INSTALLATION) == []
    assert await house.installations.repositories(8) == [THEIRS]
    assert [(line["event"], line["installation"]) for line in logs] == [("installation_not_synced", INSTALLATION)]


async def test_a_list_that_cannot_be_read_deletes_nobody():
    house = installed(ENGINE)
    await sync_all(house.parts)
    house.github.failures.append(WriteAnswer(502, "Bad Gateway"))
    with pytest.raises(GitHubError):
        await sync_all(house.parts)
    assert state(house) == "active"


@dataclass
class Watched(FakeInstallations):
    """Remembers every state that was ever set."""

    said: list[tuple[int, InstallationState]] = field(default_factory=list)

    async def set_state(self, installation_id: int, account: str, state: InstallationState) -> None:
        self.said.append((installation_id, state))
        await super().set_state(installation_id, account, state)


async def test_syncing_twice_changes_nothing():
    house = installed(ENGINE, NOTES)
    house.installations = watched = Watched(house.clock.now)
    await sync_all(house.parts)
    known = (dict(house.installations.states), dict(house.installations.refs), len(house.bell.rung_work))
    await sync_all(house.parts)
    assert known == (house.installations.states, house.installations.refs, len(house.bell.rung_work))
    assert watched.said == [(INSTALLATION, "active")] * 2


# --- since when ------------------------------------------------------------------------------------------


async def since(house: FakeHouse, ref: RepositoryRef) -> list[datetime]:
    return [act.at for act in await house.ledger.acts(ThreadRef(ref, "issue", 0)) if act.kind == "installed"]


async def test_the_first_repositories_are_ours_since_the_installation():
    at = START - timedelta(days=3)
    house = installed(ENGINE, NOTES, info=replace(ACCOUNT, created_at=at))
    await sync_all(house.parts)
    assert await since(house, ENGINE) == await since(house, NOTES) == [at]


async def test_a_repository_that_comes_later_is_ours_since_then():
    house = installed(ENGINE, info=replace(ACCOUNT, created_at=START - timedelta(days=3)))
    await sync_all(house.parts)
    house.github.installed[ACCOUNT].append(NOTES)
    house.clock.advance(3600)
    await sync_all(house.parts)
    assert await since(house, NOTES) == [START + timedelta(minutes=55)]
    assert await since(house, ENGINE) == [START - timedelta(days=3)]
    house.clock.advance(3600)
    await sync_all(house.parts)
    assert await since(house, NOTES) == [START + timedelta(minutes=55)]


async def test_where_github_does_not_say_when_it_is_since_we_know():
    house = installed(ENGINE)
    await sync_all(house.parts)
    assert await since(house, ENGINE) == [START - timedelta(minutes=5)]
