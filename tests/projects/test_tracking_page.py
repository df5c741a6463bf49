"""MLflow’s own page on the second host name: who gets a cookie there, and what the cookie opens."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, User
from projects.actions import open_from_initiative
from projects.actions.tokens import create_project_token
from projects.models import Intent, PageVisit, Project, ProjectMember
from projects.tracking import gate as gates
from projects.tracking import server
from projects.tracking.gate import TrackingGate
from projects.tracking.server import Message, Receive, Scope, Send

pytestmark = pytest.mark.django_db
HOST = "127.0.0.1:8001"
OWN = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
AJAX = "/ajax-api/2.0/mlflow/"
SEARCH = {"experiment_ids": ["1"]}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """A browser at the gate: it keeps cookies by path as browsers do, and one session on the main host."""

    gate: TrackingGate
    main: Client
    seen: list[Scope]
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, slug: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        content = json.dumps(body).encode() if body is not None else b""
        given = {"Host": HOST, **(headers or {})}
        if slug in self.cookies:
            given.setdefault("Cookie", self.cookies[slug])
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": f"/mlflow/{slug}{path}", "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        async_to_sync(self.gate)(scope, receive, send)
        headers_sent = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers_sent, b"".join(one.get("body", b"") for one in sent))

    def ticket(self, project: Project) -> str:
        """The form on the main host, sent; the path and query that it leads to."""
        answer = self.main.post(f"/projects/{project.pk}/experiments/page/")
        assert answer.status_code == 302
        parts = urlsplit(answer["Location"])
        assert f"{parts.scheme}://{parts.netloc}" == f"http://{HOST}"
        assert parts.path == f"/mlflow/{project.slug}/enter"
        assert answer["Cache-Control"] == "no-store"
        return f"/enter?{parts.query}"

    def open(self, project: Project) -> Answer:
        answer = self.ask("GET", project.slug, self.ticket(project), headers={"Sec-Fetch-Site": "cross-site"})
        if "set-cookie" in answer.headers:
            self.cookies[project.slug] = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def reads(self, project: Project) -> int:
        """The status of a question that the page asks when it is opened."""
        return self.ask("POST", project.slug, f"{AJAX}runs/search", SEARCH, OWN).status

    def writes(self, project: Project, headers: Mapping[str, str] = OWN) -> int:
        return self.ask("POST", project.slug, f"{AJAX}runs/delete", {"run_id": "r"}, headers).status


@pytest.fixture
def browser(cast: Any, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Browser:
    """Frank's, before a gate whose database work stays in this thread, and a server that says yes to all."""
    settings.PUBLIC_URL, settings.GATES_URL = "http://localhost:8000", f"http://{HOST}"
    seen: list[Scope] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        headers = [(b"content-type", b"text/html"), (b"set-cookie", b"a=b"), (b"server", b"x")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def run(function: Any, *args: Any, **kwargs: Any) -> Any:
        return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)

    monkeypatch.setattr(gates, "run", run)
    monkeypatch.setattr(server, "ensure_workspace", lambda slug: None)
    monkeypatch.setenv("GATES", "on")
    client.force_login(cast.frank)
    return Browser(TrackingGate(inner), client, seen)


@pytest.fixture
def project(cast: Any) -> Project:
    return project_named(cast, "one")


def project_named(cast: Any, name: str) -> Project:
    return open_from_initiative(cast.organization, by=cast.frank, initiative=f"i-{name}", name=name)


def test_from_the_project_to_the_page_and_no_ticket_in_its_address(
    browser: Browser, project: Project
) -> None:
    told = browser.main.get(f"/projects/{project.pk}/experiments/")
    assert "form-action 'self' http://127.0.0.1:8001" in told["Content-Security-Policy"]
    entered = browser.open(project)
    place = f"/mlflow/{project.slug}/"
    assert entered.status == 200
    assert entered.headers["refresh"].startswith(f"2; url={place}#")
    assert "script-src 'self'" in entered.headers["content-security-policy"].split("; ")
    assert "ticket" not in entered.headers["refresh"]
    cookie = entered.headers["set-cookie"]
    parts = cookie.split("; ")[1:]
    assert parts == [f"Path={place}", "Max-Age=28800", "HttpOnly", "SameSite=Strict"]
    for path in ("/enter.js", "/"):
        page = browser.ask("GET", project.slug, path, headers={"Sec-Fetch-Site": "same-origin"})
        assert page.status == 200
    assert browser.reads(project) == browser.writes(project) == 200
    inward = dict(browser.seen[-1]["headers"])
    assert inward[b"x-mlflow-workspace"] == project.slug.encode()
    assert b"cookie" not in inward
    assert browser.seen[-1]["path"] == "/api/2.0/mlflow/runs/delete"
    assert Intent.objects.get(state="done", project=project).by == project.created_by


