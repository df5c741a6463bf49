from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_pauses")]

    operations = [
        migrations.AddField(
            model_name="projecttoken",
            name="only",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="projecttoken",
            constraint=models.CheckConstraint(
                condition=Q(("only", ""), ("scope", "serving"), _connector="OR"),
                name="projects_token_only_for_serving",
            ),
        ),
    ]
