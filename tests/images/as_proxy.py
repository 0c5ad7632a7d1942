"""A plugin for pytest that sends the header of a proxy, because production settings redirect http to https."""

import urllib.request

opener = urllib.request.build_opener()
opener.addheaders = [("X-Forwarded-Proto", "https")]
urllib.request.install_opener(opener)
