"""
Settings for a server. Secrets, and values that differ between servers, come
from environment variables.
"""

from .settings import *
from .settings import DATABASES, MIDDLEWARE, REST_FRAMEWORK, env

DEBUG = False

# Without defaults, so the project doesn't start without secrets of its own.
SECRET_KEY = env('SECRET_KEY')

# The names under which the API is reached. The health check comes from the machine itself.
ALLOWED_HOSTS = [*env.list('ALLOWED_HOSTS'), '127.0.0.1']

# Keeps a connection open between requests.
DATABASES = {'default': DATABASES['default'] | {'CONN_MAX_AGE': 60}}
MIDDLEWARE = [
    'config.logs.RequestLogMiddleware',
    'config.database.DatabaseMiddleware',
    *MIDDLEWARE,
]

# The style sheets of the admin, from the folders of the apps. They get the headers of
# SecurityMiddleware, so this comes after it.
WHITENOISE_USE_FINDERS = True
MIDDLEWARE.insert(
    MIDDLEWARE.index('django.middleware.security.SecurityMiddleware') + 1,
    'whitenoise.middleware.WhiteNoiseMiddleware',
)

# Requests to the API skip the middlewares that only pages need.
PAGES = {
    'csp.middleware.CSPMiddleware': 'config.pages.PolicyMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware': 'config.pages.SessionMiddleware',
    'django.contrib.auth.middleware.AuthenticationMiddleware': (
        'config.pages.AuthenticationMiddleware'
    ),
    'django.contrib.messages.middleware.MessageMiddleware': 'config.pages.MessageMiddleware',
}
MIDDLEWARE = [PAGES.get(middleware, middleware) for middleware in MIDDLEWARE]

# Seconds to connect; milliseconds for a server that has vanished, and for one statement.
# Without these, requests could wait forever.
if 'DATABASE_URL' in env:
    DATABASES['default']['OPTIONS'] = DATABASES['default'].get('OPTIONS', {}) | {
        'connect_timeout': 3,
        'tcp_user_timeout': 5000,
        'options': f"-c statement_timeout={env.int('STATEMENT_TIMEOUT', default=5000)}",
    }

# All processes count together. If the cache doesn't answer within a second, we give up.
CACHES = {
    'default': env.cache('CACHE_URL')
    | {'OPTIONS': {'socket_connect_timeout': 1, 'socket_timeout': 1}}
}

# JSON and tokens only, without DRF's pages for a browser.
REST_FRAMEWORK = REST_FRAMEWORK | {
    'DEFAULT_AUTHENTICATION_CLASSES': ['authentication.backends.JWTAuthentication'],
    'DEFAULT_RENDERER_CLASSES': ['rest_framework.renderers.JSONRenderer'],
    'DEFAULT_CONTENT_NEGOTIATION_CLASS': 'config.negotiation.OneFormat',
    'NUM_PROXIES': env.int('NUM_PROXIES'),
    'EXCEPTION_HANDLER': 'config.database.exception_handler',
}

# Emails are sent by this mail server, from this address, with links to these pages.
vars().update(env.email_url('EMAIL_URL'))
DEFAULT_FROM_EMAIL = env('DEFAULT_FROM_EMAIL')
FRONTEND_URL = env('FRONTEND_URL')

# Nobody needs the description here, unless you turn it on.
API_DOCS = env.bool('API_DOCS', default=False)

# The worker sends them: `python manage.py sendmail`.
MAIL_AT_ONCE = env.bool('MAIL_AT_ONCE', default=False)

# HTTPS only. Browsers remember this for an hour. Raise it to a year when HTTPS works.
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ['^health/']
SECURE_HSTS_SECONDS = 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

# With DEBUG off, Django doesn't print errors. This prints them, for the container's log.
LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'formatters': {'json': {'()': 'config.logs.JSONFormatter'}},
    'handlers': {'console': {'class': 'logging.StreamHandler', 'formatter': 'json'}},
    'root': {'handlers': ['console'], 'level': 'INFO'},
    # The middleware logs each request, so Django needn't log a 4xx again.
    'loggers': {'django.request': {'level': 'ERROR'}},
}
