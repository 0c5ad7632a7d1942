from rest_framework import authentication

from .sessions import find_session, refusal


class JWTAuthentication(authentication.BaseAuthentication):
    authentication_header_prefix = "Bearer"
    challenge = 'Bearer realm="api"'

    def authenticate(self, request):
        """
        The `authenticate` method is called on every request regardless of
        whether the endpoint requires authentication.

        1) `None`: the request has no `Authorization` header, or one of
           another scheme. Another class may find out who this is.

        2) `(user, session)`: authentication is successful.

        3) `AuthenticationFailed`: the header is for us, and it is wrong.
        """
        auth_header = authentication.get_authorization_header(request).split()

        if not self._is_for_us(auth_header):
            return None

        if len(auth_header) != 2:
            raise refusal("The Authorization header must be 'Bearer <token>'.")

        return self._authenticate_credentials(request, auth_header[1])

    def authenticate_header(self, request):
        """
        Returns the `WWW-Authenticate` header of a 401 (RFC 6750, section 3).
        Without this method, the response would be a 403.
        """
        if self._is_for_us(authentication.get_authorization_header(request).split()):
            return f'{self.challenge}, error="invalid_token"'

        return self.challenge

    def _is_for_us(self, auth_header):
        prefix = self.authentication_header_prefix.lower().encode()
        return bool(auth_header) and auth_header[0].lower() == prefix

    def _authenticate_credentials(self, request, token):
        """
        Try to authenticate the given credentials. If authentication is
        successful, return the user and session. If not, throw an error.
        """
        session, _ = find_session(token)

        return (session.user, session)
