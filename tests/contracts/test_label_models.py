"""What every keeper of label models promises."""

from tests.contracts.conftest import Store


async def test_the_model_saved_last_is_the_newest(store: Store):
    assert await store.label_models.newest(1) is None
    for version in ("a", "b", "c"):
        await store.label_models.save(1, version, f"\0model {version}".encode(), {"examples": 3})
    assert await store.label_models.newest(1) == b"\0model c"
    await store.label_models.save(1, "a", b"again", {})
    assert await store.label_models.newest(1) == b"again"
    assert await store.label_models.newest(2) is None
