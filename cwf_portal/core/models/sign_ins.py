"""Where people are signed in at this moment."""

from django.contrib.sessions.models import Session
from django.db import models

from cwf_portal.core.clock import CoreNow
from cwf_portal.core.models.people import User


class SignIn(models.Model):
    """One session of somebody and on what device it began, in words; no address. It goes when the session goes.

    The database deletes it with the session, however that ends (migration 0008). Pages name it by its own number: the
    key of a session opens it.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_ins")
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    signed_in_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    def __str__(self) -> str:
        return ", ".join(word for word in (self.browser, self.system) if word)
