import pytest

from app.teammate.guard import LinkPolicy

HOME = "https://github.com/octo/plumb"
POLICY = LinkPolicy(repository="octo/plumb", extra_hosts=("docs.example.org",))


@pytest.mark.parametrize(
    "url",
    [
        HOME,
        f"{HOME}/",
        f"{HOME}/blob/0123abc/docs/a_b.md",
        f"{HOME}/blob/0123abc/docs/a.md#L1-L20",
        f"{HOME}/blob/0123abc/docs/Getting%20Started.md",
        f"{HOME}/blob/0123abc/app/%5Bslug%5D.tsx",
        f"{HOME}/blob/0123abc/docs/%E6%96%87%E6%A1%A3.md",
        f"{HOME}/tree/main/docs",
        f"{HOME}/wiki/Home",
        f"{HOME}/releases/tag/v1.0.0",
        "https://github.com/Octo/Plumb/blob/main/a.md",
        "https://GitHub.com/octo/plumb/blob/main/a.md",
        "https://docs.example.org",
        "https://docs.example.org/any/path#part",
    ],
)
def test_files_of_the_repository_and_named_hosts_are_allowed(url: str):
    assert POLICY.allows(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "#part",
        "/octo/plumb",
        "//github.com/octo/plumb",
        "https://github.com",
        "https://github.com/octo",
        "https://github.com/octo/",
        "http://github.com/octo/plumb",
        "HTTPS://github.com/octo/plumb",
        "https://github.com/octo/plumbing",
        "https://github.com/other/plumb",
        "https://github.com.evil.example/octo/plumb",
        "https://evil.example/octo/plumb",
        "https://github.com@evil.example/octo/plumb",
        "https://me:pw@github.com/octo/plumb",
        "https://github.com:443/octo/plumb",
        "https://github.com./octo/plumb",
        "https://.github.com/octo/plumb",
        "https://xn--gthub-3ya.com/octo/plumb",
        "https://sub.docs.example.org/x",
        "https://docs.example.org.evil.example/x",
        "https://gıthub.com/octo/plumb",
        "https:\\\\github.com\\octo\\plumb",
        f"{HOME}?q=1",
        f"{HOME}/blob/main/a.md?raw=1",
        f"{HOME}/blob/main/a.md#x?y",
        f"{HOME}/../../evil/x",
        f"{HOME}/blob/../../../evil/x",
        f"{HOME}/blob/%2e%2e/x",
        f"{HOME}/blob/a%2fb",
        f"{HOME}/blob/a%40b",
        f"{HOME}/blob/a%00b",
        f"{HOME}/blob/%E2%80%8B",  # a zero-width space
        f"{HOME}/blob/%FF",
        f"{HOME}/blob/%",
        f"{HOME}//evil",
        f"{HOME}/blob/a b",
        f"{HOME}/blob/a\nb",
        f"{HOME}/blob/a)b",
        f"{HOME}/issues/7",
        f"{HOME}/pull/7",
        f"{HOME}/discussions/7",
        f"{HOME}/commit/abc1234",
        f"{HOME}/compare/a...b",
        f"{HOME}/settings",
        f"{HOME}/raw/main/a.md",
        f"{HOME}/releases/download/v1/x.exe",
        f"{HOME}/Blob/main/a.md",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        f" {HOME}",
        f"{HOME}\n",
    ],
)
def test_everything_else_is_refused(url: str):
    assert not POLICY.allows(url)


@pytest.mark.parametrize("origin", ["https://git.corp.example", "http://127.0.0.1:8090"])
def test_another_origin_replaces_github(origin: str):
    policy = LinkPolicy(origin=origin, repository="octo/plumb")
    assert policy.allows(f"{origin}/octo/plumb/blob/main/a.md")
    assert not policy.allows(f"{HOME}/blob/main/a.md")
    assert not policy.allows(f"{origin}1/octo/plumb/blob/main/a.md")
    assert not policy.allows(f"{origin}/octo/other/blob/main/a.md")


def test_naming_the_host_itself_as_an_extra_one_does_not_open_it():
    policy = LinkPolicy(repository="octo/plumb", extra_hosts=("GitHub.com",))
    assert not policy.allows("https://github.com/evil/x")
