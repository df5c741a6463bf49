from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="personallink",
            name="purpose",
            field=models.CharField(
                choices=[("answer", "Answer"), ("sign", "Sign"), ("guest", "Guest")], max_length=12
            ),
        ),
    ]
