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
        'config/settings.py, line 13, needs the package python-decouple, which is not installed.',
        'config/settings.py',
        13,
        {'config/settings.py': {'from pathlib': 'import decouple\nfrom pathlib'}},
    ),
    Mistake(
        'an app that is not installed as a package',
        '01-dockerfile',
        'config/settings.py, line 40, needs the package django-cors-headers, which is not installed.',
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
        '04-authentication-backend',
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
        'authentication/models.py, line 6, imports authentication.manager, which does not exist. Did you mean authentication/managers.py?',
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
        '04-authentication-backend',
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
        '05-serializers',
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
        '06-views',
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
        '04-authentication-backend',
        'authentication/models.py, line 63: a function gives None, for it has no return.',
        'authentication/models.py',
        63,
        {'authentication/models.py': {'        return issue_token(self)': '        issue_token(self)'}},
    ),
    Mistake(
        'a view without return',
        '06-views',
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
        '07-urls',
        'authentication/urls.py, line 7, names an address login, where user_login is asked for.',
        'authentication/urls.py',
        7,
        {'authentication/urls.py': {'name="user_login"': 'name="login"'}},
    ),
    Mistake(
        'urls that are not included',
        '07-urls',
        'config/urls.py does not include authentication/urls.py, so its addresses do not exist.',
        'config/urls.py',
        20,
        {'config/urls.py': {"    path('api/', include('authentication.urls')),\n": ''}},
    ),
    Mistake(
        'a list with another name',
        '07-urls',
        'authentication/urls.py, line 5: authentication.urls has no list called urlpatterns.',
        'authentication/urls.py',
        5,
        {'authentication/urls.py': {'urlpatterns': 'urlpattern'}},
    ),
    Mistake(
        'a class without as_view',
        '07-urls',
        "authentication/urls.py, line 7: Django's own check finds a fault: Your URL pattern '^login/?$' [name='user_login'] has an invalid view, pass LoginAPIView.as_view() instead of LoginAPIView. (urls.E009)",
        'authentication/urls.py',
        7,
        {'authentication/urls.py': {'LoginAPIView.as_view()': 'LoginAPIView'}},
    ),
    Mistake(
        'include that was not imported',
        '07-urls',
        'config/urls.py, line 22, uses include without importing it.',
        'config/urls.py',
        22,
        {'config/urls.py': {'import include, path': 'import path'}},
    ),
    Mistake(
        'REST_FRAMEWORK names a class that is not there',
        '04-authentication-backend',
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
        '06-views',
        'authentication/views.py, line 33: 201 was wanted, and 200 came.',
        'authentication/views.py',
        33,
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
        '06-views',
        "authentication/views.py, line 16: PublicAPIView inherits from nothing, where the stage's inherits from APIView.",
        'authentication/views.py',
        16,
        {'authentication/views.py': {'class PublicAPIView(APIView):': 'class PublicAPIView:'}},
    ),
    Mistake(
        'a misspelt setting',
        '04-authentication-backend',
        'authentication/tokens.py, line 18: The settings lack JWT_LIFETME. Did you mean JWT_LIFETIME?',
        'authentication/tokens.py',
        18,
        {'authentication/tokens.py': {'now + settings.JWT_LIFETIME': 'now + settings.JWT_LIFETME'}},
    ),
    Mistake(
        'a setting that is not there',
        '04-authentication-backend',
        'config/settings.py: The settings lack JWT_LIFETIME.',
        'config/settings.py',
        0,
        {'config/settings.py': {'JWT_LIFETIME = timedelta(hours=1)\n': ''}},
    ),
    Mistake(
        'a module that nothing imports',
        '04-authentication-backend',
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
        'authentication/admin.py, line 8: no model is registered here, so the admin does not show it.',
        'authentication/admin.py',
        8,
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
        "authentication/models.py, line 30: Django's own check finds a fault: 'REQUIRED_FIELDS' must be a list or tuple. (auth.E001)",
        'authentication/models.py',
        30,
        {'authentication/models.py': {'REQUIRED_FIELDS = ["username"]': 'REQUIRED_FIELDS = ("username")'}},
    ),
    Mistake(
        'a misspelt attribute of a class',
        '02-user-model',
        'authentication/models.py, line 26, defines USERNAME_FEILD, where USERNAME_FIELD is asked for.',
        'authentication/models.py',
        26,
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
        'config/settings.py, line 77, names the database engine django.db.backends.sqlite, which does not exist.',
        'config/settings.py',
        77,
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
        '04-authentication-backend',
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
        '04-authentication-backend',
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
        '04-authentication-backend',
        'authentication/backends.py, line 34, defines authentication_header, where the stage has authenticate_header.',
        'authentication/backends.py',
        34,
        {'authentication/backends.py': {'def authenticate_header': 'def authentication_header'}},
    ),
    Mistake(
        'an address without its slash',
        '07-urls',
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
]
