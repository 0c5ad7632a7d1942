from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError

from .models import User
from .throttles import CannotCount, GuessThrottle, LoginThrottle


class ThrottledLoginForm(AdminAuthenticationForm):
    """
    The admin's login, which counts guesses together with the API's.
    """

    def clean(self):
        guesses = GuessThrottle(self.cleaned_data.get("username", ""))

        try:
            if not LoginThrottle().allow_request(self.request):
                raise ValidationError("Too many logins from your address. Try again in a minute.")

            if not guesses.allow_request(self.request):
                raise ValidationError("Too many guesses. Try again in an hour.")
        except CannotCount:
            raise ValidationError("The server cannot count logins right now. Try again later.")

        data = super().clean()

        # Django calls `clean` without a password too. Then it has not looked for a user.
        if self.get_user():
            guesses.forget(self.request)

        return data


admin.site.login_form = ThrottledLoginForm


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ["email", "username", "is_active", "is_staff"]
    search_fields = ["email", "username"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]

    # The password is not one of the fields, because it has its own page.
    fieldsets = [
        (
            None,
            {
                "fields": ["email", "username"],
                "description": 'To set a password, <a href="../password/">use its own page</a>.',
            },
        ),
        (
            "Permissions",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "username", "usable_password", "password1", "password2"]}),
    ]

    def save_model(self, request, obj, form, change):
        email_changed = "email" in form.changed_data

        # The new email has not been verified yet.
        if email_changed:
            obj.email_verified_at = None

        super().save_model(request, obj, form, change)

        if email_changed:
            obj.sessions.all().delete()
