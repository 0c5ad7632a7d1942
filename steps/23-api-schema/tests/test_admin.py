import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.utils import timezone

from authentication.models import User

PASSWORD = "correct horse battery staple"
LIST = "/admin/authentication/user/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


def test_the_admin_lists_users(admin_client, ada):
    """The admin lists users by email, with username, `is_active` and `is_staff`."""
    User.objects.create_user("abby", "zoe@example.com", PASSWORD)

    page = admin_client.get(LIST)

    listed = page.context["cl"]
    assert page.status_code == 200
    assert [user.username for user in listed.result_list] == ["ada", "root", "abby"]
    assert listed.list_display[1:] == ["email", "username", "is_active", "is_staff"]


def test_the_admin_finds_users(admin_client):
    """The admin finds users by a part of their email or username."""
    User.objects.create_user("countess", "ada@example.com", PASSWORD)
    User.objects.create_user("grace", "grace@example.com", PASSWORD)

    for words in ["ada@example", "count"]:
        page = admin_client.get(LIST, {"q": words}).content.decode()

        assert "ada@example.com" in page
        assert "grace@example.com" not in page


def test_the_admin_shows_the_fields_of_a_user(admin_client, ada):
    """The page of a user has the fields that `fieldsets` names. The dates are read-only."""
    page = admin_client.get(f"{LIST}{ada.pk}/change/")

    permissions = ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]
    dates = ["last_login", "date_joined"]
    form = page.context["adminform"]
    assert flatten_fieldsets(form.fieldsets) == ["email", "username", *permissions, *dates]
    assert list(form.readonly_fields) == dates


def test_the_admin_asks_for_the_fields_of_a_new_user(admin_client):
    """The page that adds a user asks for email and username, and for the password twice."""
    page = admin_client.get(f"{LIST}add/")

    passwords = ["usable_password", "password1", "password2"]
    form = page.context["adminform"]
    assert flatten_fieldsets(form.fieldsets) == ["email", "username", *passwords]


def test_the_admin_adds_a_user(admin_client):
    """The admin adds a user: the password is hashed, and the email is normalized."""
    page = admin_client.post(
        f"{LIST}add/",
        {
            "email": "ada@EXAMPLE.com",
            "username": "ada",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    user = User.objects.get(email="ada@example.com")
    assert page.status_code == 302
    assert page["Location"] == f"{LIST}{user.pk}/change/"
    assert user.check_password(PASSWORD)


def test_the_admin_rejects_a_weak_password(admin_client):
    """The admin checks new passwords by Django's rules, and doesn't save a weak one."""
    page = admin_client.post(
        f"{LIST}add/",
        {
            "email": "ada@example.com",
            "username": "ada",
            "usable_password": "true",
            "password1": "password",
            "password2": "password",
        },
    )

    assert page.status_code == 200
    assert "This password is too common." in page.content.decode()
    assert not User.objects.filter(email="ada@example.com").exists()


def test_the_admin_never_shows_the_hash(admin_client, ada):
    """The page of a user doesn't show the hash, and links to the form that sets a password.

    Leave `password` out of the `fieldsets`.
    """
    User.objects.filter(pk=ada.pk).update(password=f"md5$salt${'zq' * 16}")

    page = admin_client.get(f"{LIST}{ada.pk}/change/").content.decode()

    assert "algorithm" not in page
    assert "zqzqzq" not in page
    assert 'href="../password/"' in page


def test_the_admin_never_edits_the_hash(admin_client, ada):
    """Saving a user in the admin never changes the hash, whatever the form contains."""
    before = ada.password

    page = admin_client.post(
        f"{LIST}{ada.pk}/change/",
        {
            "email": "ada@example.com",
            "username": "countess",
            "is_active": "on",
            "password": "md5$$5f4dcc3b5aa765d61d8327deb882cf99",
        },
    )

    ada.refresh_from_db()
    assert page.status_code == 302
    assert ada.username == "countess"
    assert ada.password == before


def test_the_admin_keeps_the_dates(admin_client, ada):
    """`date_joined` and `last_login` are shown, and cannot be changed."""
    before = ada.date_joined

    admin_client.post(
        f"{LIST}{ada.pk}/change/",
        {
            "email": "ada@example.com",
            "username": "ada",
            "is_active": "on",
            "date_joined_0": "2001-01-01",
            "date_joined_1": "00:00",
        },
    )

    ada.refresh_from_db()
    assert ada.date_joined == before


def test_the_admin_sets_a_password(admin_client, ada):
    """The form for a password sets a new one."""
    page = admin_client.post(
        f"{LIST}{ada.pk}/password/",
        {
            "usable_password": "true",
            "password1": "another good one",
            "password2": "another good one",
        },
    )

    ada.refresh_from_db()
    assert page.status_code == 302
    assert ada.check_password("another good one")


@pytest.mark.parametrize(
    ("email", "verified"),
    [
        pytest.param("a@example.com", False, id="new"),
        pytest.param("ada@example.com", True, id="the same"),
    ],
)
def test_an_email_from_the_admin_is_not_verified(admin_client, ada, email, verified):
    """A new email from the admin has not been verified yet, and it ends all sessions."""
    User.objects.filter(pk=ada.pk).update(email_verified_at=timezone.now())
    ada.sessions.create()

    admin_client.post(
        f"{LIST}{ada.pk}/change/", {"email": email, "username": "countess", "is_active": "on"}
    )

    ada.refresh_from_db()
    assert (ada.email, ada.username) == (email, "countess")
    assert (ada.email_verified_at is not None) is verified
    assert ada.sessions.exists() is verified


def test_the_admin_is_for_staff(client, ada):
    """An ordinary user is redirected to the admin's login."""
    client.force_login(ada)

    page = client.get(LIST)

    assert page.status_code == 302
    assert page["Location"] == f"/admin/login/?next={LIST}"
