"""
Settings for a machine that others can reach. What differs from one machine to
the next, and what is secret, comes from the environment.
"""

import environ

from .settings import *
from .settings import DATABASES

env = environ.Env()

DEBUG = False

# Without a default: a project that has no secret of its own does not start.
SECRET_KEY = env('SECRET_KEY')

# The names under which the API is reached. The health check comes from the machine itself.
ALLOWED_HOSTS = [*env.list('ALLOWED_HOSTS'), '127.0.0.1']

# postgres://user:password@host:5432/name; kept open between requests
if 'DATABASE_URL' in env:
    DATABASES['default'] = env.db('DATABASE_URL') | {'CONN_MAX_AGE': 60}

# Everything goes over HTTPS, for the next hour in any case. Raise it when you are sure.
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ['^health$']
SECURE_HSTS_SECONDS = 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# Django keeps its errors to itself when DEBUG is off; a container's log is its output.
LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'handlers': {'console': {'class': 'logging.StreamHandler'}},
    'root': {'handlers': ['console'], 'level': 'INFO'},
}
