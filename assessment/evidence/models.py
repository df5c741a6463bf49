"""The register of data assets, and the roster: who covers which role, with which skills."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Organization, Unit


class DataAsset(models.Model):
    """One source of data: where it is, whether it may be used, and what it still needs."""

    class Access(models.TextChoices):
        UNKNOWN = "unknown", "Not known"
        OWNER_ONLY = "owner_only", "Its owner only"
        SOME_TEAMS = "some_teams", "Some teams"
        ALL_LAWFUL = "all_lawful", "Every team with a lawful purpose"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="data_assets")
    name = models.CharField(max_length=120)
    owner = models.CharField(max_length=150, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    labeled = models.BooleanField(default=False)
    in_one_repository = models.BooleanField(default=False)
    access = models.CharField(max_length=12, choices=Access.choices, default=Access.UNKNOWN)
    days_to_access = models.PositiveIntegerField(null=True, blank=True)
    legal_basis = models.CharField(max_length=200, blank=True)
    refresh = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    revision = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="assessment_asset_name_once",
            ),
            models.CheckConstraint(
                condition=Q(access__in=["unknown", "owner_only", "some_teams", "all_lawful"]),
                name="assessment_asset_access_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RosterPerson(models.Model):
    """Somebody who can work on ML, a partner's person, or a vacancy."""

    class Kind(models.TextChoices):
        IN_HOUSE = "in_house", "In-house"
        PARTNER = "partner", "Partner"
        VACANCY = "vacancy", "Vacancy"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="roster")
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.IN_HOUSE)
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    partner = models.CharField(max_length=120, blank=True)
    until = models.DateField(null=True, blank=True)
    projects = models.JSONField(default=list, blank=True)
    # How many those are; kept beside them so that others can count without reading names.
    projects_at_once = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revision = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="assessment_roster_name_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["in_house", "partner", "vacancy"]), name="assessment_roster_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fte(self) -> Decimal:
        return sum((share.share for share in self.shares.all()), Decimal(0))


class RoleShare(models.Model):
    """The part of a full week that a person gives to a role; a person's shares sum to at most 1."""

    person = models.ForeignKey(RosterPerson, on_delete=models.CASCADE, related_name="shares")
    role = models.CharField(max_length=40)
    share = models.DecimalField(max_digits=3, decimal_places=2)

    class Meta:
        ordering = ["-share", "role"]
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], name="assessment_share_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="assessment_share_range"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.share}"


class RosterSkill(models.Model):
    """A person's level in a skill, 0 to 3; of named people only facilitators and leads see it."""

    person = models.ForeignKey(RosterPerson, on_delete=models.CASCADE, related_name="skills")
    skill = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["skill"]
        constraints = [
            models.UniqueConstraint(fields=["person", "skill"], name="assessment_skill_once"),
            models.CheckConstraint(condition=Q(level__lte=3), name="assessment_skill_level_range"),
        ]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"
