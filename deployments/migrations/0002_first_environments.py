"""Staging and production for the organizations that exist."""

from django.db import migrations


def make(apps, schema_editor):
    Organization = apps.get_model("accounts", "Organization")
    Environment = apps.get_model("deployments", "Environment")
    for organization in Organization.objects.exclude(environments__isnull=False):
        Environment.objects.create(
            organization=organization,
            name="Staging",
            slug="staging",
            purpose="To try a version with test traffic before others rely on it.",
            policy="warn",
            deployers="contribute",
            position=1,
        )
        Environment.objects.create(
            organization=organization,
            name="Production",
            slug="production",
            purpose="People or systems act on the answers.",
            policy="block",
            wants_verified=True,
            replicas=2,
            position=2,
        )


class Migration(migrations.Migration):
    dependencies = [("deployments", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
