"""Types a chapter from its page, and knows nothing about it except what the panes say."""

import ast
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

NAME = r"(?P<name>\w+)(?: in class (?P<owner>[\w.]+))?"
RUNS = {"ins": "+", "del": "-", "span": " "}
KINDS = ("rd-step", "rd-pane", "rd-path", "rd-place", "rd-run", "rd-line", "rd-hidden")


@dataclass
class Pane:
    """One pane of a page: its file, its place, and its lines as (kind, text), where kind is "+", "-" or " "."""

    path: str = ""
    place: str = ""
    status: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)

    def text(self, *kinds):
        return [text for kind, text in self.lines if kind in kinds]


class Page(HTMLParser):
    """Parses the steps of a chapter's page, each a list of panes."""

    def __init__(self, html):
        super().__init__()
        self.steps: list[list[Pane]] = []
        self.inside: list[tuple[str, str]] = []  # the open elements and what each is
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        words = (dict(attributes).get("class") or "").split()
        what = next((word for word in KINDS if word in words), "")
        if what == "rd-step":
            self.steps.append([])
        elif what == "rd-pane":
            self.steps[-1].append(Pane(status=next(w for w in words if w != what)))
        elif what == "rd-line" and "rd-pane" in (kind for _, kind in self.inside):
            run = next(tag for tag, kind in reversed(self.inside) if kind == "rd-run")
            self.steps[-1][-1].lines.append((RUNS[run], ""))
        if tag not in ("wbr", "br", "img", "input", "meta", "hr"):
            self.inside.append((tag, what))

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        kinds = [what for _, what in self.inside if what]
        if "rd-pane" not in kinds or "rd-hidden" in kinds:
            return
        pane = self.steps[-1][-1]
        if "rd-line" in kinds:
            kind, text = pane.lines[-1]
            pane.lines[-1] = (kind, text + data.rstrip("\n"))
        elif "rd-path" in kinds:
            pane.path += data
        elif "rd-place" in kinds:
            pane.place += data


class CannotType(Exception):
    """Raised if a pane does not say clearly what to do; the message is what a learner would ask."""


def type_pane(folder, pane):
    """Does in `folder` what one pane says."""
    path = folder / pane.path
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text().splitlines() if path.exists() else []
    try:
        new = _typed(old, pane)
    except CannotType as question:
        raise CannotType(f"{pane.path}, {pane.place!r}: {question}") from None
    if pane.status == "rd-removed" and not any(new):
        path.unlink()
    else:
        path.write_text("".join(f"{line}\n" for line in new))


def _typed(old, pane):
    plus, minus = pane.text("+"), pane.text("-")

    def below(last):
        return [*old[:last], "", *plus, *old[last:]]

    if pane.place in ("new file", "new file, shown in parts") or (pane.status == "rd-added" and not pane.lines):
        _expect(not any(old), "the file is there already")
        return plus
    if pane.place == "at the top":
        return plus + old
    if pane.place == "at the end":
        return below(len(old))
    if pane.place == "in the imports":
        return _beside_context(old, pane, plus)
    if pane.place == "after the imports":
        return below(max(n.end_lineno for n in _module(old).body if isinstance(n, (ast.Import, ast.ImportFrom))))
    if pane.place in ("replaces the − lines", "removed"):
        first, last = _find(old, pane.lines, minus)
        return old[:first] + plus + old[last:]
    if found := re.fullmatch(r"at the end of class ([\w.]+)", pane.place):
        return below(_span(old, found[1])[1])
    if found := re.fullmatch(r"after the docstring of class ([\w.]+)", pane.place):
        node = next(node for name, node in _names(_module(old).body) if name == found[1])
        _expect(ast.get_docstring(node), "it has none")
        return below(node.body[0].end_lineno)
    if found := re.fullmatch(rf"the whole (?:function|value of) {NAME}", pane.place):
        first, last = _span(old, _dotted(found))
        return old[:first] + pane.text("+", " ") + old[last:]
    if found := re.fullmatch(r"after the line (.+)", pane.place):
        at = [n for n, line in enumerate(old, 1) if line.strip() == found[1]]
        _expect(len(at) == 1, f"there are {len(at)} such lines")
        return old[: at[0]] + plus + old[at[0] :]
    if found := re.fullmatch(f"after {NAME}", pane.place):
        return below(_span(old, _dotted(found))[1])
    raise CannotType("no form of words that I know")


def _beside_context(old, pane, plus):
    """Returns the file with the new lines below the pane's line above them, or above the pane's line below them."""
    kinds = [kind for kind, _ in pane.lines]
    first, last = kinds.index("+"), len(kinds) - kinds[::-1].index("+")
    above = [text for _, text in pane.lines[:first] if text.strip()][-1:]
    below = [text for _, text in pane.lines[last:] if text.strip()][:1]
    if above and old.count(above[0]) == 1:
        at = old.index(above[0]) + 1
    else:
        _expect(below and old.count(below[0]) == 1, "the pane shows no line, above or below, that the file has once")
        at = old.index(below[0])
    return old[:at] + plus + old[at:]


def _find(old, lines, minus):
    """Returns the range of the lines to remove: the first, and the one after the last."""
    wanted = [line for line in minus if line.strip()]
    there = [n for n, line in enumerate(old) if line.strip()]
    texts = [old[n] for n in there]
    starts = [k for k in range(len(texts)) if texts[k : k + len(wanted)] == wanted]
    kinds = [kind for kind, _ in lines]
    first, last = kinds.index("-"), len(kinds) - kinds[::-1].index("-")
    above = [text for kind, text in lines[:first] if kind == " " and text.strip()]
    below = [text for kind, text in lines[last:] if kind == " " and text.strip()]
    if len(starts) > 1:
        starts = [k for k in starts if not above or texts[k - len(above) : k] == above]
    if len(starts) > 1:
        starts = [k for k in starts if not below or texts[k + len(wanted) :][: len(below)] == below]
    _expect(len(starts) == 1, f"the lines {wanted[:2]} stand in {len(starts)} places")
    return there[starts[0]], there[starts[0] + len(wanted) - 1] + 1


def _module(lines):
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise CannotType(f"the file is not Python here: line {error.lineno}, {error.msg}") from None


def _names(body, prefix=""):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield prefix + node.name, node
            yield from _names(node.body if isinstance(node, ast.ClassDef) else [], f"{prefix}{node.name}.")
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield prefix + target.id, node
        else:
            for branch in ("body", "handlers", "orelse", "finalbody"):
                yield from _names(getattr(node, branch, []), prefix)


def _span(old, name):
    """Returns the first line of a symbol, with its comments and decorators, and its last line."""
    found = [node for known, node in _names(_module(old).body) if known == name]
    _expect(found, f"there is no {name}")
    first = min([found[0].lineno, *(d.lineno for d in getattr(found[0], "decorator_list", []))]) - 1
    while first and old[first - 1].lstrip().startswith("#"):
        first -= 1
    return first, found[-1].end_lineno


def _dotted(found):
    return f"{found['owner']}.{found['name']}" if found["owner"] else found["name"]


def _expect(is_so, question):
    if not is_so:
        raise CannotType(question)
