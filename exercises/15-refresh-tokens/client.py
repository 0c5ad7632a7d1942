def get(api, path, tokens):
    """
    Returns the response of the API to a GET. Refreshes the tokens when the access
    token has expired, and deletes them when the session has ended.
    """
    response = _send(api, path, tokens)

    if _code(response) == "token_expired":
        data = {"refresh_token": tokens["refresh_token"]}
        refreshed = api.post("/api/refresh", data, format="json")

        if refreshed.status_code == 200:
            tokens.update(refreshed.json())
            response = _send(api, path, tokens)
        elif refreshed.status_code == 401:
            tokens.clear()

    if _code(response) == "token_invalid":
        tokens.clear()

    return response


def _send(api, path, tokens):
    return api.get(path, headers={"Authorization": f"Bearer {tokens['access_token']}"})


def _code(response):
    return response.json().get("code")
