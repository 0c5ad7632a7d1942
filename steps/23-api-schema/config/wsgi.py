"""
WSGI config for config project.

It exposes the WSGI callable as a module-level variable named ``application``.

For more information on this file, see
https://docs.djangoproject.com/en/5.2/howto/deployment/wsgi/
"""

import os

from django.core.management import BaseCommand
from django.core.wsgi import get_wsgi_application

from .headers import without_unsafe_parameters

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')

django_application = get_wsgi_application()

# gunicorn runs no checks. A key that is too short stops it here, with the message of `migrate`.
BaseCommand().check()


def application(environ, start_response):
    """
    Removes unsafe parameters before Django reads the headers.
    """
    for header in ['CONTENT_TYPE', 'HTTP_ACCEPT']:
        if header in environ:
            environ[header] = without_unsafe_parameters(environ[header])

    return django_application(environ, start_response)
