from django.contrib.auth import forms

from .models import User


class UserCreationForm(forms.AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "username"]
        field_classes = {"username": forms.UsernameField}


class UserChangeForm(forms.UserChangeForm):
    # Neither shown nor edited here: a password has a page of its own.
    password = None

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": forms.UsernameField}
