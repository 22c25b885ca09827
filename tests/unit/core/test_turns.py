"""Heavy work that a process does once at a time: whoever comes meanwhile is asked to come again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cwf_portal.core import pictures, turns
from cwf_portal.core.turns import BusyError, OneAtATime
from tests.unit.core.test_pictures import Form, photo


def test_who_waits_too_long_is_asked_to_try_again(monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.01)
    busy = OneAtATime()
    with busy.turn(), pytest.raises(BusyError, match="Try again in a minute"), busy.turn():
        pytest.fail("two at a time")
    with busy.turn():
        pass


def test_a_photo_sent_meanwhile_is_refused_in_its_form(monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.01)
    with pictures._one_at_a_time.turn():
        form = Form({}, {"photo": SimpleUploadedFile("a.jpg", photo())})
        assert not form.is_valid()
    assert "Try again in a minute" in str(form.errors)
