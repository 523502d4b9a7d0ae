"""Labels: what a machine made becomes `{}`, words stay."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.segments import MAX_SEGMENTS, PARAMETER, label_of, labels, texts

MACHINE_MADE = """
    42 -1 1.5 1.2.3 2024-05-01 2024-05 2024-05-01T10:00:00Z 7f3a9c2 d41d8cd98f00b204e9800998ecf8427e
    f47ac10b-58cc-4372-a567-0e02b2c3d479 cus_NffrFeUfNV2Hib pi_3MtwBwLkdIwHu7ix28a3tqPa
    00ub0oNGTSWTBKOLGLNR dQw4w9WgXcQ a@example.com group%2Fproject good%20first%20issue master...topic
    PROJ-12 ORD1381230 192.168.0.1 a,b,c :id {id} 4iV5W9uYEdYUVa79Axb7Rh
    sha256:9f86d081884c7d659a2feaa0c55ad015 order-12345 AC4f965aaf7ca15cb33b6b4187c1735194
""".split()  # noqa: SIM905  a list of words reads better as text

WORDS = """
    users oauth2 ipv4 2fa s3 v1 v2beta1 x509 sha256 utf-8 md5 base64 web3 hello-world octocat
    sigmavirus24 hub4j-test-org getCustomerOrderHistoryByDate required_status_checks
    vulnerability-alerts @me ~self $metadata $count me default deadbeat facade README.md ci.yml v1.2.0
    findByStatus chat.postMessage openid-configuration .well-known EC2 batchGet things:batchGet
""".split()  # noqa: SIM905  a list of words reads better as text


@pytest.mark.parametrize("segment", MACHINE_MADE)
def test_what_a_machine_made_is_a_parameter(segment: str) -> None:
    assert label_of(segment) == PARAMETER


@pytest.mark.parametrize("segment", WORDS)
def test_words_stay(segment: str) -> None:
    assert label_of(segment) == segment


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ()),
        ("", ()),
        ("/a//b/", ("a", "b", "")),
        ("/users/42.json", ("users", "{}.json")),
        ("/things/1:cancel", ("things", "{}:cancel")),
        ("/Users(1)/Orders('x')", ("Users({})", "Orders('{}')")),
        ("/1.1/statuses/show/210462857140252672.json", ("1.1", "statuses", "show", "{}.json")),
        ("/rest/api/3/issue/PROJ-12", ("rest", "api", "3", "issue", "{}")),
        ("/rest/agile/1.0/board/7", ("rest", "agile", "1.0", "board", "{}")),
        ("/2010-04-01/Accounts", ("2010-04-01", "Accounts")),
        ("/2024/05/my-post", ("{}", "{}", "my-post")),
        ("/a/b;jsessionid=1F/c?d=e#f", ("a", "b", "c")),
        ("/users/5", ("users", "{}")),
    ],
)
def test_paths(path: str, expected: tuple[str, ...]) -> None:
    assert labels(path) == expected


@given(st.text())
@example("/%")
@example("/" * 100 + "(")
@example("/\ud800")
def test_any_text_has_labels_and_a_text_for_each(path: str) -> None:
    found = labels(path)
    assert len(found) <= MAX_SEGMENTS + 1
    assert len(texts(path)) == len([label for label in found if label])
    assert not any("/" in label for label in found)


@given(st.lists(st.sampled_from(["users", "42", "x.json", "7f3a9c2", "v1"]), max_size=5))
def test_labels_of_labels_are_the_same(parts: list[str]) -> None:
    once = labels("/" + "/".join(parts))
    assert labels("/" + "/".join(once)) == once
