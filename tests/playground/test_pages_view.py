"""What is made ready for templates: texts without markup of their own, a thread as one column, voices."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from app.playground import pages_view as view
from tests.playground.visiting import NEW, Seen, issue, only_thread, visiting
from tests.playground.worlds import REPO, small_world


async def test_labels_say_who_gave_them_and_people_remove_them() -> None:
    hub = small_world()
    address = issue(hub)
    hub.add_labels(actor=hub.state.app.login, repo=REPO, number=1, names=["bug", "area/ui"])
    async with visiting(hub) as visitor:
        await visitor.post(address, data={"verb": "label", "person": "grace", "label": "question"})
        await visitor.post(address, data={"verb": "unlabel", "person": "grace", "label": "area/ui"})
        listed = (await visitor.get(f"/{REPO}?label=bug")).text
    repo = hub.state.repositories[REPO]
    tags = view.tags(hub, repo, only_thread(hub))
    assert [(tag.name, tag.ours) for tag in tags] == [("bug", True), ("question", False)]
    assert "given by the teammate" in listed
    lines = [item for item in view.column(hub, repo, only_thread(hub), "") if isinstance(item, view.Happened)]
    assert [(line.by.part, line.did, line.labels) for line in lines] == [
        ("teammate", "added", ("bug", "area/ui")),
        ("member", "added", ("question",)),
        ("member", "removed", ("area/ui",)),
    ]


async def test_the_teammates_comment_hides_its_marker_and_links_its_trace() -> None:
    hub = small_world()
    address = issue(hub)
    body = "Do this.\n\n```\n<!-- shown -->\n```\n\n<!-- plumbline:1 0123 -->"
    hub.comment(actor=hub.state.app.login, repo=REPO, number=1, body=body)
    async with visiting(hub, product_url="http://127.0.0.1:8000/") as visitor:
        page = (await visitor.get(address)).text
    assert "plumbline:1" not in page
    assert "&lt;!-- shown --&gt;" in page
    assert f'href="http://127.0.0.1:8000/runs?repository={quote(REPO, safe="")}&amp;number=1"' in page
    async with visiting(hub) as visitor:
        assert "/runs?" not in (await visitor.get(address)).text


def test_replies_follow_what_they_answer() -> None:
    hub = small_world()
    number = hub.open_thread(actor="visitor", repo=REPO, title="Why?", kind="discussion").number
    first = hub.comment(actor="ada", repo=REPO, number=number, body="one")
    hub.comment(actor="ada", repo=REPO, number=number, body="two")
    reply = hub.comment(actor="grace", repo=REPO, number=number, body="one, again", parent=first.id)
    repo = hub.state.repositories[REPO]

    def texts() -> list[str]:
        column = view.column(hub, repo, repo.threads[number], "")
        return [item.text.striptags() for item in column if isinstance(item, view.Said)]

    assert texts() == ["", "one", "one, again", "two"]
    hub.delete_comment(actor="ada", repo=REPO, comment=first.id)
    assert texts() == ["", "two", "one, again"]
    assert reply.id in repo.threads[number].comments


@given(st.text() | st.from_regex(r"(<[a-z!/]+ ?[a-z=\"':()]*>?|[\[\]()#*`~>!-]|javascript:|&[a-z]+;|\n| |x){1,30}"))
def test_no_text_becomes_more_than_markdown(text: str) -> None:
    seen = Seen(view.html(text))
    plain = {"p", "a", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "br", "hr"}
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in seen.tags} <= plain | tables | {f"h{level}" for level in range(1, 7)}
    for _, attributes in seen.tags:
        assert attributes.keys() <= {"href", "title", "class", "start", "style"}
    for address in seen.attributes("href"):
        assert not address.lower().lstrip().startswith(("javascript:", "vbscript:", "data:", "file:"))


async def test_names_and_texts_cannot_leave_their_place() -> None:
    hub = small_world()
    evil = '"><script src=/x></script><img onerror=x>'
    hub.create_label(actor="ada", repo=REPO, name=f"l{evil}"[:50], description=evil)
    hub.person(evil)
    address = issue(hub, author=evil, title=evil, body=evil)
    hub.add_labels(actor=evil, repo=REPO, number=1, names=[f"l{evil}"[:50]])
    hub.push_files(actor="ada", repo=REPO, files={f"docs/{evil}": evil})
    paths = [address, f"/{REPO}", "/", "/people", f"{address}/edit", f"/{REPO}/tree/main"]
    paths += [f"/{REPO}/blob/main/docs/{quote(evil)}", f"{NEW}?title={quote(evil)}&path={quote(evil)}"]
    async with visiting(hub) as visitor:
        for path in paths:
            page = await visitor.get(path)
            assert page.status_code == 200
            seen = Seen(page.text)
            assert [attrs.get("src") for tag, attrs in seen.tags if tag == "script"] == ["/static/page.js"]
            assert not list(seen.attributes("onerror"))


def test_numbers_lead_to_their_threads_but_not_inside_links_and_code() -> None:
    assert '<a href="12">#12</a>' in view.html("see #12.")
    assert view.html("`#12` [x #12](https://a.test) a#12 &#12; http://a.test/#12").count('href="12"') == 0


def test_people_to_speak_as_are_few_and_include_whom_the_page_needs() -> None:
    hub = small_world()
    for number in range(100):
        hub.set_role(repo=REPO, person=f"member-{number}", role="member")
    repo = hub.state.repositories[REPO]
    found = view.voices(hub, repo, also=["visitor", "nobody"])
    assert len(found) == view.MOST_VOICES
    assert [(one.login, one.part) for one in (found[0], found[-1])] == [("ada", "owner"), ("visitor", "outsider")]
    assert not {"acme", hub.state.app.login} & {one.login for one in found}
