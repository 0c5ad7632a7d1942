"""A pytest plugin that prints the tests whose id contains a value's position, such as `[value3]`."""


def pytest_collection_modifyitems(items):
    for item in items:
        positions = getattr(item, "callspec", None) and item.callspec.indices
        parts = item.name.partition("[")[2].rstrip("]").split("-")
        if positions and any(f"{name}{position}" in parts for name, position in positions.items()):
            print(f"positional: {item.nodeid}")
