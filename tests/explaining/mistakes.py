"""Mistakes that learners make: an edit of a real stage, and where the first sentence has to send them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mistake:
    """`edits` is what the fixture `project` takes; `file` and `line` are the place to open (line 0: the whole file)."""

    name: str
    stage: str
    sentence: str
    file: str
    line: int
    edits: dict = field(default_factory=dict)


MISTAKES = [
    Mistake(
        'an open bracket',
        '02-user-model',
        'authentication/models.py, line 15, opens a ( that is never closed.',
        'authentication/models.py',
        15,
        {'authentication/models.py': {'validators=[username_validator],\n    )': 'validators=[username_validator],\n'}},
    ),
    Mistake(
        'a missing colon',
        '02-user-model',
        'authentication/models.py, line 33, needs a colon at its end.',
        'authentication/models.py',
        33,
        {'authentication/models.py': {'def __str__(self):': 'def __str__(self)'}},
    ),
    Mistake(
        'an open text',
        '02-user-model',
        'authentication/models.py, line 27, begins a text whose closing quotation mark is missing.',
        'authentication/models.py',
        27,
        {'authentication/models.py': {'USERNAME_FIELD = "email"': 'USERNAME_FIELD = "email'}},
    ),
    Mistake(
        'curly quotation marks',
        '02-user-model',
        'authentication/models.py, line 27, has the quotation mark “, which Python does not know.',
        'authentication/models.py',
        27,
        {'authentication/models.py': {'USERNAME_FIELD = "email"': 'USERNAME_FIELD = “email”'}},
    ),
    Mistake(
        'a merge that was not finished',
        '02-user-model',
        'authentication/models.py, line 27, is the mark of a merge that was not finished.',
        'authentication/models.py',
        27,
        {
            'authentication/models.py': {
                '    USERNAME_FIELD = "email"': '<<<<<<< HEAD\n    USERNAME_FIELD = "email"\n=======\n>>>>>>> other'
            }
        },
    ),
    Mistake(
        'tabs among spaces',
        '02-user-model',
        'authentication/models.py, line 38, mixes tabs and spaces.',
        'authentication/models.py',
        38,
        {
            'authentication/models.py': {
                '    def get_full_name(self):\n        return': '    def get_full_name(self):\n        x = 1\n\treturn'
            }
        },
    ),
    Mistake(
        'a body that is not indented',
        '02-user-model',
        'authentication/models.py, line 34, has to be indented: it belongs to the function definition on line 33.',
        'authentication/models.py',
        34,
        {'authentication/models.py': {'    def __str__(self):\n        return': '    def __str__(self):\n    return'}},
    ),
    Mistake(
        'indented for no reason',
        '02-user-model',
        'authentication/models.py, line 28, is indented, though no line above it opens a block.',
        'authentication/models.py',
        28,
        {'authentication/models.py': {'    EMAIL_FIELD': '        EMAIL_FIELD'}},
    ),
    Mistake(
        'indented to no depth',
        '02-user-model',
        'authentication/models.py, line 36, is indented to a depth that no line above it has.',
        'authentication/models.py',
        36,
        {'authentication/models.py': {'    def get_full_name': '  def get_full_name'}},
    ),
    Mistake(
        'the sign of a diff',
        '02-user-model',
        'authentication/models.py, line 33, begins with the sign of a diff.',
        'authentication/models.py',
        33,
        {'authentication/models.py': {'    def __str__(self):': '+    def __str__(self):'}},
    ),
    Mistake(
        'a file in UTF-16',
        '02-user-model',
        'authentication/apps.py is no text that Python can read.',
        'authentication/apps.py',
        0,
        {'authentication/apps.py': 'ÿþa\x00p\x00p\x00'},
    ),
    Mistake(
        'a package that is not installed',
        '01-dockerfile',
        "config/settings.py, line 13, needs the package python-decouple, which is not installed. This stage doesn't use it.",
        'config/settings.py',
        13,
        {'config/settings.py': {'from pathlib': 'import decouple\nfrom pathlib'}},
    ),
    Mistake(
        'an app that is not installed as a package',
        '01-dockerfile',
        "config/settings.py, line 40, needs the package django-cors-headers, which is not installed. This stage doesn't use it.",
        'config/settings.py',
        40,
        {
            'config/settings.py': {
                "    'django.contrib.staticfiles',": "    'django.contrib.staticfiles',\n    'corsheaders',"
            }
        },
    ),
    Mistake(
        'a file that hides a package',
        '05-authentication-backend',
        'jwt.py hides the package jwt, which the project needs.',
        'jwt.py',
        0,
        {'jwt.py': '# notes on tokens\n'},
    ),
    Mistake(
        'manage.py names other settings',
        '01-dockerfile',
        'manage.py, line 9, names settings that do not exist: there is no module confg. Did you mean config.settings?',
        'manage.py',
        9,
        {'manage.py': {"'config.settings'": "'confg.settings'"}},
    ),
    Mistake(
        'manage.py names no settings',
        '01-dockerfile',
        'manage.py does not say which settings to use.',
        'manage.py',
        0,
        {'manage.py': {"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')": 'pass'}},
    ),
    Mistake(
        'the app is not in INSTALLED_APPS',
        '02-user-model',
        'authentication is not in INSTALLED_APPS (config/settings.py, line 34).',
        'config/settings.py',
        34,
        {'config/settings.py': {"    'authentication',\n": ''}},
    ),
    Mistake(
        'the app is misspelt in INSTALLED_APPS',
        '02-user-model',
        'config/settings.py, line 41, names autentication in INSTALLED_APPS, where authentication is asked for.',
        'config/settings.py',
        41,
        {'config/settings.py': {"    'authentication',\n": "    'autentication',\n"}},
    ),
    Mistake(
        'AUTH_USER_MODEL is not set',
        '02-user-model',
        'config/settings.py does not set AUTH_USER_MODEL, so Django uses its own user.',
        'config/settings.py',
        0,
        {'config/settings.py': {"AUTH_USER_MODEL = 'authentication.User'": ''}},
    ),
    Mistake(
        'AUTH_USER_MODEL is misspelt',
        '02-user-model',
        'config/settings.py, line 86, sets AUTH_USER_MODEL to authentication.Usr, and your model is authentication.User.',
        'config/settings.py',
        86,
        {'config/settings.py': {"AUTH_USER_MODEL = 'authentication.User'": "AUTH_USER_MODEL = 'authentication.Usr'"}},
    ),
    Mistake(
        'the model has another name',
        '02-user-model',
        'authentication/models.py, line 7: AUTH_USER_MODEL names User, and the models of authentication have no such class.',
        'authentication/models.py',
        7,
        {'authentication/models.py': {'class User(': 'class Usr('}},
    ),
    Mistake(
        'no migrations',
        '02-user-model',
        'The models of authentication (authentication/models.py, line 7) have no migration yet.',
        'authentication/models.py',
        7,
        {'authentication/migrations/0001_initial.py': None, 'authentication/migrations/__init__.py': None},
    ),
    Mistake(
        'migrations without __init__.py',
        '02-user-model',
        'authentication/migrations/__init__.py is missing, so Django does not see the migrations beside it.',
        'authentication/migrations/__init__.py',
        0,
        {'authentication/migrations/__init__.py': None},
    ),
    Mistake(
        'a field without its migration',
        '02-user-model',
        'authentication/models.py, line 23: your models have changed, and no migration says so (Add field nickname to user).',
        'authentication/models.py',
        23,
        {
            'authentication/models.py': {
                '    is_active =': '    nickname = models.CharField(max_length=9)\n    is_active ='
            }
        },
    ),
    Mistake(
        'a migration was deleted',
        '03-user-manager',
        'authentication/migrations/0002_alter_user_managers.py, line 10: The migration 0002_alter_user_managers builds on 0001_initial, which does not exist.',
        'authentication/migrations/0002_alter_user_managers.py',
        10,
        {'authentication/migrations/0001_initial.py': None},
    ),
    Mistake(
        'two migrations want to be the last',
        '03-user-manager',
        'Two migrations of authentication both want to be the last: 0002_alter_user_managers and 0002_other.',
        'authentication/migrations/0002_other.py',
        0,
        {
            'authentication/migrations/0002_other.py': "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('authentication', '0001_initial')]\n"
        },
    ),
    Mistake(
        'a circular import',
        '03-user-manager',
        'authentication/managers.py, line 4, and authentication/models.py, line 6, import each other.',
        'authentication/managers.py',
        4,
        {
            'authentication/managers.py': {
                'from django.contrib.auth.hashers': 'from .models import User\nfrom django.contrib.auth.hashers'
            }
        },
    ),
    Mistake(
        'a misspelt import',
        '03-user-manager',
        'authentication/models.py, line 6, imports UserManger, which authentication/managers.py does not define. Did you mean UserManager?',
        'authentication/models.py',
        6,
        {'authentication/models.py': {'import UserManager': 'import UserManger'}},
    ),
    Mistake(
        'an import of a file that is called otherwise',
        '03-user-manager',
        'authentication/models.py, line 6, imports authentication.manager, which does not exist. Did you mean authentication.managers?',
        'authentication/models.py',
        6,
        {'authentication/models.py': {'from .managers': 'from .manager'}},
    ),
    Mistake(
        'a name that was not imported',
        '02-user-model',
        'authentication/models.py, line 23, uses timezone without importing it.',
        'authentication/models.py',
        23,
        {'authentication/models.py': {'from django.utils import timezone\n': ''}},
    ),
    Mistake(
        'the manager comes after the model',
        '03-user-manager',
        'authentication/models.py, line 34, uses LateManager, which is defined only further down, in line 51.',
        'authentication/models.py',
        34,
        {
            'authentication/models.py': {
                'from .managers import UserManager\n': '',
                'objects = UserManager()': 'objects = LateManager()',
                '        return self.username\n\n    def clean': '        return self.username\n\n    def clean',
                '    def get_short_name(self):\n        return self.username\n': '    def get_short_name(self):\n        return self.username\n\n\nclass LateManager(models.Manager):\n    pass\n',
            }
        },
    ),
    Mistake(
        'a misspelt name',
        '02-user-model',
        'authentication/models.py, line 20, uses the name modles, which nothing defines. Did you mean models?',
        'authentication/models.py',
        20,
        {'authentication/models.py': {'models.EmailField(unique': 'modles.EmailField(unique'}},
    ),
    Mistake(
        'a misspelt field class',
        '02-user-model',
        'authentication/models.py, line 20, asks django.db.models for EmialField, which it does not have. Did you mean EmailField?',
        'authentication/models.py',
        20,
        {'authentication/models.py': {'models.EmailField': 'models.EmialField'}},
    ),
    Mistake(
        'a method outside of its class',
        '02-user-model',
        'authentication/models.py, line 37, defines get_full_name outside of the class that it belongs to.',
        'authentication/models.py',
        37,
        {
            'authentication/models.py': {
                '    def get_full_name(self):\n        return self.username\n': '\ndef get_full_name(self):\n    return self.username\n',
                '\n    def get_short_name(self):\n        return self.username\n': '',
            }
        },
    ),
    Mistake(
        'a function with another name',
        '05-authentication-backend',
        'authentication/tokens.py, line 25, defines reed_token, where read_token is asked for.',
        'authentication/tokens.py',
        25,
        {
            'authentication/tokens.py': {'def read_token': 'def reed_token'},
            'authentication/backends.py': {'import read_token': 'import reed_token as read_token'},
        },
    ),
    Mistake(
        'a file with another name',
        '06-serializers',
        'authentication/serializer.py should be called authentication/serializers.py.',
        'authentication/serializer.py',
        0,
        {
            'authentication/serializers.py': None,
            'authentication/serializer.py': 'class RegistrationSerializer:\n    pass\n',
        },
    ),
    Mistake(
        'a file that is not there yet',
        '07-views',
        'authentication/views.py does not exist yet.',
        'authentication/views.py',
        0,
        {'authentication/views.py': None},
    ),
    Mistake(
        'a missing return',
        '02-user-model',
        'authentication/models.py, line 33: a function gives None, for it has no return.',
        'authentication/models.py',
        33,
        {
            'authentication/models.py': {
                '    def __str__(self):\n        return self.username': '    def __str__(self):\n        self.username'
            }
        },
    ),
    Mistake(
        'a token without return',
        '05-authentication-backend',
        'authentication/models.py, line 63: a function gives None, for it has no return.',
        'authentication/models.py',
        63,
        {'authentication/models.py': {'        return issue_token(self)': '        issue_token(self)'}},
    ),
    Mistake(
        'a view without return',
        '07-views',
        'authentication/views.py, line 85: the view gives no answer, it returns None.',
        'authentication/views.py',
        85,
        {
            'authentication/views.py': {
                '        return Response(UserSerializer(request.user).data)': '        Response(UserSerializer(request.user).data)'
            }
        },
    ),
    Mistake(
        'a method without self',
        '02-user-model',
        'authentication/models.py, line 36, defines the method get_full_name without self.',
        'authentication/models.py',
        36,
        {'authentication/models.py': {'def get_full_name(self)': 'def get_full_name()'}},
    ),
    Mistake(
        'another name for an address',
        '08-urls',
        'authentication/urls.py, line 7, names an address login, where user_login is asked for.',
        'authentication/urls.py',
        7,
        {'authentication/urls.py': {'name="user_login"': 'name="login"'}},
    ),
    Mistake(
        'urls that are not included',
        '08-urls',
        'config/urls.py does not include authentication/urls.py, so its addresses do not exist.',
        'config/urls.py',
        20,
        {'config/urls.py': {"    path('api/', include('authentication.urls')),\n": ''}},
    ),
    Mistake(
        'a list with another name',
        '08-urls',
        'authentication/urls.py, line 5: authentication.urls has no list called urlpatterns.',
        'authentication/urls.py',
        5,
        {'authentication/urls.py': {'urlpatterns': 'urlpattern'}},
    ),
    Mistake(
        'a class without as_view',
        '08-urls',
        "authentication/urls.py, line 7: Django's own check finds a fault: Your URL pattern '^login/?$' [name='user_login'] has an invalid view, pass LoginAPIView.as_view() instead of LoginAPIView. (urls.E009)",
        'authentication/urls.py',
        7,
        {'authentication/urls.py': {'LoginAPIView.as_view()': 'LoginAPIView'}},
    ),
    Mistake(
        'include that was not imported',
        '08-urls',
        'config/urls.py, line 22, uses include without importing it.',
        'config/urls.py',
        22,
        {'config/urls.py': {'import include, path': 'import path'}},
    ),
    Mistake(
        'REST_FRAMEWORK names a class that is not there',
        '05-authentication-backend',
        'config/settings.py, line 139: REST_FRAMEWORK names authentication.backend.JWTAuthentication, which cannot be imported. Did you mean authentication/backends.py?',
        'config/settings.py',
        139,
        {
            'config/settings.py': {
                "'authentication.backends.JWTAuthentication'": "'authentication.backend.JWTAuthentication'"
            }
        },
    ),
    Mistake(
        'the key is empty',
        '01-dockerfile',
        'config/settings.py, line 23: SECRET_KEY is empty.',
        'config/settings.py',
        23,
        {'config/settings.py': {"SECRET_KEY = '": "SECRET_KEY = '' and '"}},
    ),
    Mistake(
        'an app twice',
        '02-user-model',
        'config/settings.py, line 41: The app authentication stands in INSTALLED_APPS twice.',
        'config/settings.py',
        41,
        {
            'config/settings.py': {
                "    'authentication',": "    'authentication',\n    'authentication.apps.AuthenticationConfig',"
            }
        },
    ),
    Mistake(
        "the app's configuration has another name",
        '02-user-model',
        'authentication/apps.py, line 5: The name of the app configuration authentication.apps.AuthenticationConfig is not the folder of the app: auth.',
        'authentication/apps.py',
        5,
        {'authentication/apps.py': {'name = "authentication"': 'name = "auth"'}},
    ),
    Mistake(
        'no Dockerfile',
        '01-dockerfile',
        'There is no file Dockerfile in your project.',
        'Dockerfile',
        0,
        {'Dockerfile': None},
    ),
    Mistake(
        'a Dockerfile with an extension',
        '01-dockerfile',
        'There is no file Dockerfile in your project. Did you mean Dockerfile.txt?',
        'Dockerfile.txt',
        0,
        {'Dockerfile': None, 'Dockerfile.txt': 'FROM python:3.13-slim\n'},
    ),
    Mistake(
        'settings that end the program',
        '01-dockerfile',
        'config/settings.py, line 26, ends the program while it is being loaded.',
        'config/settings.py',
        26,
        {'config/settings.py': {'DEBUG = True': 'raise SystemExit'}},
    ),
    Mistake(
        'an endless loop',
        '02-user-model',
        'authentication/models.py, line 37, does not come to an end.',
        'authentication/models.py',
        37,
        {
            'authentication/models.py': {
                '    def get_full_name(self):\n        return': '    def get_full_name(self):\n        while True: pass\n        return'
            }
        },
    ),
    Mistake(
        "Django's own user",
        '03-user-manager',
        "authentication/admin.py, line 4, uses Django's User, which your own has replaced.",
        'authentication/admin.py',
        4,
        {'authentication/admin.py': {'from .models import User': 'from django.contrib.auth.models import User'}},
    ),
    Mistake(
        'an unknown setting in the root urls',
        '01-dockerfile',
        'config/settings.py: The settings lack ROOT_URLCONF.',
        'config/settings.py',
        0,
        {'config/settings.py': {"ROOT_URLCONF = 'config.urls'": ''}},
    ),
    Mistake(
        'the root urls are misspelt',
        '01-dockerfile',
        'config/settings.py, line 52, names config.url, which does not exist. Did you mean config.urls?',
        'config/settings.py',
        52,
        {'config/settings.py': {"ROOT_URLCONF = 'config.urls'": "ROOT_URLCONF = 'config.url'"}},
    ),
    Mistake(
        'an answer with the wrong status',
        '07-views',
        'authentication/views.py, line 54, has HTTP_200_OK, where the stage has HTTP_201_CREATED.',
        'authentication/views.py',
        54,
        {'authentication/views.py': {'status=status.HTTP_201_CREATED': 'status=status.HTTP_200_OK'}},
    ),
    Mistake(
        'nothing is refused',
        '02-user-model',
        "authentication/models.py, line 20: Django's own check finds a fault: 'User.email' must be unique because it is named as the 'USERNAME_FIELD'. (auth.E003)",
        'authentication/models.py',
        20,
        {
            'authentication/models.py': {'EmailField(unique=True)': 'EmailField()'},
            'authentication/migrations/0001_initial.py': {
                'EmailField(max_length=254, unique=True)': 'EmailField(max_length=254)'
            },
        },
    ),
    Mistake(
        'a view that is none',
        '07-views',
        "authentication/views.py, line 16: PublicAPIView inherits from nothing, where the stage's inherits from APIView.",
        'authentication/views.py',
        16,
        {'authentication/views.py': {'class PublicAPIView(APIView):': 'class PublicAPIView:'}},
    ),
    Mistake(
        'a misspelt setting',
        '05-authentication-backend',
        'authentication/tokens.py, line 18: The settings lack JWT_LIFETME. Did you mean JWT_LIFETIME?',
        'authentication/tokens.py',
        18,
        {'authentication/tokens.py': {'now + settings.JWT_LIFETIME': 'now + settings.JWT_LIFETME'}},
    ),
    Mistake(
        'a setting that is not there',
        '05-authentication-backend',
        'config/settings.py: The settings lack JWT_LIFETIME.',
        'config/settings.py',
        0,
        {'config/settings.py': {'JWT_LIFETIME = timedelta(hours=1)\n': ''}},
    ),
    Mistake(
        'a module that nothing imports',
        '05-authentication-backend',
        'authentication/checks.py is there, and nothing imports it.',
        'authentication/checks.py',
        0,
        {'authentication/apps.py': {'        from . import checks': '        pass #'}},
    ),
    Mistake(
        'a manager without brackets',
        '03-user-manager',
        'authentication/models.py, line 35: the manager of your model is not the one that its migrations name.',
        'authentication/models.py',
        35,
        {'authentication/models.py': {'objects = UserManager()': 'objects = UserManager'}},
    ),
    Mistake(
        'a model without its manager',
        '03-user-manager',
        'authentication/models.py, line 9: the manager of your model is not the one that its migrations name.',
        'authentication/models.py',
        9,
        {'authentication/models.py': {'    objects = UserManager()\n': ''}},
    ),
    Mistake(
        "a manager's function without return",
        '03-user-manager',
        'authentication/managers.py, line 28: a function gives None, for it has no return.',
        'authentication/managers.py',
        28,
        {'authentication/managers.py': {'        return user\n': ''}},
    ),
    Mistake(
        'an admin that registers nothing',
        '03-user-manager',
        'authentication/admin.py, line 7: no model is registered here, so the admin does not show it.',
        'authentication/admin.py',
        7,
        {'authentication/admin.py': {'@admin.register(User)\n': ''}},
    ),
    Mistake(
        'no admin yet',
        '03-user-manager',
        'authentication/admin.py does not exist yet.',
        'authentication/admin.py',
        0,
        {'authentication/admin.py': None},
    ),
    Mistake(
        'a base class is missing',
        '02-user-model',
        'authentication/models.py, line 7: your model lacks what its migrations have (Remove field groups from user; Remove field is_superuser from user; Remove field user_permissions from user).',
        'authentication/models.py',
        7,
        {
            'authentication/models.py': {
                'class User(PermissionsMixin, AbstractBaseUser):': 'class User(AbstractBaseUser):'
            }
        },
    ),
    Mistake(
        'a list that is a text',
        '02-user-model',
        "authentication/models.py, line 31: REQUIRED_FIELDS has to be a list, and 'username' is a text. Round brackets alone do not make a list.",
        'authentication/models.py',
        31,
        {'authentication/models.py': {'REQUIRED_FIELDS = ["username"]': 'REQUIRED_FIELDS = ("username")'}},
    ),
    Mistake(
        'a misspelt attribute of a class',
        '02-user-model',
        'authentication/models.py, line 27, has USERNAME_FEILD, where the stage has USERNAME_FIELD.',
        'authentication/models.py',
        27,
        {'authentication/models.py': {'USERNAME_FIELD = "email"': 'USERNAME_FEILD = "email"'}},
    ),
    Mistake(
        'a default that is called',
        '02-user-model',
        'authentication/models.py, line 24, calls timezone.now once, when the file is loaded, and not for each new row.',
        'authentication/models.py',
        24,
        {'authentication/models.py': {'default=timezone.now)': 'default=timezone.now())'}},
    ),
    Mistake(
        'no models',
        '02-user-model',
        'authentication/models.py does not exist, and AUTH_USER_MODEL names a model in it.',
        'authentication/models.py',
        0,
        {'authentication/models.py': None},
    ),
    Mistake(
        'a missing comma among the apps',
        '02-user-model',
        "config/settings.py, line 41: a comma is missing beside 'authentication', so that Python reads authenticationx.",
        'config/settings.py',
        41,
        {
            'config/settings.py': {
                'INSTALLED_APPS = [': 'INSTALLED_APPS = [',
                "    'authentication',": "    'authentication'\n    'x',",
            }
        },
    ),
    Mistake(
        'a middleware is missing',
        '02-user-model',
        "config/settings.py, line 44: Django's own check finds a fault: 'django.contrib.sessions.middleware.SessionMiddleware' must be in MIDDLEWARE in order to use the admin application. (admin.E410)",
        'config/settings.py',
        44,
        {'config/settings.py': {"    'django.contrib.sessions.middleware.SessionMiddleware',\n": ''}},
    ),
    Mistake(
        'a database engine that does not exist',
        '02-user-model',
        "config/settings.py, line 79, has 'django.db.backends.sqlite', where the stage has 'django.db.backends.sqlite3'.",
        'config/settings.py',
        79,
        {'config/settings.py': {"'ENGINE': 'django.db.backends.sqlite3'": "'ENGINE': 'django.db.backends.sqlite'"}},
    ),
    Mistake(
        "a misspelt attribute of Django's",
        '02-user-model',
        'config/urls.py, line 21, asks AdminSite for url, which it does not have. Did you mean urls?',
        'config/urls.py',
        21,
        {'config/urls.py': {'admin.site.urls': 'admin.site.url'}},
    ),
    Mistake(
        'a wsgi without application',
        '01-dockerfile',
        'config/wsgi.py has no application yet.',
        'config/wsgi.py',
        0,
        {'config/wsgi.py': {'application = get_wsgi': 'app = get_wsgi'}},
    ),
    Mistake(
        'manage.py lacks an import',
        '01-dockerfile',
        'manage.py, line 8, uses os without importing it.',
        'manage.py',
        8,
        {'manage.py': {'import os\n': ''}},
    ),
    Mistake(
        'an image that runs as root',
        '01-dockerfile',
        "Dockerfile: this has to hold, and does not: 'root' not in ('root', '0').",
        'Dockerfile',
        0,
        {'Dockerfile': {'USER app': 'USER root'}},
    ),
    Mistake(
        'a text where a list is wanted',
        '05-authentication-backend',
        'config/settings.py, line 138, is a text, and has to be a list.',
        'config/settings.py',
        138,
        {
            'config/settings.py': {
                "    'DEFAULT_AUTHENTICATION_CLASSES': [\n        'authentication.backends.JWTAuthentication',\n    ],": "    'DEFAULT_AUTHENTICATION_CLASSES': 'authentication.backends.JWTAuthentication',"
            }
        },
    ),
    Mistake(
        'one value where two are wanted',
        '05-authentication-backend',
        'authentication/backends.py, line 12: authenticate returns one value, and two are wanted.',
        'authentication/backends.py',
        12,
        {
            'authentication/backends.py': {
                '        return (self._get_user(claims["sub"]), token.decode())': '        return self._get_user(claims["sub"])'
            }
        },
    ),
    Mistake(
        'a misspelt method',
        '05-authentication-backend',
        'authentication/backends.py, line 34, defines authentication_header, where the stage has authenticate_header.',
        'authentication/backends.py',
        34,
        {'authentication/backends.py': {'def authenticate_header': 'def authentication_header'}},
    ),
    Mistake(
        'an address without its slash',
        '08-urls',
        'config/urls.py, line 22: the address lacks the slash at its end, before what is included.',
        'config/urls.py',
        22,
        {'config/urls.py': {"path('api/', include": "path('api', include"}},
    ),
    Mistake(
        'a comma behind a field',
        '02-user-model',
        'authentication/models.py, line 20, ends with a comma, which makes a tuple of it, and no field.',
        'authentication/models.py',
        20,
        {
            'authentication/models.py': {
                'email = models.EmailField(unique=True)': 'email = models.EmailField(unique=True),'
            }
        },
    ),
    Mistake(
        'a prompt that was copied',
        '02-user-model',
        'authentication/models.py, line 33, begins with a prompt.',
        'authentication/models.py',
        33,
        {'authentication/models.py': {'    def __str__': '$ python manage.py\n    def __str__'}},
    ),
    Mistake(
        'a space that nobody sees',
        '02-user-model',
        'authentication/models.py, line 33, holds a character that nobody sees (U+00A0).',
        'authentication/models.py',
        33,
        {'authentication/models.py': {'    def __str__': '\xa0   def __str__'}},
    ),
    Mistake(
        "a misspelt setting of Django's",
        '02-user-model',
        'config/settings.py, line 44, defines MIDLEWARE, where the stage has MIDDLEWARE.',
        'config/settings.py',
        44,
        {'config/settings.py': {'MIDDLEWARE = [': 'MIDLEWARE = ['}},
    ),
    Mistake(
        'settings that import what is not there',
        '01-dockerfile',
        'config/settings.py, line 26, imports config.local, and there is no file config/local.py.',
        'config/settings.py',
        26,
        {'config/settings.py': {'DEBUG = True': 'from .local import *\nDEBUG = True'}},
    ),
    Mistake(
        'a keyword of another function',
        '05-authentication-backend',
        'authentication/tokens.py, line 35: decode() does not know algorithm=. Did you mean algorithms=?',
        'authentication/tokens.py',
        35,
        {'authentication/tokens.py': {'algorithms=[ALGORITHM]': 'algorithm=ALGORITHM'}},
    ),
    Mistake(
        'a keyword in the plural',
        '05-authentication-backend',
        'authentication/tokens.py, line 22: encode() does not know algorithms=. Did you mean algorithm=?',
        'authentication/tokens.py',
        22,
        {'authentication/tokens.py': {'algorithm=ALGORITHM)': 'algorithms=ALGORITHM)'}},
    ),
    Mistake(
        'an import without its dot',
        '03-user-manager',
        'authentication/models.py, line 6, imports managers without a dot, and it lies in the same folder.',
        'authentication/models.py',
        6,
        {'authentication/models.py': {'from .managers': 'from managers'}},
    ),
    Mistake(
        'an import with two dots',
        '03-user-manager',
        'authentication/models.py, line 6, has a dot too many: it looks in the folder above the app.',
        'authentication/models.py',
        6,
        {'authentication/models.py': {'from .managers': 'from ..managers'}},
    ),
    Mistake(
        'an import by the name of the project',
        '03-user-manager',
        'authentication/models.py, line 6, imports config.authentication, which does not exist. Did you mean authentication?',
        'authentication/models.py',
        6,
        {'authentication/models.py': {'from .managers': 'from config.authentication.managers'}},
    ),
    Mistake(
        'a method inside of a method',
        '05-authentication-backend',
        'authentication/backends.py, line 62, defines _get_user inside of another function.',
        'authentication/backends.py',
        62,
        {
            'authentication/backends.py': {
                '    def _get_user(self, subject):\n        try:': '        def _get_user(self, subject):\n            pass\n        try:'
            }
        },
    ),
    Mistake(
        'a method without property',
        '05-authentication-backend',
        'authentication/models.py, line 41, defines token without @property.',
        'authentication/models.py',
        41,
        {'authentication/models.py': {'    @property\n': ''}},
    ),
    Mistake(
        'a method without classmethod',
        '03-user-manager',
        'authentication/managers.py, line 16, defines normalize_email without @classmethod.',
        'authentication/managers.py',
        16,
        {'authentication/managers.py': {'    @classmethod\n': ''}},
    ),
    Mistake(
        'a decorator without brackets',
        '05-authentication-backend',
        'authentication/checks.py, line 9: @register lacks its brackets.',
        'authentication/checks.py',
        9,
        {'authentication/checks.py': {'@register(Tags.security)': '@register'}},
    ),
    Mistake(
        'as_view without brackets',
        '08-urls',
        'authentication/urls.py, line 7: .as_view lacks its brackets.',
        'authentication/urls.py',
        7,
        {'authentication/urls.py': {'LoginAPIView.as_view()': 'LoginAPIView.as_view'}},
    ),
    Mistake(
        'two views swapped',
        '08-urls',
        'authentication/urls.py, line 6: the address user_registration leads to LoginAPIView, and not to RegistrationAPIView.',
        'authentication/urls.py',
        6,
        {
            'authentication/urls.py': {
                'LoginAPIView.as_view()': 'X',
                'RegistrationAPIView.as_view()': 'LoginAPIView.as_view()',
                'X': 'RegistrationAPIView.as_view()',
            }
        },
    ),
    Mistake(
        'an async view',
        '08-urls',
        'authentication/views.py, line 85, defines get with async, and nothing waits for it.',
        'authentication/views.py',
        85,
        {'authentication/views.py': {'    def get(self, request):': '    async def get(self, request):'}},
    ),
    Mistake(
        'a raise is missing',
        '05-authentication-backend',
        'authentication/backends.py, line 60, uses claims before it has a value.',
        'authentication/backends.py',
        60,
        {
            'authentication/backends.py': {
                'raise self._failure("The token has expired."': 'self._failure("The token has expired."'
            }
        },
    ),
    Mistake(
        'a validate without return',
        '06-serializers',
        'authentication/serializers.py, line 125: validate() gives None, for it has no return.',
        'authentication/serializers.py',
        125,
        {'authentication/serializers.py': {'        return {"user": user}': ''}},
    ),
    Mistake(
        'a misspelt keyword of a serializer field',
        '06-serializers',
        'authentication/serializers.py, line 56: CharField() does not know writeonly=. Did you mean write_only=?',
        'authentication/serializers.py',
        56,
        {'authentication/serializers.py': {'write_only=True': 'writeonly=True'}},
    ),
    Mistake(
        'a misspelt keyword of a model field',
        '02-user-model',
        'authentication/models.py, line 16: CharField() does not know maxlength=. Did you mean max_length=?',
        'authentication/models.py',
        16,
        {'authentication/models.py': {'max_length=255': 'maxlength=255'}},
    ),
    Mistake(
        'class Meta at the margin',
        '06-serializers',
        'authentication/serializers.py, line 62: class Meta stands at the margin, and belongs into the class above it.',
        'authentication/serializers.py',
        62,
        {
            'authentication/serializers.py': {
                '    class Meta:\n        model = User\n': 'class Meta:\n        model = User\n'
            }
        },
    ),
    Mistake(
        'what no test sees at its place',
        '07-views',
        'authentication/views.py, line 46, has POST, where the stage has data.',
        'authentication/views.py',
        46,
        {'authentication/views.py': {'data=request.data': 'data=request.POST'}},
    ),
    Mistake(
        'an app is included, and not its addresses',
        '08-urls',
        'config/urls.py, line 22, includes authentication, a folder, and not the addresses in it.',
        'config/urls.py',
        22,
        {'config/urls.py': {"include('authentication.urls')": "include('authentication')"}},
    ),
    Mistake(
        'api in both files of addresses',
        '08-urls',
        "authentication/urls.py, line 6: the address user_registration is '^api/registration/?$', where the stage has '^registration/?$'.",
        'authentication/urls.py',
        6,
        {
            'authentication/urls.py': {
                'r"^login': 'r"^api/login',
                'r"^me': 'r"^api/me',
                'r"^registration': 'r"^api/registration',
            }
        },
    ),
    Mistake(
        'a rate that is none',
        '12-hardening',
        "config/settings.py, line 174: Django's own check finds a fault: '60/min' is no rate for login. (authentication.E003)",
        'config/settings.py',
        174,
        {'config/settings.py': {"default='60/minute'": "default='60/min'"}},
    ),
    Mistake(
        'a package by its other name',
        '12-hardening',
        'config/settings.py, line 17, imports django_environ, and that package is imported as environ.',
        'config/settings.py',
        17,
        {'config/settings.py': {'import environ': 'import django_environ as environ'}},
    ),
    Mistake(
        'a missing comma among the middlewares',
        '12-hardening',
        'config/settings.py, line 62: a comma is missing at its end, so that Python reads two texts as one.',
        'config/settings.py',
        62,
        {
            'config/settings.py': {
                "    'django.middleware.common.CommonMiddleware',\n": "    'django.middleware.common.CommonMiddleware'\n"
            }
        },
    ),
    Mistake(
        'a foreign key without on_delete',
        '14-logout',
        "authentication/models.py, line 117: ForeignKey() missing 1 required positional argument: 'on_delete'.",
        'authentication/models.py',
        117,
        {'authentication/models.py': {'on_delete=models.CASCADE, ': ''}},
    ),
    Mistake(
        'super without brackets',
        '14-logout',
        'authentication/models.py, line 84, lacks the brackets behind super.',
        'authentication/models.py',
        84,
        {'authentication/models.py': {'super().save(*args, **kwargs)': 'super.save(*args, **kwargs)'}},
    ),
    Mistake(
        'a misspelt constant of another module',
        '19-email-and-deletion',
        'authentication/recovery.py, line 156, asks authentication.mail for CHANGE_ASK, which it does not have. Did you mean CHANGE_ASKED?',
        'authentication/recovery.py',
        156,
        {'authentication/recovery.py': {'mail.CHANGE_ASKED': 'mail.CHANGE_ASK'}},
    ),
    Mistake(
        'a module imported as if it were a package',
        '19-email-and-deletion',
        'authentication/recovery.py, line 9, imports mail without a dot, and it lies in the same folder.',
        'authentication/recovery.py',
        9,
        {'authentication/recovery.py': {'from . import mail': 'import mail'}},
    ),
    Mistake(
        'a method that calls itself',
        '02-user-model',
        'authentication/models.py, line 34, calls itself again and again.',
        'authentication/models.py',
        34,
        {'authentication/models.py': {'return self.username': 'return str(self)'}},
    ),
    Mistake(
        'a breakpoint',
        '02-user-model',
        'authentication/models.py, line 7, stops in the debugger.',
        'authentication/models.py',
        7,
        {'authentication/models.py': {'class User(': 'breakpoint()\nclass User('}},
    ),
    Mistake(
        'the debugger in a method',
        '02-user-model',
        'authentication/models.py, line 34, stops in the debugger.',
        'authentication/models.py',
        34,
        {
            'authentication/models.py': {
                '    def __str__(self):\n': '    def __str__(self):\n        import pdb; pdb.set_trace()\n'
            }
        },
    ),
    Mistake(
        'a capital letter where Python has none',
        '02-user-model',
        "authentication/models.py, line 33, begins with Def, and Python's word is def.",
        'authentication/models.py',
        33,
        {'authentication/models.py': {'    def __str__(self):': '    Def __str__(self):'}},
    ),
    Mistake(
        'the dots of a page',
        '02-user-model',
        'authentication/models.py, line 34, has the sign …, which Python does not know.',
        'authentication/models.py',
        34,
        {
            'authentication/models.py': {
                '    def __str__(self):\n        return self.username': '    def __str__(self):\n        …'
            }
        },
    ),
    Mistake(
        'the number of a line',
        '02-user-model',
        'authentication/models.py, line 33, begins with the number of a line.',
        'authentication/models.py',
        33,
        {'authentication/models.py': {'    def __str__(self):': '33     def __str__(self):'}},
    ),
    Mistake(
        'a file in the folder of another app',
        '03-user-manager',
        'authentication/models.py, line 6, imports authentication.managers, and that file lies elsewhere: config/managers.py.',
        'config/managers.py',
        0,
        {
            'authentication/managers.py': None,
            'config/managers.py': 'import unicodedata\n\nfrom django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager\nfrom django.contrib.auth.hashers import make_password\n\n\nclass UserManager(BaseUserManager):\n    """\n    Django requires that custom users define their own Manager class. By\n    inheriting from `BaseUserManager`, we get a lot of the same code used by\n    Django to create a `User`.\n    """\n\n    use_in_migrations = True\n\n    @classmethod\n    def normalize_email(cls, email):\n        """\n        The one spelling in which an email is stored, looked up and compared:\n        compatible characters made one (NFKC), no spaces around it, and the\n        domain in lower case.\n        """\n        return super().normalize_email(unicodedata.normalize("NFKC", email or "").strip())\n\n    def get_by_natural_key(self, email):\n        return self.get(email=self.normalize_email(email))\n\n    def _create_user(self, username, email, password=None, **extra_fields):\n        username = AbstractBaseUser.normalize_username(username)\n        email = self.normalize_email(email)\n\n        if not username:\n            raise ValueError("The given username must be set")\n\n        if not email:\n            raise ValueError("The given email must be set")\n\n        user = self.model(username=username, email=email, **extra_fields)\n        user.password = make_password(password)\n        user.save(using=self._db)\n\n        return user\n\n    def create_user(self, username, email, password=None, **extra_fields):\n        """\n        Create and return a `User` with an email, username and password.\n        """\n        extra_fields.setdefault("is_staff", False)\n        extra_fields.setdefault("is_superuser", False)\n\n        return self._create_user(username, email, password, **extra_fields)\n\n    def create_superuser(self, username, email, password=None, **extra_fields):\n        """\n        Create and return a `User` with superuser (admin) permissions.\n        """\n        extra_fields.setdefault("is_staff", True)\n        extra_fields.setdefault("is_superuser", True)\n\n        if extra_fields["is_staff"] is not True:\n            raise ValueError("Superuser must have is_staff=True.")\n\n        if extra_fields["is_superuser"] is not True:\n            raise ValueError("Superuser must have is_superuser=True.")\n\n        return self._create_user(username, email, password, **extra_fields)\n',
        },
    ),
    Mistake(
        'a file whose name lacks its s',
        '05-authentication-backend',
        'authentication/token.py should be called authentication/tokens.py.',
        'authentication/token.py',
        0,
        {
            'authentication/tokens.py': None,
            'authentication/token.py': 'import jwt\nfrom django.conf import settings\nfrom django.utils import timezone\n\nALGORITHM = "HS256"\nREQUIRED_CLAIMS = ["sub", "iat", "exp", "iss", "aud"]\n\n\ndef issue_token(user):\n    """\n    Return a signed JSON Web Token that stands for this user until\n    `settings.JWT_LIFETIME` has passed.\n    """\n    now = timezone.now()\n    claims = {\n        "sub": str(user.pk),\n        "iat": now,\n        "exp": now + settings.JWT_LIFETIME,\n        "iss": settings.JWT_ISSUER,\n        "aud": settings.JWT_AUDIENCE,\n    }\n    return jwt.encode(claims, settings.SECRET_KEY, algorithm=ALGORITHM)\n\n\ndef read_token(token):\n    """\n    Return the claims of a token that `issue_token` made.\n\n    Raises `jwt.ExpiredSignatureError` for one that was good until it expired,\n    and `jwt.InvalidTokenError`, its base class, for any other.\n    """\n    claims = jwt.decode(\n        token,\n        settings.SECRET_KEY,\n        algorithms=[ALGORITHM],\n        issuer=settings.JWT_ISSUER,\n        audience=settings.JWT_AUDIENCE,\n        options={"require": REQUIRED_CLAIMS, "strict_aud": True},\n    )\n\n    # PyJWT would take "1799999999" and True for a time; we issue neither.\n    if type(claims["iat"]) is not int or type(claims["exp"]) is not int:\n        raise jwt.InvalidTokenError("iat and exp must be whole numbers.")\n\n    return claims\n',
        },
    ),
    Mistake(
        'a folder that hides a package',
        '05-authentication-backend',
        'jwt/ hides the package jwt, which the project needs.',
        'jwt/',
        0,
        {'jwt/__init__.py': '\n'},
    ),
    Mistake(
        'a file that hides a package which is imported later',
        '12-hardening',
        'redis.py hides the package redis, which the project needs.',
        'redis.py',
        0,
        {'redis.py': '\n'},
    ),
    Mistake(
        'the settings of another project',
        '02-user-model',
        'config/settings.py, line 54, names mysite.urls, and your folder is called config.',
        'config/settings.py',
        54,
        {'config/settings.py': {"'config.urls'": "'mysite.urls'"}},
    ),
    Mistake(
        'requirements under another name',
        '01-dockerfile',
        'There is no file requirements.txt in your project. Did you mean requirement.txt?',
        'requirement.txt',
        0,
        {'requirements.txt': None, 'requirement.txt': 'Django==5.2.19\n'},
    ),
    Mistake(
        'settings that were not saved',
        '02-user-model',
        'config/settings.py has no INSTALLED_APPS.',
        'config/settings.py',
        0,
        {'config/settings.py': '\n'},
    ),
    Mistake(
        'models that were not saved',
        '02-user-model',
        'authentication/models.py defines no class, and AUTH_USER_MODEL names User in it.',
        'authentication/models.py',
        0,
        {'authentication/models.py': '\n'},
    ),
    Mistake(
        'a folder of models that hands none on',
        '02-user-model',
        'authentication/models/__init__.py does not import User, so Django does not see it.',
        'authentication/models/__init__.py',
        0,
        {
            'authentication/models.py': None,
            'authentication/models/user.py': 'from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin\nfrom django.contrib.auth.validators import UnicodeUsernameValidator\nfrom django.db import models\nfrom django.utils import timezone\n\n\nclass User(PermissionsMixin, AbstractBaseUser):\n    """\n    Defines our custom user class.\n    Username, email and password are required.\n    """\n\n    username_validator = UnicodeUsernameValidator()\n\n    username = models.CharField(\n        max_length=255,\n        unique=True,\n        validators=[username_validator],\n    )\n    email = models.EmailField(unique=True)\n\n    is_staff = models.BooleanField(default=False)\n    is_active = models.BooleanField(default=True)\n    date_joined = models.DateTimeField(default=timezone.now)\n\n    # The `USERNAME_FIELD` property tells us which field we will use to log in.\n    USERNAME_FIELD = "email"\n    EMAIL_FIELD = "email"\n\n    # What `createsuperuser` asks for besides the email and the password.\n    REQUIRED_FIELDS = ["username"]\n\n    def __str__(self):\n        return self.username\n\n    def get_full_name(self):\n        return self.username\n\n    def get_short_name(self):\n        return self.username\n',
        },
    ),
    Mistake(
        'a folder of models beside the file',
        '02-user-model',
        'authentication/models/__init__.py hides authentication/models.py: there are both a folder and a file.',
        'authentication/models/__init__.py',
        0,
        {'authentication/models/__init__.py': '\n'},
    ),
    Mistake(
        'a letter swapped in a text',
        '06-serializers',
        "authentication/serializers.py, line 64, has 'tkoen', where the stage has 'token'.",
        'authentication/serializers.py',
        64,
        {'authentication/serializers.py': {'"password", "token"]': '"password", "tkoen"]'}},
    ),
    Mistake(
        'a misspelt call in the addresses',
        '08-urls',
        'authentication/urls.py, line 8, has as_viwe, where the stage has as_view.',
        'authentication/urls.py',
        8,
        {'authentication/urls.py': {'CurrentUserAPIView.as_view': 'CurrentUserAPIView.as_viwe'}},
    ),
    Mistake(
        'a misspelt setting that other code asks for',
        '05-authentication-backend',
        'config/settings.py, line 145, has JWT_LLIFETIME, where the stage has JWT_LIFETIME.',
        'config/settings.py',
        145,
        {'config/settings.py': {'JWT_LIFETIME': 'JWT_LLIFETIME'}},
    ),
    Mistake(
        'a not left out',
        '03-user-manager',
        'authentication/managers.py, line 32, lacks not, which the stage has there.',
        'authentication/managers.py',
        32,
        {'authentication/managers.py': {'if not username': 'if username'}},
    ),
    Mistake(
        'a raise left out',
        '03-user-manager',
        'authentication/managers.py, line 33, lacks raise, which the stage has there.',
        'authentication/managers.py',
        33,
        {'authentication/managers.py': {'raise ValueError("The given username': 'ValueError("The given username'}},
    ),
    Mistake(
        'a line left out of a function',
        '03-user-manager',
        'authentication/managers.py, line 38: below it, a line of the stage is missing: user.password = make_password(password)',
        'authentication/managers.py',
        38,
        {'authentication/managers.py': {'        user.password = make_password(password)\n': ''}},
    ),
    Mistake(
        'a keyword argument left out',
        '06-serializers',
        'authentication/serializers.py, line 54, lacks max_length=MAX_PASSWORD_LENGTH, which the stage has there.',
        'authentication/serializers.py',
        54,
        {'authentication/serializers.py': {'        max_length=MAX_PASSWORD_LENGTH,\n': ''}},
    ),
    Mistake(
        'a return that stands too deep',
        '06-serializers',
        "authentication/serializers.py, line 80, is indented more than the stage's line.",
        'authentication/serializers.py',
        80,
        {'authentication/serializers.py': {'        return data\n': '            return data\n'}},
    ),
    Mistake(
        'a method at the margin that no error names',
        '07-views',
        'authentication/views.py, line 25, defines get_authenticate_header outside of the class that it belongs to.',
        'authentication/views.py',
        25,
        {
            'authentication/views.py': {
                '    def get_authenticate_header(self, request):\n        """\n        Without an authentication class to ask, Django REST Framework would\n        turn a 401 into a 403. So this view names the challenge itself.\n        """\n        return': 'def get_authenticate_header(self, request):\n    return'
            }
        },
    ),
    Mistake(
        'an import that fails in a file that the settings name',
        '05-authentication-backend',
        'authentication/backends.py, line 2, names rset_framework, which does not exist. Did you mean rest_framework?',
        'authentication/backends.py',
        2,
        {'authentication/backends.py': {'from rest_framework import': 'from rset_framework import'}},
    ),
    Mistake(
        'a file of the settings in another folder',
        '07-views',
        'config/settings.py, line 142, imports authentication.parsers, and that file lies elsewhere: config/parsers.py.',
        'config/parsers.py',
        0,
        {
            'authentication/parsers.py': None,
            'config/parsers.py': 'from rest_framework import parsers\nfrom rest_framework.exceptions import ParseError\n\n\nclass JSONParser(parsers.JSONParser):\n    """\n    Refuses JSON that is nested too deep to be read. Python\'s own reader gives\n    up with a RecursionError, which would be a 500.\n    """\n\n    def parse(self, stream, media_type=None, parser_context=None):\n        try:\n            return super().parse(stream, media_type, parser_context)\n        except RecursionError:\n            raise ParseError("JSON parse error - nested too deep")\n',
        },
    ),
    Mistake(
        'addresses in a file that is called otherwise',
        '08-urls',
        'authentication/url.py should be called authentication/urls.py.',
        'authentication/url.py',
        0,
        {
            'authentication/urls.py': None,
            'authentication/url.py': 'from django.urls import re_path\n\nfrom .views import CurrentUserAPIView, LoginAPIView, RegistrationAPIView\n\nurlpatterns = [\n    re_path(r"^registration/?$", RegistrationAPIView.as_view(), name="user_registration"),\n    re_path(r"^login/?$", LoginAPIView.as_view(), name="user_login"),\n    re_path(r"^me/?$", CurrentUserAPIView.as_view(), name="user_me"),\n]\n',
        },
    ),
    Mistake(
        'a class attribute left out',
        '02-user-model',
        'authentication/models.py, line 24: below it, a line of the stage is missing: USERNAME_FIELD = "email"',
        'authentication/models.py',
        24,
        {'authentication/models.py': {'    USERNAME_FIELD = "email"\n': ''}},
    ),
    Mistake(
        'no engine',
        '02-user-model',
        'config/settings.py, line 77: DATABASES has no ENGINE for its default database.',
        'config/settings.py',
        77,
        {'config/settings.py': {"'ENGINE'": "'EGINE'"}},
    ),
    Mistake(
        'a function renamed that others import',
        '05-authentication-backend',
        'authentication/tokens.py, line 25, defines red_token, where read_token is asked for.',
        'authentication/tokens.py',
        25,
        {'authentication/tokens.py': {'def read_token': 'def red_token'}},
    ),
    Mistake(
        'two lines swapped',
        '05-authentication-backend',
        'authentication/backends.py, line 29, stands elsewhere than in the stage.',
        'authentication/backends.py',
        29,
        {
            'authentication/backends.py': {
                '        if not self._is_for_us(auth_header):\n            return None\n\n        if len(auth_header) != 2:\n            raise self._failure("The Authorization header must be \'Bearer <token>\'.")\n': '        if len(auth_header) != 2:\n            raise self._failure("The Authorization header must be \'Bearer <token>\'.")\n\n        if not self._is_for_us(auth_header):\n            return None\n'
            }
        },
    ),
    Mistake(
        'names of their own beside a mistake',
        '03-user-manager',
        'authentication/managers.py, line 35, lacks not, which the stage has there.',
        'authentication/managers.py',
        35,
        {
            'authentication/managers.py': {
                'user = self': 'person = self',
                'user.password': 'person.password',
                'user.save': 'person.save',
                'return user': 'return person',
                'if not email': 'if email',
            }
        },
    ),
    Mistake(
        'a word too many',
        '05-authentication-backend',
        'authentication/backends.py, line 46, has not, which the stage does not have there.',
        'authentication/backends.py',
        46,
        {
            'authentication/backends.py': {
                '        return bool(auth_header) and': '        return not bool(auth_header) and'
            }
        },
    ),
    Mistake(
        'a mistake in code that is written otherwise, beside another time zone',
        '07-views',
        'authentication/views.py, line 46: 201 was wanted, and 200 came.',
        'authentication/views.py',
        46,
        {
            'config/settings.py': {"TIME_ZONE = 'UTC'": "TIME_ZONE = 'Europe/Berlin'"},
            'authentication/views.py': {
                '''        serializer = self.serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)

        # Without a token there shall be no user either.
        with transaction.atomic():
            serializer.save()
            token = serializer.data["token"]

        return Response({"token": token}, status=status.HTTP_201_CREATED, headers=NO_STORE)
''': '''        form = RegistrationSerializer(data=request.data)
        if form.is_valid():
            with transaction.atomic():
                answer = {"token": form.save().token}
            return Response(answer, headers=NO_STORE)
        return Response(form.errors, status=400)
'''
            },
        },
    ),
    Mistake(
        '.decode() behind jwt.encode()',
        '05-authentication-backend',
        'authentication/tokens.py, line 22, calls .decode() on a text: since PyJWT 2, jwt.encode() returns text.',
        'authentication/tokens.py',
        22,
        {'authentication/tokens.py': {'algorithm=ALGORITHM)': 'algorithm=ALGORITHM).decode("utf-8")'}},
    ),
    Mistake(
        'get_user_model() in a module that the model imports',
        '03-user-manager',
        'authentication/managers.py, line 9, calls get_user_model() before the class User exists: authentication/models.py imports this module.',
        'authentication/managers.py',
        9,
        {
            'authentication/managers.py': {
                'class UserManager': 'from django.contrib.auth import get_user_model\n\nUser = get_user_model()\n\n\nclass UserManager'
            }
        },
    ),
    Mistake(
        'models imported in __init__',
        '03-user-manager',
        'authentication/__init__.py, line 1, imports the models too early: Django has not loaded the apps yet.',
        'authentication/__init__.py',
        1,
        {'authentication/__init__.py': 'from .models import User\n'},
    ),
    Mistake(
        'a class imported by the settings',
        '05-authentication-backend',
        'config/settings.py, line 17, imports the models too early: Django has not loaded the apps yet.',
        'config/settings.py',
        17,
        {
            'config/settings.py': {
                'from pathlib import Path': 'from pathlib import Path\n\nfrom authentication.backends import JWTAuthentication'
            }
        },
    ),
    Mistake(
        'a number for a subject',
        '05-authentication-backend',
        'authentication/tokens.py, line 16: the claim sub must be a text (RFC 7519), and user.pk is not one.',
        'authentication/tokens.py',
        16,
        {'authentication/tokens.py': {'"sub": str(user.pk)': '"sub": user.pk'}},
    ),
    Mistake(
        'times without their zone',
        '05-authentication-backend',
        'config/settings.py, line 119: USE_TZ is off, so the times in your tokens are those of Europe/Berlin, without saying so.',
        'config/settings.py',
        119,
        {'config/settings.py': {'USE_TZ = True': 'USE_TZ = False', "TIME_ZONE = 'UTC'": "TIME_ZONE = 'Europe/Berlin'"}},
    ),
    Mistake(
        'an app of another tutorial',
        '08-urls',
        "config/settings.py, line 43, needs the package djangorestframework-simplejwt, which is not installed. This stage doesn't use it.",
        'config/settings.py',
        43,
        {'config/settings.py': {"    'rest_framework',": "    'rest_framework',\n    'rest_framework_simplejwt',"}},
    ),
    Mistake(
        'an import of another tutorial',
        '07-views',
        "authentication/views.py, line 8, needs the package djangorestframework-simplejwt, which is not installed. This stage doesn't use it.",
        'authentication/views.py',
        8,
        {
            'authentication/views.py': {
                'from .backends import JWTAuthentication': 'from rest_framework_simplejwt.tokens import RefreshToken\n\nfrom .backends import JWTAuthentication'
            }
        },
    ),
    Mistake(
        'a keyword left out of a call over several lines',
        '05-authentication-backend',
        'authentication/tokens.py, line 34, lacks algorithms=[ALGORITHM], which the stage has there.',
        'authentication/tokens.py',
        34,
        {'authentication/tokens.py': {'        algorithms=[ALGORITHM],\n': ''}},
    ),
    Mistake(
        'brackets around one field',
        '07-views',
        "authentication/serializers.py, line 137: fields has to be a list, and 'email' is a text. Round brackets alone do not make a list.",
        'authentication/serializers.py',
        137,
        {'authentication/serializers.py': {'fields = ["id", "email", "username"]': 'fields = ("email")'}},
    ),
    Mistake(
        'a setting assigned twice',
        '08-urls',
        "config/settings.py, line 150, assigns REST_FRAMEWORK again. This replaces the value of line 134, so 'DEFAULT_AUTHENTICATION_CLASSES' is lost.",
        'config/settings.py',
        150,
        {
            'config/settings.py': {
                'JWT_ISSUER': "REST_FRAMEWORK = {\n    'DEFAULT_RENDERER_CLASSES': ['rest_framework.renderers.JSONRenderer'],\n}\n\nJWT_ISSUER"
            }
        },
    ),
    Mistake(
        'a list of apps assigned twice',
        '05-authentication-backend',
        "config/settings.py, line 46, assigns INSTALLED_APPS again. This replaces the value of line 35, so 'django.contrib.admin' is lost.",
        'config/settings.py',
        46,
        {'config/settings.py': {'MIDDLEWARE = [': "INSTALLED_APPS = [\n    'authentication',\n]\n\nMIDDLEWARE = ["}},
    ),
    Mistake(
        'urlpatterns assigned twice',
        '08-urls',
        "config/urls.py, line 24, assigns urlpatterns again. This replaces the value of line 20, so path('admin/', admin.site.urls) is lost.",
        'config/urls.py',
        24,
        {
            'config/urls.py': {
                "    path('api/', include('authentication.urls')),\n]": "]\n\nurlpatterns = [\n    path('api/', include('authentication.urls')),\n]"
            }
        },
    ),
    Mistake(
        'an authentication class of DRF among those of Django',
        '05-authentication-backend',
        'config/settings.py, line 134: AUTHENTICATION_BACKENDS is for classes that check passwords. JWTAuthentication reads tokens, and belongs in REST_FRAMEWORK, under DEFAULT_AUTHENTICATION_CLASSES.',
        'config/settings.py',
        134,
        {
            'config/settings.py': {
                'REST_FRAMEWORK = {': "AUTHENTICATION_BACKENDS = ['authentication.backends.JWTAuthentication']\n\nREST_FRAMEWORK = {"
            }
        },
    ),
    Mistake(
        'a copy of a migration by a cloud folder',
        '03-user-manager',
        'authentication/migrations/0001_initial-DESKTOP-7.py is a copy of a migration: two migrations of authentication both want to be the last.',
        'authentication/migrations/0001_initial-DESKTOP-7.py',
        0,
        {
            'authentication/migrations/0001_initial-DESKTOP-7.py': "# Generated by Django 5.2.19 on 2026-11-24 03:35\n\nimport django.contrib.auth.validators\nimport django.utils.timezone\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n    initial = True\n\n    dependencies = [\n        ('auth', '0012_alter_user_first_name_max_length'),\n    ]\n\n    operations = [\n        migrations.CreateModel(\n            name='User',\n            fields=[\n                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),\n                ('password', models.CharField(max_length=128, verbose_name='password')),\n                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),\n                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),\n                ('username', models.CharField(max_length=255, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()])),\n                ('email', models.EmailField(max_length=254, unique=True)),\n                ('is_staff', models.BooleanField(default=False)),\n                ('is_active', models.BooleanField(default=True)),\n                ('date_joined', models.DateTimeField(default=django.utils.timezone.now)),\n                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),\n                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),\n            ],\n            options={\n                'abstract': False,\n            },\n        ),\n    ]\n"
        },
    ),
    Mistake(
        'a copy of a migration with a number',
        '03-user-manager',
        'authentication/migrations/0002_alter_user_managers (1).py is a copy of a migration: two migrations of authentication both want to be the last.',
        'authentication/migrations/0002_alter_user_managers (1).py',
        0,
        {
            'authentication/migrations/0002_alter_user_managers (1).py': "# Generated by Django 5.2.19 on 2026-11-24 03:36\n\nimport authentication.managers\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n\n    dependencies = [\n        ('authentication', '0001_initial'),\n    ]\n\n    operations = [\n        migrations.AlterModelManagers(\n            name='user',\n            managers=[\n                ('objects', authentication.managers.UserManager()),\n            ],\n        ),\n    ]\n"
        },
    ),
    Mistake(
        'base classes out of order',
        '02-user-model',
        "authentication/models.py, line 7: the base classes of User are in an order that Python can't use: models.Model is before a class that inherits from it.",
        'authentication/models.py',
        7,
        {
            'authentication/models.py': {
                'class User(PermissionsMixin, AbstractBaseUser):': 'class User(models.Model, AbstractBaseUser, PermissionsMixin):'
            }
        },
    ),
    Mistake(
        'the path of another urls.py without include',
        '08-urls',
        "config/urls.py, line 22: path() needs a view or include(), and 'authentication.urls' is a text.",
        'config/urls.py',
        22,
        {'config/urls.py': {"include('authentication.urls')": "'authentication.urls'"}},
    ),
    Mistake(
        'a related_name left out after the migration',
        '14-logout',
        "authentication/models.py, line 117, lacks related_name='sessions', which the stage has there.",
        'authentication/models.py',
        117,
        {'authentication/models.py': {', related_name="sessions"': ''}},
    ),
]
