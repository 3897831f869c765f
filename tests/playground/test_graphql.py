from typing import Any

import pytest
from githubkit.exception import GraphQLFailed
from hypothesis import given
from hypothesis import strategies as st

from app.playground.connection import connection
from app.playground.hub import Hub
from app.playground.render import node_id, thread_node_id
from tests.fixtures_playground import running_playground
from tests.playground.worlds import REPO, as_installation, as_person, small_world

READ = """query($owner: String!, $name: String!, $number: Int!, $first: Int, $after: String) {
  repository(owner: $owner, name: $name) { nameWithOwner discussion(number: $number) {
    id databaseId number title body url locked closed authorAssociation viewerDidAuthor createdAt updatedAt
    author { login __typename } category { name isAnswerable } labels(first: 5) { nodes { name } }
    comments(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
      id databaseId body createdAt lastEditedAt viewerDidAuthor author { login __typename ... on Bot { databaseId } }
      replies(first: 10) { nodes { body replyTo { id } } }
      reactionGroups { content reactors { totalCount } }
      reactions(first: 10) { nodes { content user { login } } } } } } } }
"""
ADD = """mutation($id: ID!, $body: String!, $reply: ID) {
  addDiscussionComment(input: {discussionId: $id, body: $body, replyToId: $reply, clientMutationId: "m"}) {
    clientMutationId comment { id databaseId url author { login } } } }"""
WHERE = {"owner": "acme", "name": "widgets", "number": 1}


def world_with_discussion() -> Hub:
    hub = small_world()
    hub.open_thread(
        actor="visitor", repo=REPO, kind="discussion", title="How?", body="b", category="Q&A", labels=["question"]
    )
    return hub


async def test_an_app_reads_answers_edits_labels_reacts_and_deletes():
    async with running_playground(world_with_discussion()) as (hub, url), as_installation(hub, url) as client:
        hub.webhook_url = "http://127.0.0.1:9/"
        discussion = (await client.async_graphql(READ, {**WHERE, "first": 10}))["repository"]["discussion"]
        assert discussion["author"] == {"login": "visitor", "__typename": "User"}
        assert discussion["category"] == {"name": "Q&A", "isAnswerable": True}
        assert discussion["labels"]["nodes"] == [{"name": "question"}]

        added = await client.async_graphql(ADD, {"id": discussion["id"], "body": "first"})
        comment = added["addDiscussionComment"]["comment"]
        assert added["addDiscussionComment"]["clientMutationId"] == "m"
        assert comment["author"] == {"login": "plumbline"}
        await client.async_graphql(ADD, {"id": discussion["id"], "body": "reply", "reply": comment["id"]})
        edit = """mutation($i: ID!) { updateDiscussionComment(input: {commentId: $i, body: "second"}) {
          comment { body } } }"""
        edited = await client.async_graphql(edit, {"i": comment["id"]})
        assert edited["updateDiscussionComment"]["comment"]["body"] == "second"
        react = """mutation($i: ID!) { addReaction(input: {subjectId: $i, content: ROCKET}) {
          reaction { content } subject { id } } }"""
        reacted = await client.async_graphql(react, {"i": comment["id"]})
        assert reacted["addReaction"] == {"reaction": {"content": "ROCKET"}, "subject": {"id": comment["id"]}}
        labels = await client.async_graphql(
            '{ repository(owner: "acme", name: "widgets") { labels(first: 10, query: "bug") { nodes { id name } } } }'
        )
        [bug] = labels["repository"]["labels"]["nodes"]
        variables = {"t": discussion["id"], "l": [bug["id"]]}
        for verb, left in (("addLabelsTo", ["question", "bug"]), ("removeLabelsFrom", ["question"])):
            change = f"""mutation($t: ID!, $l: [ID!]!) {{ {verb}Labelable(input: {{labelableId: $t, labelIds: $l}}) {{
              labelable {{ labels(first: 9) {{ nodes {{ name }} }} }} }} }}"""
            changed = await client.async_graphql(change, variables)
            nodes = changed[f"{verb}Labelable"]["labelable"]["labels"]["nodes"]
            assert [node["name"] for node in nodes] == left

        discussion = (await client.async_graphql(READ, {**WHERE, "first": 10}))["repository"]["discussion"]
        [read] = discussion["comments"]["nodes"]
        assert read["author"]["__typename"] == "Bot"
        assert read["viewerDidAuthor"] is True
        assert [reply["body"] for reply in read["replies"]["nodes"]] == ["reply"]
        assert {"content": "ROCKET", "reactors": {"totalCount": 1}} in read["reactionGroups"]
        delete = "mutation($i: ID!) { deleteDiscussionComment(input: {id: $i}) { comment { id } } }"
        await client.async_graphql(delete, {"i": comment["id"]})
        assert [c.body for c in hub.repository(REPO).comments.values()] == ["reply"]
        sent = [f"{d.event}.{d.action}" for d in hub.state.deliveries]
        assert sent == [
            *("discussion_comment.created", "discussion_comment.created", "discussion_comment.edited"),
            *("discussion.labeled", "discussion.unlabeled", "discussion_comment.deleted"),
        ]


