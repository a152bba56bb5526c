"""A real OpenID Connect provider as a process: Django OAuth Toolkit on SQLite, PKCE required, ended by its parent.

Beside the protocol it has two addresses of its own: POST /test/client registers a client with its redirect address, and
whether people are asked for their consent; POST /test/enter logs the browser in as somebody, with the claims that are
given.
"""
# pyright: basic
# ruff: noqa: ANN001, ANN002, ANN201 - Django and its toolkit ship no types.

import json
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

DATABASE, PORT = sys.argv[1], int(sys.argv[2])


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


CONSENT = """<!doctype html><title>Consent</title><form method="post">
{% for field in form %}{% if field.is_hidden %}{{ field }}{% endif %}{% endfor %}
<button name="allow" value="yes">Allow</button><button>Deny</button></form>"""
"""Stands for the toolkit's own page, which asks another host for its looks."""
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"]
settings.configure(
    SECRET_KEY="a provider for tests alone, behind this machine's own address",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=APPS,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    # Tables as the models are now; the history of how they came about takes seconds.
    MIGRATION_MODULES={name.rpartition(".")[2]: None for name in APPS},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": private_key(),
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "openid", "email": "email", "profile": "profile"},
    },
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", {"oauth2_provider/authorize.html": CONSENT})]
            },
        }
    ],
    LOGIN_URL="/test/enter",
    USE_TZ=True,
)

import django  # noqa: E402 - Django reads its settings when it is imported

django.setup()

from django.contrib.auth import get_user_model, login  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402

CLAIMS: dict[str, dict[str, object]] = {}


class Validator(OAuth2Validator):
    """Adds the claims that somebody was entered with."""

    oidc_claim_scope = None

    def get_additional_claims(self, request):
        return CLAIMS[request.user.username]


@csrf_exempt
def register(request):
    asked = json.loads(request.body)
    get_application_model().objects.create(
        name="netra",
        client_id=asked["client_id"],
        client_secret=asked["client_secret"],
        redirect_uris=asked["redirect_uri"],
        client_type="confidential",
        authorization_grant_type="authorization-code",
        algorithm="RS256",
        skip_authorization=not asked.get("consent"),
    )
    return JsonResponse({})


@csrf_exempt
def enter(request):
    claims = json.loads(request.body)
    user, _ = get_user_model().objects.get_or_create(username=claims["name"])
    CLAIMS[user.username] = claims
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return JsonResponse({"subject": str(user.pk)})


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("test/client", register),
    path("test/enter", enter),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args) -> None:
        pass


if __name__ == "__main__":
    call_command("migrate", run_syncdb=True, verbosity=0)
    application: Any = get_wsgi_application()
    with make_server("127.0.0.1", PORT, application, handler_class=Quiet) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        server.serve_forever()
