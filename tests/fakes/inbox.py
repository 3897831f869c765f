"""The inbox in memory; it plans into a FakeWorkQueue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.ports import Delivery
from tests.fakes.work_queue import FakeWorkQueue


@dataclass
class FakeInbox:
    queue: FakeWorkQueue
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    async def add(self, deliveries: Sequence[Delivery]) -> list[int | None]:
        new = {delivery.guid: delivery for delivery in deliveries if delivery.guid not in self.deliveries}
        self.deliveries |= new
        ids: dict[str, int] = {}
        for guid, delivery in new.items():
            for order in (one for one in (delivery.order, delivery.listen) if one is not None):
                ids.setdefault(guid, self.queue.plan(order).id)
        return [ids.get(delivery.guid) for delivery in deliveries]

    async def body(self, guid: str) -> bytes | None:
        delivery = self.deliveries.get(guid)
        return delivery.body if delivery is not None else None
