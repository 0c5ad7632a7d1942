import json
from collections import Counter


def count_events(lines):
    """
    Counts the security events in the lines of a log, by their message and IP address.
    """
    counts = Counter()

    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue

        if isinstance(line, dict) and line.get("logger") == "authentication.security":
            counts[line["message"], line.get("address", "")] += 1

    return counts
