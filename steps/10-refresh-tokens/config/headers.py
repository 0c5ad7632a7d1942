import re

# A parameter that names a charset, or whose own name is encoded (RFC 2231): "; charset=x", "; a*=x".
UNSAFE_PARAMETER = re.compile(r'(?i);(\s*charset|[^;,=]*\*)[^;,]*')


def without_unsafe_parameters(header):
    """
    Returns the value of a header without such parameters. Django and Django REST
    Framework crash on an encoding that Python does not know.
    """
    return UNSAFE_PARAMETER.sub('', header)
