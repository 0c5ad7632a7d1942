"""An MkDocs hook that moves the whole files and the folded tests of a chapter to separate pages.

With them, a long chapter's page would be too large for a phone. Each fold keeps a link, and `reading.js` fetches
the separate page when a reader opens the fold. These pages are not in the navigation, the search or the sitemap.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url, write_file

from companion.site.templates import html

FOLD = re.compile(r'(<details [^>]*?data-page="([^"]+)"[^>]*>)(<summary>.*?</summary>)(.*?)</details>', re.DOTALL)
ID = re.compile(r'<(?:details|figure) [^>]*?\bid="([^"]+)"')


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Writes the separate pages with the theme around them, and returns this page with links to them."""
    content = page.content or ""
    folds = list(FOLD.finditer(content))
    if not folds:
        return output
    before, _, after = output.partition(content)
    for name in dict.fromkeys(fold[2] for fold in folds):
        kind, top = "Files" if name == "files" else "Tests", page.toc.items[0].id
        path = Path(page.file.abs_dest_path).with_name(_file(page, name))
        back = get_relative_url(page.url, path.relative_to(config.site_dir).as_posix())
        parts = [fold[0].replace(">", " open>", 1) for fold in folds if fold[2] == name]
        above = before.replace("<title>", f"<title>{kind}: ", 1)
        above = re.sub(f'href="#(?!{top}")', f'href="{back}#', above)  # the theme links to sections of the chapter
        body = html("apart_page", kind=kind, page=page, back=back, parts=parts, top=top)
        write_file(f"{above}{body}{after}".encode(), str(path))
    return before + FOLD.sub(lambda fold: _linked(page, fold), content) + after


def _file(page: Page, name: str) -> str:
    """Returns the file name of a separate page; it includes the chapter's name if chapters share a folder."""
    return f"{name}.html" if page.file.use_directory_urls else f"{Path(page.file.dest_uri).stem}-{name}.html"


def _linked(page: Page, fold: re.Match[str]) -> str:
    """Returns the fold with a link instead of its content. The ids in the content stay, because links use them."""
    opening, name, summary, inner = fold.groups()
    address = f"{_file(page, name)}#{ID.findall(fold[0])[0]}"
    return f"{opening}{summary}{html('apart', address=address, idents=ID.findall(inner))}</details>"
