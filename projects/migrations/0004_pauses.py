"""When projects stood still. What the audit log tells of those that were paused or closed before is taken over."""

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def take_over(apps, schema_editor):
    Pause = apps.get_model("projects", "Pause")
    Project = apps.get_model("projects", "Project")
    AuditEvent = apps.get_model("accounts", "AuditEvent")
    moves = {}
    told = AuditEvent.objects.filter(event="project.moved", subject_type="projects.project")
    for subject, data, moment in told.order_by("chain", "number").values_list(
        "subject_id", "data", "created_at"
    ):
        moves.setdefault(subject, []).append((data, timezone.localdate(moment)))
    for project in Project.objects.iterator():
        began = None
        for data, day in moves.get(str(project.pk), ()):
            if data.get("state") == "active" and began is not None:
                Pause.objects.create(project=project, began_on=began, ended_on=max(began, day))
                began = None
            elif data.get("before") == "active" and began is None:
                began = day
        if project.state != "active":
            Pause.objects.create(project=project, began_on=began or timezone.localdate(project.changed_at))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("projects", "0003_page_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_on", models.DateField()),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pauses",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "ordering": ["began_on", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("project",),
                        name="projects_one_open_pause",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None), ("ended_on__gte", models.F("began_on")), _connector="OR"
                        ),
                        name="projects_pause_ends_after_start",
                    ),
                ],
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop, elidable=True),
    ]
