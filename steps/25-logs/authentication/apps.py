from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"

    def ready(self):
        from . import checks, events  # Importing the modules registers checks and receivers.
