import pytest
from allauth.core import ratelimit
from django.core import mail
from django.core.mail import EmailMessage

from cwf_portal.core.cache import OpenRedisCache
from cwf_portal.core.mail import OutboxBackend
from cwf_portal.core.messages import deliver_messages, send_message
from cwf_portal.core.models import OutgoingMessage


@pytest.fixture
def cache_without_redis():
    cache = OpenRedisCache("redis://127.0.0.1:1/0", {})
    cache.memory.clear()
    yield cache
    cache.memory.clear()


def test_cache_without_redis_goes_on_in_the_memory_of_the_process(cache_without_redis):
    cache = cache_without_redis
    assert cache.get("k", default="other") == "other"
    cache.set("k", 1)
    assert cache.get("k") == 1
    assert cache.get_many(["k", "l"]) == {"k": 1}
    assert cache.add("k", 2) is False
    assert [cache.incr("count"), cache.incr("count", 2)] == [1, 3]
    assert cache.has_key("k")
    assert cache.delete("k")
    assert not cache.has_key("k")


def test_cache_comes_back_to_redis_once_it_is_there(redis_server, settings, cache_without_redis):
    there = OpenRedisCache(settings.CACHES["default"]["LOCATION"], {})
    cache_without_redis.set("k", "in memory")
    there.set("k", "in Redis")
    assert there.get("k") == "in Redis"
    assert there.memory.get("k") == "in memory"


def test_rate_limits_hold_without_redis(settings, cache_without_redis, rf):
    """Ten wrong codes in five minutes for one account, counted in this process while Redis is away."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    request = rf.post("/")
    allowed = [bool(ratelimit.consume(request, action="login_failed", key="a@example.org")) for _ in range(12)]
    assert allowed == [True] * 10 + [False] * 2


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
