"""
Settings for a machine that others can reach. What differs from one machine to
the next, and what is secret, comes from the environment.
"""

from .settings import *
from .settings import DATABASES, REST_FRAMEWORK, env

DEBUG = False

# Without defaults: a project that has no secrets of its own does not start.
SECRET_KEY = env('SECRET_KEY')
JWT_SIGNING_KEY = env('JWT_SIGNING_KEY')

# The names under which the API is reached.
ALLOWED_HOSTS = env.list('ALLOWED_HOSTS')

# Kept open between requests, and looked after before it is used again.
DATABASES = {'default': DATABASES['default'] | {'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': True}}

# All processes count together. A cache that does not answer holds nobody up for long.
CACHES = {
    'default': env.cache('CACHE_URL')
    | {'OPTIONS': {'socket_connect_timeout': 1, 'socket_timeout': 1}}
}

# JSON and tokens only: the pages for a browser stay at home.
REST_FRAMEWORK = REST_FRAMEWORK | {
    'DEFAULT_AUTHENTICATION_CLASSES': ['authentication.backends.JWTAuthentication'],
    'DEFAULT_RENDERER_CLASSES': ['rest_framework.renderers.JSONRenderer'],
    'NUM_PROXIES': env.int('NUM_PROXIES'),
}

# Emails are sent by this mail server, from this address.
vars().update(env.email_url('EMAIL_URL'))
DEFAULT_FROM_EMAIL = env('DEFAULT_FROM_EMAIL')

# The worker sends them: `python manage.py sendmail`.
MAIL_AT_ONCE = env.bool('MAIL_AT_ONCE', default=False)

# Everything goes over HTTPS, for the next hour in any case. Raise it when you are sure.
SECURE_SSL_REDIRECT = True
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
