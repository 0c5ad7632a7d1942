from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from .forms import UserChangeForm, UserCreationForm
from .models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserChangeForm
    add_form = UserCreationForm

    list_display = ["email", "username", "is_active", "is_staff"]
    search_fields = ["email", "username"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]

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
