"""Undo: what takes our own writes back, made of the outbox's rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain.effect import CommentPayload, Effect, LabelsPayload, RetractPayload, UnlabelPayload
from app.domain.thread import ThreadRef
from app.ports import Ledger, Outbox


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What must be written to take effects back, by their ids; `anything` is False where there was nothing of ours."""

    payloads: Sequence[tuple[int, UnlabelPayload | RetractPayload]]
    anything: bool


async def take_back(outbox: Outbox, ledger: Ledger, ref: ThreadRef, ids: Collection[int], *, by: str) -> TakenBack:
    """Stop what is not written yet, then undo what is: it may have been written just now."""
    stopped = [await outbox.withdraw(effect_id, f"undone by {by}") for effect_id in sorted(ids)]
    effects = [one for one in await ledger.effects(ref) if one.id in ids]
    payloads = [(one.id, payload) for one in effects if (payload := _reverse(one)) is not None]
    return TakenBack(payloads, anything=any(stopped) or bool(payloads))


def _reverse(effect: Effect) -> UnlabelPayload | RetractPayload | None:
    """What undoes an effect that is done; None where nothing of it stands."""
    if effect.state != "done":
        return None
    match effect.payload:
        case CommentPayload() if effect.remote_id is not None:
            return RetractPayload(remote_id=effect.remote_id, undoes=effect.id)
        case LabelsPayload(names=names):
            ours = names if effect.wrote is None else effect.wrote.labels
            return UnlabelPayload(names=ours, undoes=effect.id) if ours else None
        case _:
            return None