def test_answers_to_the_page_cannot_be_framed_guessed_or_kept(browser: Browser, project: Project) -> None:
    browser.open(project)
    page = browser.ask("GET", project.slug, "/")
    policy = page.headers["content-security-policy"]
    for part in ("frame-ancestors 'none'", "connect-src 'self'", "script-src 'self'", "base-uri 'none'"):
        assert part in policy.split("; ")
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    file = browser.ask("GET", project.slug, "/get-artifact?path=page.html&run_uuid=r")
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["content-security-policy"] == "sandbox"
    style = browser.ask("GET", project.slug, "/static-files/static/css/main.css")
    assert style.headers["cache-control"] == "private, max-age=86400"
    refused = browser.ask("GET", project.slug, "/metrics")
    for answer in (page, file, refused):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers


def test_the_cookie_is_secure_under_https(browser: Browser, project: Project, settings: Any) -> None:
    ticket = browser.ticket(project)
    settings.GATES_URL = "https://tracking.firm.example"
    headers = {"Host": "tracking.firm.example"}
    cookie = browser.ask("GET", project.slug, ticket, headers=headers).headers["set-cookie"]
    assert cookie.startswith("__Secure-")
    assert cookie.endswith("; Secure")


def test_a_link_opens_nothing(browser: Browser, project: Project) -> None:
    assert browser.main.get(f"/projects/{project.pk}/experiments/page/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.main.cookies
    assert strict.post(f"/projects/{project.pk}/experiments/page/").status_code == 403
    assert not PageVisit.objects.exists()


def test_a_ticket_opens_once(browser: Browser, project: Project) -> None:
    ticket = browser.ticket(project)
    assert "set-cookie" in browser.ask("GET", project.slug, ticket).headers
    again = browser.ask("GET", project.slug, ticket)
    assert again.status == 403
    assert "set-cookie" not in again.headers
    assert b"http://localhost:8000/projects/" in again.body


def test_a_ticket_ends_after_half_a_minute(
    browser: Browser, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, now = browser.ticket(project), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31)
    assert browser.ask("GET", project.slug, ticket).status == 403


def test_a_ticket_is_of_one_project_and_cannot_be_made_up(
    browser: Browser, cast: Any, project: Project
) -> None:
    other = project_named(cast, "two")
    ticket = browser.ticket(project)
    value = parse_qs(ticket.partition("?")[2])["ticket"][0]
    secret = value.partition(":")[0]
    for given in (
        ticket.replace(secret, "x" * len(secret)),
        f"/enter?ticket={secret}",
        "/enter",
        "/enter?ticket=",
    ):
        assert browser.ask("GET", project.slug, given).status == 403
    assert browser.ask("GET", other.slug, ticket).status == 403
    framed = browser.ask("GET", project.slug, ticket, headers={"Sec-Fetch-Dest": "iframe"})
    assert framed.status == 403
    # None of these has used it up. What a ticket carries is no cookie.
    cookie = {"Cookie": f"throughline_mlflow={secret}"}
    assert browser.ask("GET", project.slug, "/", headers=cookie).status == 401
    assert browser.ask("GET", project.slug, ticket).status == 200


def test_opening_another_project_ends_the_first(browser: Browser, cast: Any, project: Project) -> None:
    other = project_named(cast, "two")
    browser.open(project)
    assert browser.reads(project) == 200
    browser.open(other)
    assert (browser.reads(project), browser.reads(other)) == (401, 200)
    borrowed = {**OWN, "Cookie": browser.cookies[other.slug]}
    assert browser.ask("POST", project.slug, f"{AJAX}runs/search", SEARCH, borrowed).status == 401
    assert PageVisit.objects.count() == 1


def _hours_later(browser: Browser) -> None:
    PageVisit.objects.update(opened_at=timezone.now() - dt.timedelta(hours=8))


def _other_person(browser: Browser) -> None:
    other = User.objects.create_user("somebody@else.example", "correct horse battery")
    session = browser.main.session
    session["_auth_user_id"] = str(other.pk)
    session.save()


ENDS: list[Callable[[Browser], Any]] = [
    lambda browser: browser.main.logout(),
    lambda browser: browser.main.session.flush(),
    lambda browser: (Membership.objects.all().delete(), ProjectMember.objects.all().delete()),
    lambda browser: User.objects.update(is_active=False),
    lambda browser: _change_password(browser),
    _hours_later,
    _other_person,
]


def _change_password(browser: Browser) -> None:
    user = PageVisit.objects.get().user
    user.set_password("another long password")
    user.save()


@pytest.mark.parametrize("change", ENDS)
def test_what_ends_the_session_or_the_right_ends_the_page_at_once(
    browser: Browser, project: Project, change: Callable[[Browser], Any]
) -> None:
    browser.open(project)
    assert browser.reads(project) == 200
    change(browser)
    assert browser.reads(project) == browser.writes(project) == 401
    told = browser.ask("GET", project.slug, "/")
    assert told.status == 401
    assert b"/projects/" in told.body
    assert browser.seen[-1]["path"].endswith("runs/search"), "nothing more has reached MLflow"


@pytest.mark.parametrize(
    "change",
    [
        lambda: ProjectMember.objects.update(role="viewer"),
        lambda: Project.objects.update(state="closed"),
        lambda: Project.objects.update(archived_at=timezone.now()),
        lambda: Organization.objects.update(archived_at=timezone.now()),
    ],
)
def test_who_may_only_read_writes_nothing(
    browser: Browser, project: Project, change: Callable[[], Any]
) -> None:
    browser.open(project)
    assert browser.writes(project) == 200
    Membership.objects.update(role="viewer")
    change()
    assert (browser.reads(project), browser.writes(project)) == (200, 403)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", OWN, 200),
        ("POST", {"Origin": f"http://{HOST}"}, 200),
        ("POST", {}, 403),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, 403),
        ("POST", {**OWN, "Origin": "http://localhost:8000"}, 403),
        ("POST", {**OWN, "Origin": "https://evil.example"}, 403),
        ("POST", {**OWN, "Origin": "null"}, 403),
        ("POST", {**OWN, "Sec-Fetch-Site": "same-site"}, 403),
        ("POST", {**OWN, "Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "none"}, 200),
        ("GET", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", {"Origin": "http://localhost:8000"}, 403),
        ("GET", {"Host": "evil.example"}, 403),
    ],
)
def test_only_the_page_itself_may_ask(
    browser: Browser, project: Project, method: str, headers: dict[str, str], status: int
) -> None:
    browser.open(project)
    path = f"{AJAX}runs/delete" if method == "POST" else f"{AJAX}runs/get?run_id=r"
    body = {"run_id": "r"} if method == "POST" else None
    assert browser.ask(method, project.slug, path, body, headers).status == status
    assert (browser.seen[-1:] != []) == (status == 200)


@pytest.mark.parametrize("dest", ["iframe", "frame", "embed", "object"])
def test_the_page_is_not_framed(browser: Browser, project: Project, dest: str) -> None:
    browser.open(project)
    assert browser.ask("GET", project.slug, "/", headers={"Sec-Fetch-Dest": dest}).status == 403
    assert browser.ask("GET", project.slug, "/", headers={"Sec-Fetch-Dest": "document"}).status == 200


def test_no_other_cookie_means_anything_here(browser: Browser, project: Project) -> None:
    session = browser.main.cookies["throughline_session"].value
    own = browser.open(project).headers["set-cookie"].partition(";")[0]
    for cookie in (
        f"throughline_session={session}",
        f"throughline_mlflow={session}",
        f"{own}; {own}x",
        "",
        "=",
    ):
        answer = browser.ask("GET", project.slug, "/", headers={"Cookie": cookie})
        assert answer.status == 401, cookie
        assert "www-authenticate" not in answer.headers
    both = {"Cookie": f"throughline_session={session}; {own}"}
    assert browser.ask("GET", project.slug, "/", headers=both).status == 200


def test_a_token_opens_no_page_and_the_cookie_does_not_stand_in_for_it(
    browser: Browser, cast: Any, project: Project
) -> None:
    _, secret = create_project_token(project, by=cast.frank, scope="tracking", name="t")
    browser.open(project)
    token = {"Authorization": f"Bearer {secret}"}
    for path in ("/", f"{AJAX}runs/get?run_id=r", "/get-artifact?path=a&run_uuid=r", "/static-files/a.js"):
        assert browser.ask("GET", project.slug, path, headers=token).status == 404
    wrong = {"Authorization": "Bearer tlp_wrong"}
    assert browser.ask("GET", project.slug, f"{AJAX}runs/get?run_id=r", headers=wrong).status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("GET", "/version"),
        ("GET", "/docs"),
        ("GET", "/ajax-api/2.0/mlflow/users/current"),
        ("GET", "/ajax-api/3.0/mlflow/workspaces"),
        ("POST", "/ajax-api/3.0/mlflow/traces/search"),
        ("GET", "/ajax-api/3.0/mlflow/assistant/config"),
        ("POST", "/ajax-api/2.0/mlflow/gateway-proxy"),
        ("GET", "/ajax-api/2.0/mlflow/gateway-proxy/"),
        ("POST", "/ajax-api/2.0/mlflow/upload-artifact"),
        ("GET", "/ajax-api/2.0/mlflow/get-trace-artifact"),
        ("POST", "/ajax-api/2.0/mlflow/runs/create-promptlab-run"),
        ("GET", "/ajax-api/2.0/mlflow-artifacts/presigned/a"),
        ("POST", "/ajax-api/2.0/mlflow/webhooks"),
        ("POST", "/ajax-api/3.0/jobs/"),
        ("GET", "/graphql"),
        ("GET", "/static-files/../../secret"),
        ("GET", "/static-files/%2e%2e/secret"),
        ("GET", "/static-files//etc/passwd"),
        ("GET", "/ajax-api/2.0/mlflow/../../../metrics"),
        ("GET", "/ajax-api/2.0/mlflow-artifacts/artifacts/workspaces/two/a"),
    ],
)
def test_what_is_shut_is_shut_for_the_page_too(
    browser: Browser, project: Project, method: str, path: str
) -> None:
    browser.open(project)
    body: Any = {} if method == "POST" else None
    assert browser.ask(method, project.slug, path, body, OWN).status == 404
    assert browser.seen == []


