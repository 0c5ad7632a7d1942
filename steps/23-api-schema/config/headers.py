import re

# A parameter with a charset, "; charset=x", or with an encoded name, "; a*=x" (RFC 2231).
UNSAFE_PARAMETER = re.compile(r'(?i);(\s*charset|[^;,=]*\*)[^;,]*')


def without_unsafe_parameters(header):
    """
    Returns the value of a header without such parameters. With an encoding that
    Python doesn't know, Django crashes, or the response is a 406.
    """
    return UNSAFE_PARAMETER.sub('', header)
