# gunicorn reads this file when it starts. It writes JSON like the rest, and leaves the
# lines for requests to `RequestLogMiddleware`: its own would contain the queries.
logconfig_dict = {
    "formatters": {"json": {"()": "config.logs.JSONFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {"propagate": True},
        "gunicorn.access": {"level": "CRITICAL"},
    },
}

# After SIGTERM, requests have 7 seconds to finish: Docker kills the process after 10.
graceful_timeout = 7

# No program controls gunicorn over a socket, and in the container it could not create one.
control_socket_disable = True