def test_the_page_is_told_that_there_is_no_gateway(browser: Browser, project: Project) -> None:
    """It would complain at every list of runs. MLflow itself is not asked."""
    question = f"{AJAX}gateway-proxy?gateway_path=api%2F2.0%2Fendpoints%2F"
    assert browser.ask("GET", project.slug, question, headers=OWN).status == 401
    browser.open(project)
    answer = browser.ask("GET", project.slug, question, headers=OWN)
    assert (answer.status, json.loads(answer.body)) == (200, {"endpoints": []})
    assert browser.seen == []


def test_our_own_words_are_styled_by_the_one_style_that_they_bring(
    browser: Browser, project: Project
) -> None:
    for page in (browser.ask("GET", project.slug, "/"), browser.open(project)):
        style = page.body.decode().partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"].split("; ")


def test_workers_of_the_page_reach_this_host_alone(browser: Browser, project: Project) -> None:
    browser.open(project)
    worker = browser.ask("GET", project.slug, "/static-files/a.worker.js", headers=OWN)
    assert "connect-src 'self'" in worker.headers["content-security-policy"].split("; ")


def test_files_are_asked_for_below_their_run(browser: Browser, project: Project) -> None:
    browser.open(project)
    for path in ("..", "a/../../b", "/etc/passwd", "a%2500", "a%5cb", "%252e%252e/x", "C:%5cx", "a%23b"):
        for place in ("/get-artifact?run_uuid=r&", f"{AJAX}artifacts/list?run_id=r&"):
            answer = browser.ask("GET", project.slug, f"{place}path={path}", headers=OWN)
            assert answer.status == 403, (place, path)
    assert browser.seen == []


def test_only_the_page_s_own_questions_are_asked_in_graphql(browser: Browser, project: Project) -> None:
    browser.open(project)
    for query in (
        "query { __schema { types { name } } }",
        'mutation { testMutation(inputString: "a") { output } }',
        "query GetRun($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { run { info { runUuid } } } }",
        "",
        None,
        ["a"],
    ):
        body: Any = {"operationName": "GetRun", "variables": {}, "query": query}
        assert browser.ask("POST", project.slug, "/graphql", body, OWN).status == 400
    assert browser.seen == []


def test_with_one_host_name_the_page_is_off_and_says_why(
    browser: Browser, project: Project, settings: Any
) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    answer = browser.main.post(f"/projects/{project.pk}/experiments/page/")
    assert answer.status_code == 409
    assert "needs a host name of its own" in answer.content.decode()
    assert not PageVisit.objects.exists()
