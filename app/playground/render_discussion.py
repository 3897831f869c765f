"""The REST shape of discussions and their comments, which only webhooks carry: the API for them is GraphQL."""

from app.playground.model import Comment, Repository, Thread
from app.playground.render import Json, labels, node_id, repo_url, rollup, thread_html, thread_node_id, user
from app.playground.world import World


def discussion(world: World, repo: Repository, thread: Thread) -> Json:
    """The REST shape, which only webhooks carry."""
    url = f"{repo_url(world, repo)}/discussions/{thread.number}"
    return {
        "id": thread.id,
        "node_id": thread_node_id(repo, thread),
        "number": thread.number,
        "title": thread.title,
        "body": thread.body,
        "user": user(world, thread.author),
        "author_association": world.association(repo, thread.author),
        "repository_url": repo_url(world, repo),
        "html_url": thread_html(world, repo, thread),
        "timeline_url": f"{url}/timeline",
        "category": {
            "id": 1,
            "node_id": node_id("DIC", repo.id, thread.category),
            "repository_id": repo.id,
            "emoji": ":speech_balloon:",
            "name": thread.category,
            "description": "",
            "created_at": repo.created_at,
            "updated_at": repo.created_at,
            "slug": thread.category.lower().replace(" ", "-"),
            "is_answerable": thread.category == "Q&A",
        },
        "state": "locked" if thread.locked else thread.state,
        "state_reason": None,
        "locked": thread.locked,
        "active_lock_reason": None,
        "comments": len(thread.comments),
        "labels": labels(world, repo, thread),
        "reactions": rollup(url, thread.reactions),
        "answer_html_url": comment_html(world, repo, thread, thread.answer) if thread.answer else None,
        "answer_chosen_at": thread.answered_at,
        "answer_chosen_by": user(world, thread.answered_by) if thread.answered_by else None,
        "created_at": thread.created_at,
        "updated_at": thread.updated_at,
    }


def comment_html(world: World, repo: Repository, thread: Thread, comment: int) -> str:
    return f"{thread_html(world, repo, thread)}#discussioncomment-{comment}"


def discussion_comment(world: World, repo: Repository, thread: Thread, item: Comment) -> Json:
    url = f"{repo_url(world, repo)}/discussions/comments/{item.id}"
    return {
        "id": item.id,
        "node_id": node_id("DC", repo.id, item.id),
        "html_url": comment_html(world, repo, thread, item.id),
        "parent_id": item.parent,
        "child_comment_count": sum(repo.comments[other].parent == item.id for other in thread.comments),
        "repository_url": repo.full_name,
        "discussion_id": thread.id,
        "author_association": world.association(repo, item.author),
        "user": user(world, item.author),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "body": item.body,
        "reactions": rollup(url, item.reactions),
    }
