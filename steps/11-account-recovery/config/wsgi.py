"""
WSGI config for config project.

It exposes the WSGI callable as a module-level variable named ``application``.

For more information on this file, see
https://docs.djangoproject.com/en/5.2/howto/deployment/wsgi/
"""

import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')

django_application = get_wsgi_application()


# A parameter that names a charset, or whose own name is encoded (RFC 2231): "; charset=x", "; a*=x".
UNSAFE_PARAMETER = re.compile(r'(?i);\s*(charset|[^;,=]*\*)[^;,]*')


def application(environ, start_response):
    """
    Takes such parameters out of the headers that Django and Django REST
    Framework read. Both crash on an encoding that Python does not know.
    """
    for header in ['CONTENT_TYPE', 'HTTP_ACCEPT']:
        if header in environ:
            environ[header] = UNSAFE_PARAMETER.sub('', environ[header])

    return django_application(environ, start_response)
