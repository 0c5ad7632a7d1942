"""A pytest plugin: names the tests whose id has a value's position in it, such as `[value3]`."""


def pytest_collection_modifyitems(items):
    for item in items:
        positions = getattr(item, "callspec", None) and item.callspec.indices
        parts = item.name.partition("[")[2].rstrip("]").split("-")
        if positions and any(f"{name}{position}" in parts for name, position in positions.items()):
            print(f"positional: {item.nodeid}")
