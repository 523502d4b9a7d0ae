"""Operations come out as people would name them, from little traffic."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from contract.operation import Operation, parse
from inference.operations import Operations
from inference.paths import PathModel


def operations(exchanges: Iterable[tuple[str, object]], declared: Iterable[str] = ()) -> Operations:
    """Fold (`GET /path`, answer) pairs."""
    model = PathModel()
    for number, (line, answer) in enumerate(exchanges):
        method, path = line.split(" ")
        body = b"" if answer is None else orjson.dumps(answer)
        model.observe(
            method, path, response_body=body, status=200 if answer is not None else 204, id=str(number)
        )
    return model.operations(declared)


def repository(owner: str, name: str) -> dict[str, object]:
    return {
        "id": 1,
        "name": name,
        "full_name": f"{owner}/{name}",
        "owner": {"login": owner},
        "private": False,
    }


OWNERS = [("octocat", "hello-world"), ("acme", "search"), ("jane", "website"), ("acme", "tools.js")]


def test_names_two_levels_deep() -> None:
    seen: list[tuple[str, object]] = []
    for owner, name in OWNERS:
        seen += [
            (f"GET /repos/{owner}/{name}", repository(owner, name)),
            (f"GET /repos/{owner}/{name}/issues", [{"id": 5, "title": "x", "user": {"login": owner}}]),
            (f"GET /repos/{owner}/{name}/issues/5", {"id": 5, "title": "x", "user": {"login": owner}}),
            (f"GET /repos/{owner}/{name}/labels", [{"name": "bug", "color": "f00"}]),
        ]
    seen += [
        ("GET /repos/octocat/hello-world/labels/bug", {"name": "bug", "color": "f00"}),
        ("DELETE /repos/jane/website/labels/bug", None),
        ("GET /search/issues", {"total_count": 0, "items": []}),
        ("GET /search/repositories", {"total_count": 0, "items": []}),
        ("GET /user/starred/acme/search", None),
        ("PUT /user/starred/octocat/hello-world", None),
    ]
    found = operations(seen)
    assert found.keys() == {
        "GET /repos/{repo}/{repo_2}",
        "GET /repos/{repo}/{repo_2}/issues",
        "GET /repos/{repo}/{repo_2}/issues/{issue_id}",
        "GET /repos/{repo}/{repo_2}/labels",
        "GET /repos/{repo}/{repo_2}/labels/{label}",
        "DELETE /repos/{repo}/{repo_2}/labels/{label}",
        "GET /search/issues",
        "GET /search/repositories",
        "GET /user/starred/{starred}/{starred_2}",
        "PUT /user/starred/{starred}/{starred_2}",
    }
    assert found.of("GET", "/repos/never/seen/issues/77") == "GET /repos/{repo}/{repo_2}/issues/{issue_id}"
    assert (
        found.of("PATCH", "/repos/never/seen/issues/77") == "PATCH /repos/{repo}/{repo_2}/issues/{issue_id}"
    )


def test_me_stays_beside_identifiers_and_names() -> None:
    user = {"id": "u1", "login": "ada", "email": "a"}
    found = operations(
        [
            ("GET /users/me", user),
            ("GET /users/me", user),
            ("GET /users/42", user),
            ("GET /users/ada", user),
            ("GET /users/search", [user]),
        ]
    )
    assert found.keys() == {"GET /users/me", "GET /users/{user}", "GET /users/search"}


def test_an_answer_of_another_shape_is_another_operation() -> None:
    posts = [
        {"slug": slug, "title": slug, "body": "b"}
        for slug in ("first-steps", "second-thoughts", "third-time")
    ]
    seen: list[tuple[str, object]] = [(f"GET /posts/{post['slug']}", post) for post in posts]
    found = operations([*seen, ("GET /posts/featured", posts), ("GET /posts/stats", {"views": 1})])
    assert found.keys() == {"GET /posts/{post}", "GET /posts/featured", "GET /posts/stats"}


def test_values_of_several_segments() -> None:
    seen: list[tuple[str, object]] = [
        (f"GET /repos/a/b/contents/{path}", {"path": path, "sha": "x", "name": path.rpartition("/")[2]})
        for path in ("README.md", "src/main.py", "lib/core/io.py", "docs/index.md")
    ]
    seen += [
        (f"GET /repos/a/b/git/ref/{ref}", {"ref": f"refs/{ref}"})
        for ref in ("heads/main", "heads/feature/x", "tags/v1")
    ]
    found = operations(seen)
    assert len(found.keys()) == 2
    assert found.of("GET", "/repos/a/b/contents/x/y/z.txt").endswith("/contents/{contents}")
    assert found.of("GET", "/repos/a/b/git/ref/heads/other/deep").endswith("/git/ref/{ref}")


def test_encoded_slashes_ends_and_verbs() -> None:
    found = operations(
        [
            ("GET /api/v4/projects/group%2Fproject/issues", []),
            ("GET /api/v4/projects/12/issues", []),
            ("GET /users/42.json", {}),
            ("POST /things/1:cancel", {}),
            ("GET /Customers('ALFKI')", {}),
            ("GET /rest/user/7/profile/", {}),
            ("POST /graphql", {}),
        ]
    )
    assert found.keys() == {
        "GET /api/v4/projects/{project_id}/issues",
        "GET /users/{user_id}.json",
        "POST /things/{thing_id}:cancel",
        "GET /Customers('{id}')",
        "GET /rest/user/{user_id}/profile/",
        "POST /graphql",
    }


def test_declared_operations_come_first_and_guide_their_neighbours() -> None:
    declared = [
        "GET /v2/pet/{petId}",
        "GET /v2/pet/findByStatus",
        "GET /files/{name}.{format}",
        "GET /forecast/5",
    ]
    found = operations(
        [("GET /v2/pet/rex", {}), ("GET /v2/pet/rex/photos", []), ("GET /v2/pet/findByStatus", [])], declared
    )
    assert found.of("GET", "/v2/pet/rex") == "GET /v2/pet/{petId}"
    assert found.of("GET", "/v2/pet/findByStatus") == "GET /v2/pet/findByStatus"
    assert found.of_route("GET /v2/pet/{}") == "GET /v2/pet/{petId}"
    assert found.of("GET", "/v2/pet/tom/photos") == "GET /v2/pet/{pet}/photos"
    assert found.of("GET", "/files/report.xlsx") == "GET /files/{name}.{format}"
    assert found.of("GET", "/forecast/5") == "GET /forecast/5"
    assert found.of("GET", "/v2/pet/findByStatus/") == "GET /v2/pet/findByStatus"


def test_names_are_unique_within_a_template() -> None:
    found = operations([("GET /a/1/2/3", {}), ("GET /users/1/users/2", {})])
    assert found.keys() == {"GET /a/{a_id}/{a_id_2}/{a_id_3}", "GET /users/{user_id}/users/{user_id_2}"}


def test_one_path_serves_many_operations_of_graphql() -> None:
    found = operations([("post#OrderById /graphql/", {"data": {}}), ("POST#Pay /graphql/", {"data": {}})])
    assert found.keys() == {"POST /graphql/#OrderById", "POST /graphql/#Pay"}
    assert found.of("POST#Other", "/graphql/") == "POST /graphql/#Other"
    assert parse("POST /graphql/#Pay") == Operation("POST", ("graphql",), "Pay")


@pytest.mark.parametrize(
    ("declared", "method", "key"),
    [
        ("POST /{tenant}/graphql", "POST#Pay", "POST /{tenant}/graphql#Pay"),
        ("POST /{tenant}/graphql", "POST", "POST /{tenant}/graphql"),
        ("POST /{tenant}/graphql#Pay", "POST#Pay", "POST /{tenant}/graphql#Pay"),
        ("POST /{tenant}/graphql#Pay", "POST#Other", "POST /{name}/graphql#Other"),
        ("POST /{tenant}/graphql#Pay", "POST", "POST /{name}/graphql"),
    ],
)
def test_a_declared_path_is_that_of_all_its_operations(declared: str, method: str, key: str) -> None:
    found = operations([(f"{method} /acme/graphql", {"data": {}})], declared=[declared])
    assert found.of(method, "/acme/graphql") == key
