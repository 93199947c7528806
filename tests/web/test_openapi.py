"""The description of the API, and that the API is as it is described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from hearsight.web.app import create_app
from hearsight.web.state import ServerState

SPEC = create_app(ServerState({}, "", lambda: None)).openapi()
OPERATIONS = [
    pytest.param(operation, id=f"{method.upper()} {path}")
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
]
CHECKED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
FEW = settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
# What starts updates is tested by one that is followed to its end.
schema = schemathesis.openapi.from_dict(SPEC).exclude(method="POST", path_regex="update$")


def test_the_description_is_served(api):
    assert api.get("openapi.json").json() == SPEC


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_route_says_what_it_does_and_shows_an_answer(operation):
    assert operation["summary"] and operation["description"] and operation["tags"]
    assert all(parameter["description"] for parameter in operation.get("parameters", ()))
    status, answer = next(iter(operation["responses"].items()))
    assert status in ("200", "202", "204")
    kinds = answer.get("content", {})
    assert kinds or status == "204"
    for kind, content in kinds.items():
        assert "example" in content or kind.startswith(("video/", "audio/", "image/", "application/octet")), kind
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Problem"), status


def test_examples_are_as_they_are_described(api):
    """The samples have the very fields of real answers."""
    for path, methods in SPEC["paths"].items():
        if "{" in path or "get" not in methods or path.endswith("export"):
            continue
        sample = methods["get"]["responses"]["200"]["content"]["application/json"]
        names = {parameter["name"] for parameter in methods["get"].get("parameters", ())}
        query = {"q": "a bell rings"} if "q" in names else {}
        answer = api.get(path.removeprefix("/api/v1/"), params=query).json()
        assert list(strange(sample["example"], answer)) == [], path


def strange(sample, answer):
    """The fields of a sample that an answer has not."""
    if isinstance(sample, list):
        for part, actual in zip(sample, answer or [], strict=False):
            yield from strange(part, actual)
    if isinstance(sample, dict) and answer is not None:
        yield from sample.keys() - answer.keys()
        for name in sample.keys() & answer.keys():
            yield from strange(sample[name], answer[name])


@schema.parametrize()
@FEW
def test_the_api_is_as_it_is_described(case, server):
    answer = case.call(base_url=server.url.rstrip("/"))
    case.validate_response(answer, checks=[*CHECKED, checks.negative_data_rejection])


@schema.include(path_regex=r"\{").parametrize()
@FEW
def test_what_is_there_is_as_it_is_described(case, server, clips):
    case.path_parameters = {"library": "holiday", "clip": clips["bell.mkv"]}
    answer = case.call(base_url=server.url.rstrip("/"))
    case.validate_response(answer, checks=CHECKED)
