import re

# A parameter with a charset, "; charset=x", or with an encoded name, "; a*=x" (RFC 2231).
UNSAFE_PARAMETER = re.compile(r'(?i);(\s*charset|[^;,=]*\*)[^;,]*')


def without_unsafe_parameters(header):
    """
    Returns the value of a header without such parameters. Django and Django REST
    Framework crash on an encoding that Python does not know.
    """
    return UNSAFE_PARAMETER.sub('', header)
