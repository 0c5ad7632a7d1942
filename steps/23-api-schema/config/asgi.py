"""
ASGI config for config project.

It exposes the ASGI callable as a module-level variable named ``application``.

For more information on this file, see
https://docs.djangoproject.com/en/5.2/howto/deployment/asgi/
"""

import os

from django.core.asgi import get_asgi_application
from django.core.management import BaseCommand

from .headers import without_unsafe_parameters

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')

django_application = get_asgi_application()

# An ASGI server runs no checks either.
BaseCommand().check()


async def application(scope, receive, send):
    """
    Removes unsafe parameters, as in `config/wsgi.py`. Here the headers are bytes.
    """
    headers = [
        (name, without_unsafe_parameters(value.decode('latin-1')).encode('latin-1'))
        if name in [b'content-type', b'accept']
        else (name, value)
        for name, value in scope.get('headers', [])
    ]

    await django_application(scope | {'headers': headers}, receive, send)
