"""
URL configuration for config project.

The `urlpatterns` list routes URLs to views. For more information please see:
    https://docs.djangoproject.com/en/5.2/topics/http/urls/
Examples:
Function views
    1. Add an import:  from my_app import views
    2. Add a URL to urlpatterns:  path('', views.home, name='home')
Class-based views
    1. Add an import:  from other_app.views import Home
    2. Add a URL to urlpatterns:  path('', Home.as_view(), name='home')
Including another URLconf
    1. Import the include() function: from django.urls import include, path
    2. Add a URL to urlpatterns:  path('blog/', include('blog.urls'))
"""
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from authentication.browser_views import PageView
from authentication.views import jwks

urlpatterns = [
    path('admin/', admin.site.urls),
    path('.well-known/jwks.json', jwks),
    path('api/browser/', include('authentication.browser_urls')),
    path('api/', include('authentication.urls')),
    # The links in emails lead to the page too.
    re_path(
        r'^(?:register|reset-password|verify-email|change-email)?$',
        PageView.as_view(),
        name='page',
    ),
]

if settings.API_DOCS:
    urlpatterns += [
        path('api/schema', SpectacularAPIView.as_view(), name='schema'),
        path('api/docs', SpectacularSwaggerSplitView.as_view(template_name='swagger.html')),
    ]
