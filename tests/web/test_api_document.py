"""What the API says of itself, its pages, its headers and its health."""

import re

from fastapi.testclient import TestClient

from api.app import create_app
from api.problems import refusals
from scheduler.database.connection import Database
from tests.web.api_site import ApiSite


def test_the_description_is_complete(site: ApiSite) -> None:
    """Every operation has a tag, a summary, a description, a policy and says how it is refused."""
    document = site.client().get("/api/v1/openapi.json").json()
    tags = {tag["name"] for tag in document["tags"]}
    operations = [told for methods in document["paths"].values() for told in methods.values()]
    assert len(operations) > 50
    for told in operations:
        assert set(told["tags"]) <= tags
        assert told["summary"]
        assert told["description"]
        assert told["x-policy"]
        assert "default" in told["responses"]
    assert "HTTPValidationError" not in str(document)


def test_the_reference_page_needs_no_script(site: ApiSite) -> None:
    """Every operation and every problem type is on it, in the reader's language, from this server alone."""
    page = site.client().get("/api")
    document = site.client().get("/api/v1/openapi.json").json()
    assert all(path in page.text for path in document["paths"])
    assert all(f"/problems/{kind.code}" in page.text for kind in refusals())
    assert "<script" not in page.text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    assert 'lang="zh-CN"' in site.client(**{"Accept-Language": "zh"}).get("/api").text


def test_every_problem_type_is_a_page(site: ApiSite) -> None:
    """The type of a problem leads somewhere readable; others do not."""
    client = site.client()
    pages = [client.get(f"/problems/{kind.code}") for kind in refusals()]
    assert {page.status_code for page in pages} == {200}
    assert client.get("/problems/fault").status_code == 200
    assert client.get("/problems/nonsense").status_code == 404


def test_the_landing_page_says_what_is_not_published(site: ApiSite) -> None:
    """An office without a phone says so; example data is marked."""
    page = site.client(**{"Accept-Language": "zh"}).get("/")
    assert "尚未公布" in page.text
    assert "示例数据" in page.text


def test_every_answer_is_hardened_and_numbered(site: ApiSite) -> None:
    """Pages, JSON, problems and refusals before the app; a number of the caller's own is kept."""
    client = site.client()
    answers = [
        client.get("/"),
        client.get("/api/v1/offices"),
        client.get("/nowhere"),
        client.get("/static/page.css"),
        client.post("/api/v1/bookings", content=b"x" * 300_000),
    ]
    for answer in answers:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    kept = client.get("/nowhere", headers={"X-Request-Id": "mine-1"})
    assert (kept.headers["x-request-id"], kept.json()["request_id"]) == ("mine-1", "mine-1")
    assert client.get("/", headers={"X-Request-Id": "<script>"}).headers["x-request-id"] != "<script>"


def test_a_method_that_is_not_taken(site: ApiSite) -> None:
    """405 names what is."""
    answer = site.client().delete("/api/v1/offices")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (
        405,
        "wrong_method",
        "GET",
    )


def test_a_fault_tells_nothing_of_its_cause(site: ApiSite) -> None:
    """500 with the request's number and nothing else; the headers are there too."""
    site.app.state.door = None
    client = TestClient(site.app, raise_server_exceptions=False)
    answer = client.get("/api/v1/offices", headers={"X-Request-Id": "r1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (500, "fault", "r1")
    assert "NoneType" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_health_tells_a_missing_database(site: ApiSite) -> None:
    """All well; without a database still live, and 503 everywhere that needs one."""
    healthy = site.client().get("/api/v1/health")
    assert (healthy.status_code, healthy.json()) == (
        200,
        {"live": True, "database": True, "newest_schema": True},
    )
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    client = TestClient(create_app(gone))
    sick = client.get("/api/v1/health")
    assert (sick.status_code, sick.json()["live"], sick.json()["database"]) == (503, True, False)
    refused = client.get("/api/v1/offices")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        503,
        "database_down",
        "5",
    )
    assert client.get("/api").status_code == 200
    gone.close()
