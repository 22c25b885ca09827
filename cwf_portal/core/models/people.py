"""People who sign in, and the roles they hold."""

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from cwf_portal.core.audit import tracked
from cwf_portal.core.clock import CoreNow
from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission, Role

NOWHERE = ".invalid"  # addresses nobody can own: of people without e-mail, and of accounts that were closed


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, **fields: Any) -> "User":
        """A person who signs in with a code sent to `email`; there are no passwords."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


@tracked(exclude=("password", "last_login", "email", "full_name"))
class User(AbstractBaseUser):
    """A person with an account. `is_sample` marks people invented for the demo and the journey.

    What is written about an account can never be changed, so who it belongs to stands apart, in `AccountDetails`. An
    account that its owner closed (`closed_at`) stays closed, without a name, at an address nobody can own.
    """

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    sample_slug = models.SlugField(max_length=40, null=True, unique=True)  # noqa: DJ001 - unique where present
    sample_detail = models.CharField(max_length=200, blank=True)
    joined_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    closed_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(sample_slug=None) | Q(is_sample=True), name="%(app_label)s_%(class)s_slug_is_sample"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(is_active=False, full_name="", email__endswith=NOWHERE),
                name="%(app_label)s_%(class)s_closed_is_nobody",
            ),
        )

    def __str__(self) -> str:
        return "Closed account" if self.closed_at else self.full_name or self.email

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Roles that stand now. Read once per request: a role removed is gone at the next one."""
        held = self.role_grants.standing().values_list("role", flat=True)
        return frozenset({Role.RESIDENT, *(Role(role) for role in held)})

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """What the roles allow together; nothing for an account that was closed."""
        if not self.is_active:
            return frozenset()
        return frozenset().union(*(ROLE_PERMISSIONS[role] for role in self.roles))

    @property
    def can(self) -> "PermissionLookup":
        """For templates: `{% if request.user.can.cast_ballot %}`."""
        return PermissionLookup(self.permissions)


class AccountDetails(models.Model):
    """What stood in an account and since when, as the database itself noted it; deleted when the account is closed."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="details")
    email = models.EmailField()
    full_name = models.CharField(max_length=120, blank=True)
    noted_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    noted_for = models.CharField(max_length=60, help_text="The actor, as in history.")

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(noted_for=""), name="%(app_label)s_%(class)s_names_actor"),)

    def __str__(self) -> str:
        return f"{self.user_id}, {self.noted_at}"


class PermissionLookup:
    """Answers `lookup["cast_ballot"]` and `lookup["panels.cast_ballot"]`."""

    def __init__(self, held: frozenset[Permission]) -> None:
        self.names = {permission.value for permission in held} | {permission.name.lower() for permission in held}

    def __getitem__(self, name: str) -> bool:
        return name in self.names


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def standing(self) -> "RoleGrantQuerySet":
        """Confirmed by a second person and not taken back."""
        return self.filter(confirmed_by__isnull=False, revoked_at=None)

    def unconfirmed(self) -> "RoleGrantQuerySet":
        return self.filter(confirmed_by=None, revoked_at=None)


@tracked()
class RoleGrant(models.Model):
    """One role of one person: asked for by one administrator, confirmed by another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(role__in=Role.values), name="%(app_label)s_%(class)s_role_known"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="%(app_label)s_%(class)s_confirmed_pair",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by=None, revoked_at=None) | Q(revoked_by__isnull=False, revoked_at__isnull=False),
                name="%(app_label)s_%(class)s_revoked_pair",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("requested_by")),
                name="%(app_label)s_%(class)s_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("requested_by")), name="%(app_label)s_%(class)s_not_for_oneself"
            ),
            models.UniqueConstraint(
                fields=("user", "role"), condition=Q(revoked_at=None), name="%(app_label)s_%(class)s_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.user}"
