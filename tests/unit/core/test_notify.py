"""GOV.UK Notify against a server of this computer that answers like it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from cwf_portal.core.notify import NotifyError, send_sms, token

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"my-key-{SERVICE}-{SECRET}"


class Answering(HTTPServer):
    status = 201

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[str, str, dict]] = []


class Answer(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing is written."""


@pytest.fixture
def notify(settings) -> Iterator[Answering]:
    with Answering() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.NOTIFY_ADDRESS = f"http://127.0.0.1:{server.server_port}"
        settings.NOTIFY_API_KEY, settings.NOTIFY_SMS_TEMPLATE = KEY, "a-template"
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_token_is_signed_with_the_secret_and_names_the_service():
    head, claims, signature = token(KEY, issued_at=1_700_000_000).split(".")

    assert json.loads(part(head)) == {"typ": "JWT", "alg": "HS256"}
    assert json.loads(part(claims)) == {"iss": SERVICE, "iat": 1_700_000_000}
    assert part(signature) == hmac.digest(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256)


def test_text_message_is_posted_with_the_template(notify):
    send_sms(to="+447700900982", body="Your code")

    path, authorization, message = notify.asked[0]
    assert (path, authorization[:7]) == ("/v2/notifications/sms", "Bearer ")
    assert message == {
        "phone_number": "+447700900982",
        "template_id": "a-template",
        "personalisation": {"body": "Your code"},
    }


def test_what_notify_refuses_is_an_error_without_its_words(notify):
    notify.status = 400
    with pytest.raises(NotifyError, match="^GOV.UK Notify answered 400$"):
        send_sms(to="+447700900982", body="Your code")


def test_nothing_leaves_this_computer_unencrypted(settings):
    settings.NOTIFY_ADDRESS, settings.NOTIFY_API_KEY = "http://notify.example", KEY
    with pytest.raises(NotifyError, match="must begin with https"):
        send_sms(to="+447700900982", body="Your code")
