from django.core.management import CommandError
from django.db import migrations
from django.db.models import Count
from django.db.models.functions import Lower


def refuse_duplicates(apps, schema_editor):
    """
    The next migration allows each email and each username once, in upper or
    lower case. If there are duplicates, a person has to decide who keeps theirs.
    """
    users = apps.get_model('authentication', 'User').objects.using(schema_editor.connection.alias)
    found = []

    for field in ['email', 'username']:
        spelling = users.values(spelling=Lower(field))
        for text in spelling.annotate(count=Count('pk')).filter(count__gt=1).order_by('spelling'):
            same = users.alias(spelling=Lower(field)).filter(spelling=text['spelling'])
            names = ', '.join(f'{getattr(user, field)} (id {user.pk})' for user in same.order_by('pk'))
            found.append(f'  {field}: {names}')

    if found:
        raise CommandError(
            'These users differ only in upper and lower case:\n'
            + '\n'.join(found)
            + '\nNothing was changed. Change the email or username of all but one of them, '
            'in the admin or in `python manage.py shell`, and run migrate again.'
        )


class Migration(migrations.Migration):

    dependencies = [
        ('authentication', '0002_alter_user_managers'),
    ]

    operations = [
        migrations.RunPython(refuse_duplicates, migrations.RunPython.noop),
    ]
