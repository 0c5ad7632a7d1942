"""Renders the HTML of the pages from the Jinja2 templates in `templates/`, one for each part of a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

BETWEEN_TAGS = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
BETWEEN_ATTRIBUTES = re.compile(r"\s*\n\s*")


class JoinLines(Extension):
    """Joins the lines of a template, so that its indentation is not in the pages."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return BETWEEN_ATTRIBUTES.sub(" ", BETWEEN_TAGS.sub("", source.strip()))


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=[JoinLines],
)


def html(name: str, **values: object) -> Markup:
    """Returns the HTML of the template `name`.html with these values."""
    return Markup(ENVIRONMENT.get_template(f"{name}.html").render(values))


def element(name: str, **values: object) -> etree.Element:
    """Returns the template as an element, so that Markdown and MkDocs process it and resolve its links."""
    return etree.fromstring(html(name, **values))
