"""Text messages through GOV.UK Notify, whose template holds one field: ((body)).

Source: GOV.UK Notify, REST API documentation, "Send a text message" and "Authorisation header" (Crown copyright,
Open Government Licence v3.0). Notify does not tell a message sent twice from two: after an answer that was lost
somebody may get theirs again.
"""

import base64
import hashlib
import hmac
import json
import time
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

PATIENCE_S = 10
THIS_COMPUTER = "127.0.0.1"


class NotifyError(ValueError):
    """Notify did not take a message. Its answer is not kept: it may repeat the number."""


def send_sms(*, to: str, body: str) -> None:
    """Hand one text message to Notify.

    Raises:
        NotifyError: Notify refused it.
        OSError: Notify cannot be reached.
    """
    message = {
        "phone_number": to,
        "template_id": settings.NOTIFY_SMS_TEMPLATE,
        "personalisation": {"body": body},
    }
    headers = {
        "Authorization": f"Bearer {token(settings.NOTIFY_API_KEY, issued_at=int(time.time()))}",
        "Content-Type": "application/json",
    }
    connection = _connection(settings.NOTIFY_ADDRESS)
    try:
        connection.request("POST", "/v2/notifications/sms", json.dumps(message), headers)
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != 201:
        raise NotifyError(f"GOV.UK Notify answered {status}")


def token(key: str, *, issued_at: int) -> str:
    """A JSON Web Token signed with HS256; `key` ends in the ids of the service and of the secret, 36 signs each."""
    service, secret = key[-73:-37], key[-36:]
    signed = f"{_part({'typ': 'JWT', 'alg': 'HS256'})}.{_part({'iss': service, 'iat': issued_at})}"
    return f"{signed}.{_base64(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def _part(values: dict[str, object]) -> str:
    return _base64(json.dumps(values, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _connection(address: str) -> HTTPConnection:
    """Encrypted, unless it ends on this computer."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname != THIS_COMPUTER:
        raise NotifyError("NOTIFY_ADDRESS must begin with https://")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.netloc, timeout=PATIENCE_S)
