from authentication.backends import JWTAuthentication


class HeaderAuthentication(JWTAuthentication):
    """
    Reads the token from the header `X-Token`, if a request has one.
    """

    def authenticate(self, request):
        token = request.headers.get("X-Token")

        if token is None:
            return super().authenticate(request)

        return self._authenticate_credentials(request, token.encode())

    def authenticate_header(self, request):
        if "X-Token" in request.headers:
            return f'{self.challenge}, error="invalid_token"'

        return super().authenticate_header(request)
