import pytest
from django.core.management import CommandError, call_command

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, clock_shift
from cwf_portal.core.models import User
from cwf_portal.operations.demo import stage
from cwf_portal.operations.demo.database import needs_writing
from cwf_portal.operations.demo.stage import DemoError


def test_demo_without_its_switch_names_the_command(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo")


def test_second_demo_of_a_checkout_is_refused_and_the_first_goes_on(tmp_path):
    with stage.only_one(tmp_path), pytest.raises(DemoError, match="running already"), stage.only_one(tmp_path):
        pass
    with stage.only_one(tmp_path):
        assert (tmp_path / "demo.lock").exists()


@pytest.mark.django_db
def test_past_is_written_where_nobody_can_sign_in_yet_and_on_request():
    assert needs_writing(fresh=False)
    assert needs_writing(fresh=True)


@pytest.mark.django_db
def test_past_that_was_finished_is_not_written_again(sample_person):
    assert clock_shift().total_seconds() == 0
    assert not needs_writing(fresh=False)


@pytest.mark.django_db
def test_past_whose_visitors_moved_the_clock_is_kept(sample_person):
    advance_clock(to=sample_person.joined_at.replace(year=sample_person.joined_at.year + 1, day=1))
    assert not needs_writing(fresh=False)


@pytest.fixture
def sample_person(db):
    with acting("system:test", "a person of the demo"):
        return User.objects.create_user("p@sample.example", is_sample=True, sample_slug="resident")
