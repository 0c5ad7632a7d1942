# gunicorn reads this file when it starts. Its own messages are JSON, too.
logconfig_dict = {"formatters": {"generic": {"()": "config.logs.JSONFormatter"}}}
