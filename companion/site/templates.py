"""Renders the HTML of the pages from the Jinja2 templates in `templates/`, one for each part of a page."""

import re
import xml.etree.ElementTree as etree
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

BETWEEN_TAGS = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
BETWEEN_ATTRIBUTES = re.compile(r"\s*\n\s*")


def _joined(name: str) -> str:
    """Returns the source of a template without its indentation, which would be in the pages."""
    source = Path(__file__).with_name("templates").joinpath(name).read_text(encoding="utf-8").strip()
    return BETWEEN_ATTRIBUTES.sub(" ", BETWEEN_TAGS.sub("", source))


ENVIRONMENT = Environment(loader=FunctionLoader(_joined), autoescape=True, undefined=StrictUndefined)


def html(name: str, **values: object) -> Markup:
    """Returns the HTML of the template `name`.html with these values."""
    return Markup(ENVIRONMENT.get_template(f"{name}.html").render(values))


def element(name: str, **values: object) -> etree.Element:
    """Returns the template as an element, so that Markdown and MkDocs process it and resolve its links."""
    return etree.fromstring(html(name, **values))
