from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0002_first_environments"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluation",
            name="failures",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="positive",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="threshold",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
