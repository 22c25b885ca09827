"""Rules about every model: relations point down only, constraints say whose they are."""

import pytest
from django.apps import apps
from django.db import models

ROOMS = ["core", "neighbourhoods", "panels", "grants"]
OURS = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]


def level(model: type[models.Model]) -> int:
    """Height of a model's room; below all of them lies what others wrote."""
    label = model._meta.app_label
    return ROOMS.index(label) if label in ROOMS else -1


def relations(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.get_fields() if field.is_relation and field.concrete and field.related_model]


def upward(model: type[models.Model]) -> list[str]:
    return [f"{model.__name__}.{f.name}" for f in relations(model) if level(f.related_model) > level(model)]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_relations_point_to_the_same_room_or_down(model):
    assert upward(model) == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_constraints_are_named_after_their_table_and_rule(model):
    prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
    assert [c.name for c in model._meta.constraints if not c.name.startswith(prefix)] == []


def test_relation_that_points_up_is_found(monkeypatch):
    user = apps.get_model("core", "User")
    grant = apps.get_model("core", "RoleGrant")
    monkeypatch.setattr(user._meta, "app_label", "grants")
    assert "RoleGrant.user" in upward(grant)
