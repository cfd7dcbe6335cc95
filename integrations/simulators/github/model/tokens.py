"""Credentials: personal tokens, App JWTs, installation tokens with expiry."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from integrations.simulators.github.errors import ApiError, bad_credentials
from integrations.simulators.github.model.access import ANONYMOUS, Actor
from integrations.simulators.github.model.state import App, Installation
from integrations.simulators.github.model.world import World

# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
MAX_JWT_S = 600
CLOCK_DRIFT_S = 60
SECRET = re.compile(r"(gh[a-z]_[A-Za-z0-9._-]{8,}|github_pat_\w+|-----BEGIN[\s\S]+?-----END[^-]+-----)")
_EXP_PAST = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the"
    " assertion expires"
)
_IAT = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"


@dataclass(slots=True)
class Token:
    """One credential. `installation_id` is None for a person's token; `expires_at` None means never."""

    secret: str
    key: str
    user_id: int
    installation_id: int | None = None
    permissions: dict[str, str] | None = None
    repo_ids: frozenset[int] | None = None
    expires_at: datetime | None = None
    revoked: bool = False


class Tokens:
    """All credentials of one simulator."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, Token] = {}

    def add_personal(self, secret: str, user_id: int) -> Token:
        """Register a person's token."""
        token = Token(secret=secret, key=f"token-{len(self._known) + 1}", user_id=user_id)
        self._known[secret] = token
        return token

    def mint(
        self, inst: Installation, *, permissions: dict[str, str], repo_ids: frozenset[int] | None
    ) -> Token:
        """A new installation token in the stateless format `ghs_<APPID>_<JWT>` (about 520 characters)."""
        world = self._world
        expires = world.now() + timedelta(seconds=world.config.installation_token_ttl_s)
        token = Token(
            secret=_stateless(inst, expires),
            key=f"installation-{inst.id}",
            user_id=world.apps[inst.app_id].bot_id,
            installation_id=inst.id,
            permissions=permissions,
            repo_ids=repo_ids,
            expires_at=expires,
        )
        self._known[token.secret] = token
        return token

    def revoke(
        self, *, secret: str | None = None, installation_id: int | None = None, login: str = ""
    ) -> int:
        """Make tokens unknown from now on; returns how many."""
        hit = 0
        for token in self._known.values():
            owner = self._world.users[token.user_id].login
            if (
                token.secret == secret
                or owner == login
                or (installation_id is not None and token.installation_id == installation_id)
            ):
                hit += not token.revoked
                token.revoked = True
        return hit

    def expire(self) -> int:
        """Let every living installation token expire now; returns how many."""
        living = [t for t in self._known.values() if t.expires_at and t.expires_at > self._world.now()]
        for token in living:
            token.expires_at = self._world.now() - timedelta(seconds=1)
        return len(living)

    def actor(self, authorization: str | None) -> Actor:
        """Who an Authorization header speaks for. Raises ApiError 401 for anything unknown."""
        if not authorization:
            return ANONYMOUS
        scheme, _, value = authorization.partition(" ")
        value = value.strip()
        if scheme.lower() == "basic":
            value = basic_secret(value)
        elif scheme.lower() not in ("token", "bearer"):
            raise bad_credentials()
        if value.count(".") == 2 and not value.startswith("ghs_"):
            return self._app(value)
        return self._token(value)

    def _token(self, secret: str) -> Actor:
        world, token = self._world, self._known.get(secret)
        if token is None or token.revoked or (token.expires_at and token.expires_at <= world.now()):
            raise bad_credentials()
        user = world.users[token.user_id]
        if token.installation_id is None:
            return Actor(key=token.key, via="token", user=user)
        inst = world.installations.get(token.installation_id)
        if inst is None:
            raise bad_credentials()
        if inst.suspended_at:
            raise ApiError(403, "This installation has been suspended")
        app = world.apps[inst.app_id]
        return Actor(
            key=token.key,
            via="installation",
            user=user,
            app=app,
            installation=inst,
            permissions=token.permissions,
            repo_ids=token.repo_ids,
        )

    def _app(self, encoded: str) -> Actor:
        try:
            claims = jwt.decode(encoded, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise ApiError(401, "A JSON web token could not be decoded") from None
        app = self._issuer(claims.get("iss"))
        try:
            jwt.decode(
                encoded, app.public_key, algorithms=["RS256"], leeway=CLOCK_DRIFT_S, options=_JWT_OPTIONS
            )
        except jwt.ExpiredSignatureError:
            raise ApiError(401, _EXP_PAST) from None
        except jwt.ImmatureSignatureError:
            raise ApiError(401, _IAT) from None
        except jwt.PyJWTError:
            raise ApiError(401, "A JSON web token could not be decoded") from None
        self._check_claims(claims)
        return Actor(key=f"app-{app.id}", via="app", app=app)

    def _issuer(self, iss: Any) -> App:
        for app in self._world.apps.values():
            if app.public_key is not None and str(iss) in (str(app.id), app.client_id):
                return app
        raise ApiError(
            401, "'Issuer' claim ('iss') must be an Integer" if iss is None else "Integration not found"
        )

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        exp, now = claims.get("exp"), self._world.now().timestamp()
        if not isinstance(exp, int | float) or exp <= now:
            raise ApiError(401, _EXP_PAST)
        if exp > now + MAX_JWT_S + CLOCK_DRIFT_S:
            raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")


_JWT_OPTIONS: Any = {"require": ["exp", "iat", "iss"], "verify_aud": False}


def basic_secret(encoded: str) -> str:
    """The token in HTTP basic credentials: the password, or the user name when the password is empty."""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise bad_credentials() from None
    return password if password and password != "x-oauth-basic" else user


def redact(text: str) -> str:
    """Text without credentials, for logs."""
    return SECRET.sub("[redacted]", text)


def _stateless(inst: Installation, expires: datetime) -> str:
    header = {"typ": "JWT", "alg": "ES256", "kid": secrets.token_hex(8)}
    claims = {
        "iss": "simulator",
        "sub": f"installation:{inst.id}",
        "iat": int(expires.timestamp()) - 3600,
        "exp": int(expires.timestamp()),
        "jti": secrets.token_urlsafe(120),
    }
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)
    ]
    return f"ghs_{inst.app_id}_{parts[0]}.{parts[1]}.{secrets.token_urlsafe(64)}"
