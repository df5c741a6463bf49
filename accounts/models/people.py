"""Who there is: people, organizations, their units, and who belongs where with which role."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from ui.formats import NBSP, Formats


class Role(models.TextChoices):
    """What a member may do in an organization."""

    OWNER = "owner", "Owner"
    FACILITATOR = "facilitator", "Facilitator"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class Function(models.TextChoices):
    """The hat that a person answers with."""

    SPONSOR = "sponsor", "Sponsor"
    BUSINESS_LEAD = "business_lead", "Business lead"
    DATA_OWNER = "data_owner", "Data owner"
    TECHNICAL_LEAD = "technical_lead", "Technical lead"
    PRACTITIONER = "practitioner", "Practitioner"
    LEGAL_SECURITY = "legal_security", "Legal and security"
    PEOPLE_FINANCE = "people_finance", "People and finance"


class UserManager(BaseUserManager["User"]):
    """People are found by address; the address is kept in lower case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person with an account; signs in by e-mail address."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    # Set while a person acts through a token: the one organization that the token opens.
    bound_to: uuid.UUID | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_address_once")]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.get_full_name()


class Organization(models.Model):
    """A firm or part of one; nothing crosses from one organization to another."""

    class DateFormat(models.TextChoices):
        DAY_FIRST = "day_first", "18 Dec 2026"
        MONTH_FIRST = "month_first", "Dec 18, 2026"

    class Clock(models.TextChoices):
        HOURS_24 = "24", "14:03"
        HOURS_12 = "12", "2:03 pm"

    class NumberFormat(models.TextChoices):
        COMMA_POINT = "1,234.5", "1,234.5"
        POINT_COMMA = "1.234,5", "1.234,5"
        SPACE_COMMA = "1 234,5", "1 234,5"

    class Language(models.TextChoices):
        EN_US = "en-us", "English (United States)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="UTC")
    date_format = models.CharField(max_length=16, choices=DateFormat.choices, default=DateFormat.DAY_FIRST)
    clock = models.CharField(max_length=2, choices=Clock.choices, default=Clock.HOURS_24)
    number_format = models.CharField(
        max_length=8, choices=NumberFormat.choices, default=NumberFormat.COMMA_POINT
    )
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.EN_US)
    mail_sender_name = models.CharField(max_length=120, blank=True)
    mail_reply_to = models.EmailField(blank=True)
    mail_footer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        return "archived" if self.archived_at else "active"

    def formats(self) -> Formats:
        """How dates, numbers and money are written for this organization."""
        thousands, decimal = self.number_format[1], self.number_format[-2]
        return Formats(
            thousands=NBSP if thousands == " " else thousands,
            decimal=decimal,
            month_first=self.date_format == self.DateFormat.MONTH_FIRST,
            clock_12=self.clock == self.Clock.HOURS_12,
            currency=self.currency,
        )


class Unit(models.Model):
    """A part of an organization: a site, a department."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="units")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="accounts_unit_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one organization, with a role and the functions the person answers with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.MEMBER)
    functions = models.JSONField(default=list, blank=True)
    unit = models.ForeignKey(
        Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="memberships"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organization"], name="accounts_membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="accounts_membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def function_names(self) -> list[str]:
        return [str(Function(key).label) for key in self.functions if key in Function.values]
