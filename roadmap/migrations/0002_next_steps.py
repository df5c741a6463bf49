import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("roadmap", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="NextStep",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=120)),
                ("outcome", models.CharField(max_length=8)),
                ("title", models.CharField(max_length=300)),
                ("owner", models.CharField(max_length=300)),
                ("due_on", models.DateField()),
                ("source", models.CharField(max_length=120)),
                ("source_path", models.CharField(max_length=200)),
                ("poc", models.CharField(blank=True, max_length=120)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="next_steps",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "key"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "key"), name="roadmap_next_step_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["scale", "iterate", "stop"])),
                        name="roadmap_next_step_outcome_known",
                    ),
                ],
            },
        ),
    ]
