"""GitHub's GraphQL for discussions, which REST does not reach: the documents, and its answers in REST's terms.

Source: docs.github.com, "Using the GraphQL API for Discussions". Errors come with status 200 and a `type`.
"""

from dataclasses import replace
from typing import Any

from app.adapters.github_http import MESSAGE_LENGTH, Raw, read_answer
from app.domain.effect import WriteAnswer

STATUS = {
    "NOT_FOUND": 404,
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "RATE_LIMITED": 429,
    "UNPROCESSABLE": 422,
    "SERVICE_UNAVAILABLE": 503,
}

_WRITTEN = "id body createdAt updatedAt authorAssociation author { __typename login }"
_COMMENT = f"{_WRITTEN} isMinimized minimizedReason"

DISCUSSION = f"""query ($owner: String!, $name: String!, $number: Int!, $after: String) {{
  repository(owner: $owner, name: $name) {{ discussion(number: $number) {{
    id title body createdAt updatedAt authorAssociation author {{ __typename login }}
    closed locked labels(first: 100) {{ nodes {{ name }} }} answer {{ id }}
    comments(first: 50, after: $after) {{
      nodes {{ {_COMMENT} replies(first: 100) {{ nodes {{ {_COMMENT} }} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }} }}
}}"""

DISCUSSIONS = """query ($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: 100, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes {
        number title body url createdAt updatedAt authorAssociation author { __typename login }
        closed closedAt stateReason isAnswered answerChosenAt labels(first: 100) { nodes { name } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

NEWEST_COMMENTS = f"""query ($owner: String!, $name: String!, $number: Int!, $before: String) {{
  repository(owner: $owner, name: $name) {{ discussion(number: $number) {{
    comments(last: 100, before: $before) {{
      nodes {{ {_COMMENT} }}
      pageInfo {{ hasPreviousPage startCursor }}
    }}
  }} }}
}}"""

REVIEW = f"""query ($id: ID!) {{
  node(id: $id) {{
    ... on PullRequestReview {{ {_WRITTEN} pullRequest {{ number repository {{ databaseId }} }} }}
    ... on PullRequestReviewComment {{ {_WRITTEN} pullRequest {{ number repository {{ databaseId }} }} }}
  }}
}}"""

REACTIONS = """query ($id: ID!, $after: String) {
  node(id: $id) { ... on DiscussionComment {
    reactions(first: 100, after: $after) {
      nodes { id content createdAt user { login } }
      pageInfo { hasNextPage endCursor }
    }
  } }
}"""

ORIGINAL = """query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { issue(number: $number) { duplicateOf { number } } }
}"""

LABELS_AND_ID = """query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussion(number: $number) { id }
    labels(first: 100, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
  }
}"""


def graphql_answer(raw: Raw) -> tuple[WriteAnswer, dict[str, Any]]:
    """The answer with the status that REST would have given it, and `data` where there is any.

    An error GitHub cannot explain ("Something went wrong") may have come after the write: it counts as a 502.
    """
    answer = read_answer(raw)
    if raw.status != 200:
        return answer, {}
    try:
        reply = raw.json()
    except ValueError:
        return WriteAnswer(502, "GitHub's answer was cut off"), {}
    errors = reply.get("errors") or []
    if not errors:
        return replace(answer, remote_id=None), reply.get("data") or {}
    first = errors[0]
    message = "; ".join(str(error.get("message", "")) for error in errors)[:MESSAGE_LENGTH]
    unexplained = "something went wrong" in message.lower() or "timeout" in message.lower()
    status = STATUS.get(first.get("type", ""), 502 if unexplained else 422)
    return replace(answer, status=status, message=message, remote_id=None), {}
