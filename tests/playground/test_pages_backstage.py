"""The pages behind the threads: faults, deliveries, people."""

from app.playground.hub import Hub
from app.playground.pages_forms import Form, faults_from, percents
from tests.playground.visiting import issue, visiting
from tests.playground.worlds import REPO, small_world


async def test_faults_are_set_in_percent_and_switched_off() -> None:
    hub = small_world()
    async with visiting(hub) as visitor:
        await visitor.post("/faults", data={"latency": "7", "event_loss": "0.5", "latency_s": "1.5"})
        assert (hub.faults.latency, hub.faults.event_loss, hub.faults.latency_s) == (0.07, 0.005, 1.5)
        assert 'name="latency" min="0" max="100" step="any" value="7"' in (await visitor.get("/faults")).text
        wrong = await visitor.post("/faults", data={"latency": "101"})
        assert wrong.status_code == 422
        assert 'value="101"' in wrong.text
        for text in ("nan", "inf", "many"):
            assert (await visitor.post("/faults", data={"clock_skew_s": text})).status_code == 422
        assert hub.faults.latency == 0.07
        await visitor.post("/faults", data={"verb": "off", "latency": "50"})
    assert hub.faults.latency == 0


def test_the_form_of_faults_knows_every_fault() -> None:
    hub = Hub()
    assert faults_from(Form({name: str(value) for name, value in percents(hub.faults).items()})) == hub.faults


async def test_deliveries_are_listed_shown_and_sent_again() -> None:
    hub = small_world()
    hub.webhook_url = "http://127.0.0.1:9/"
    address = issue(hub)
    (first,) = hub.state.deliveries
    first.status, first.outcome, first.answer = 503, "Service Unavailable", "try <later>"
    async with visiting(hub) as visitor:
        assert "503 Service Unavailable" in (await visitor.get("/deliveries")).text
        shown = (await visitor.get(f"/deliveries/{first.id}")).text
        assert "try &lt;later&gt;" in shown
        assert "It broke" in shown
        assert f'<a href="/deliveries/{first.id}">issues.opened</a>' in (await visitor.get(address)).text
        await visitor.post("/deliveries", data={"delivery": str(first.id)})
        assert (await visitor.post("/deliveries", data={"delivery": "1"})).status_code == 404
    assert [item.guid for item in hub.state.deliveries] == [first.guid, first.guid]


async def test_people_are_listed_by_how_often_they_were_interrupted() -> None:
    hub = small_world()
    hub.open_thread(actor="visitor", repo=REPO, title="T", body="@grace and @ada")
    async with visiting(hub) as visitor:
        page = (await visitor.get("/people")).text
    assert page.index("</span> ada") < page.index("</span> visitor")
