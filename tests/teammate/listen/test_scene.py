from app.teammate.listen.scene import Told


def test_what_only_a_webhook_tells():
    assert Told.read("edited:99:grace") == Told("edited", "grace", "99")
    assert Told.read("deleted:DC_x:grace") == Told("deleted", "grace", "DC_x")
    assert Told.read("unlabeled:grace:area: parser") == Told("unlabeled", "grace", "area: parser")
    assert Told.read("transferred:grace") == Told("transferred", "grace")
    assert [Told.read(trigger) for trigger in ("act", "look", "run", "bulk", "", "edited:99", "opened:1:2")] == [
        None
    ] * 7
