import pytest
from django.core import mail
from django.core.mail import EmailMessage

from cwf_portal.core.cache import OpenRedisCache
from cwf_portal.core.mail import OutboxBackend
from cwf_portal.core.messages import deliver_messages, send_message
from cwf_portal.core.models import OutgoingMessage


def test_cache_without_redis_answers_as_if_empty():
    cache = OpenRedisCache("redis://127.0.0.1:1/0", {})
    cache.set("k", 1)
    assert cache.get("k") is None
    assert cache.get("k", default="other") == "other"
    assert cache.get("k", []) == []
    assert cache.get_many(["k"]) == {}
    assert cache.add("k", 1) is True
    assert cache.incr("k") == 1
    assert not cache.has_key("k")


@pytest.mark.django_db
def test_mail_of_the_framework_lands_in_the_outbox():
    sent = OutboxBackend().send_messages([EmailMessage("Your code", "ABC-123", to=["a@example.org", "b@example.org"])])
    assert sent == 1
    assert set(OutgoingMessage.objects.values_list("to", "body")) == {
        ("a@example.org", "ABC-123"),
        ("b@example.org", "ABC-123"),
    }


@pytest.mark.django_db
def test_message_is_kept_until_delivered_and_its_text_is_not_kept_after(settings):
    settings.EMAIL_DELIVERY_BACKEND = ""
    message = send_message(to="a@example.org", subject="Hello", body="A private line", topic="test")
    assert deliver_messages(None) == 0

    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver_messages(None) == 1
    assert deliver_messages(None) == 0
    message.refresh_from_db()
    assert message.body == ""
    assert message.delivered_at is not None
    assert [(letter.to, letter.body) for letter in mail.outbox] == [(["a@example.org"], "A private line")]