@pytest.mark.parametrize(
    ("query", "variables", "kind"),
    [
        (ADD, {"id": "D_kwDOnonsense", "body": "b"}, "NOT_FOUND"),
        (ADD, {"id": "nonsense", "body": "b"}, "NOT_FOUND"),
        (READ, {**WHERE, "number": 9, "first": 1}, "NOT_FOUND"),
        (READ, {**WHERE, "name": "none", "first": 1}, "NOT_FOUND"),
        (READ, WHERE, "MISSING_PAGINATION_BOUNDARIES"),
        (READ, {**WHERE, "first": 101}, "EXCESSIVE_PAGINATION"),
        (READ, {**WHERE, "first": 1, "after": "x"}, None),
        ("{ nonsense }", {}, None),
        ("{", {}, None),
    ],
)
async def test_errors_come_with_status_200_and_githubs_type(query: str, variables: dict[str, Any], kind: str | None):
    async with running_playground(world_with_discussion()) as (hub, url), as_installation(hub, url) as client:
        with pytest.raises(GraphQLFailed) as failure:
            await client.async_graphql(query, variables)
        assert failure.value.response.errors is not None
        assert failure.value.response.errors[0].type == kind
        assert [(r.path, r.status) for r in hub.requests[1:]] == [("/graphql", 200)]


async def test_blank_bodies_locked_discussions_and_other_peoples_comments_are_refused():
    async with running_playground(world_with_discussion()) as (hub, url), as_installation(hub, url) as client:
        theirs = hub.comment(actor="visitor", repo=REPO, number=1, body="mine")
        found = (await client.async_graphql(READ, {**WHERE, "first": 10}))["repository"]["discussion"]
        with pytest.raises(GraphQLFailed, match="Body cannot be blank"):
            await client.async_graphql(ADD, {"id": found["id"], "body": " "})
        comment = found["comments"]["nodes"][0]["id"]
        delete = "mutation($i: ID!) { deleteDiscussionComment(input: {id: $i}) { comment { id } } }"
        with pytest.raises(GraphQLFailed, match="FORBIDDEN"):
            await client.async_graphql(delete, {"i": comment})
        assert theirs.id in hub.repository(REPO).comments
        hub.lock(actor="ada", repo=REPO, number=1)
        with pytest.raises(GraphQLFailed, match="FORBIDDEN"):
            await client.async_graphql(ADD, {"id": found["id"], "body": "b"})


async def test_nodes_and_listings_find_the_same_objects_and_nothing_of_other_kinds():
    async with running_playground(world_with_discussion()) as (hub, url), as_installation(hub, url) as client:
        hub.comment(actor="ada", repo=REPO, number=1, body="b")
        hub.open_thread(actor="ada", repo=REPO, title="an issue")
        hub.open_thread(actor="ada", repo=REPO, kind="discussion", title="gone")
        hub.delete_thread(actor="ada", repo=REPO, number=3)
        listed = await client.async_graphql(
            """{ repository(owner: "acme", name: "widgets") { discussions(first: 9) {
              nodes { id title comments(last: 1) { nodes { id } } } } } }"""
        )
        [found] = listed["repository"]["discussions"]["nodes"]
        node = """query($id: ID!) { node(id: $id) { id
          ... on Discussion { title } ... on DiscussionComment { body discussion { number } } } }"""
        assert (await client.async_graphql(node, {"id": found["id"]}))["node"]["title"] == "How?"
        [comment] = found["comments"]["nodes"]
        read = (await client.async_graphql(node, {"id": comment["id"]}))["node"]
        assert (read["body"], read["discussion"]) == ("b", {"number": 1})
        repo = hub.repository(REPO)
        foreign = [thread_node_id(repo, repo.threads[2]), node_id("LA", repo.id, 1), node_id("D", repo.id, 99)]
        for text in foreign:
            with pytest.raises(GraphQLFailed, match="NOT_FOUND"):
                await client.async_graphql(node, {"id": text})
        react = "mutation($i: ID!) { addReaction(input: {subjectId: $i, content: EYES}) { subject { id } } }"
        await client.async_graphql(react, {"i": found["id"]})
        assert [reaction.content for reaction in repo.threads[1].reactions] == ["eyes"]
        label = """mutation($t: ID!, $l: [ID!]!) {
          addLabelsToLabelable(input: {labelableId: $t, labelIds: $l}) { __typename } }"""
        with pytest.raises(GraphQLFailed, match="NOT_FOUND"):
            await client.async_graphql(label, {"t": found["id"], "l": [node_id("LA", repo.id, 1)]})


async def test_nobody_gets_an_answer_without_signing_in():
    async with running_playground(world_with_discussion()) as (_, url), as_person(url) as client:
        assert (await client.post("/graphql", json={"query": "{ viewer { login } }"})).status_code == 401
    async with running_playground(world_with_discussion()) as (_, url), as_person(url, "ada") as client:
        assert (await client.post("/graphql", json={"q": 1})).status_code == 400


async def test_discussions_are_not_issues():
    async with running_playground(world_with_discussion()) as (hub, url), as_person(url, "ada") as client:
        reply = hub.comment(actor="ada", repo=REPO, number=1, body="b")
        assert (await client.get(f"/repos/{REPO}/issues/1")).status_code == 404
        assert (await client.get(f"/repos/{REPO}/issues/comments/{reply.id}")).status_code == 404
        assert (await client.get(f"/repos/{REPO}/issues?state=all")).json() == []


@given(count=st.integers(0, 25), size=st.integers(1, 7), forward=st.booleans())
def test_a_connection_is_walked_to_its_end_either_way(count: int, size: int, forward: bool):
    items = list(range(count))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        arguments: dict[str, Any] = {"first": size, "after": cursor} if forward else {"last": size, "before": cursor}
        page = connection("items", items, lambda item: {"item": item}, **arguments)
        nodes = [node["item"] for node in page["nodes"]]
        seen = seen + nodes if forward else nodes + seen
        info = page["pageInfo"]
        cursor = info["endCursor"] if forward else info["startCursor"]
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            break
    assert seen == items
