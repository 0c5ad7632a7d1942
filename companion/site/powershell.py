"""Shows the commands of a page for PowerShell too, if they differ from those for a POSIX shell.

Authors write one ```console block. If PowerShell needs other commands, the block becomes two tabs. The second tab has
no output, because its commands are translated by rules and were not run. For a command that no rule can translate,
such as a loop, the second tab says to use Git Bash, or WSL 2 for gunicorn.
"""

import re

from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor

from companion.chain.chapters import DIRECTIVE, parse

UNSEARCHED = re.compile(r'(<div class="(?:language-pwsh-session highlight|tabbed-labels|tabbed-block(?=">\n<p>P))")>')
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)", re.MULTILINE)  # a line that ends with \ continues in the next
VARIABLE = re.compile(r"(?:export )?([A-Z_]+)=(\$\(.*\)|\S+)(?: (?=\S)|$)")
SENT = re.compile(r" -d ('[^']*')")
# Loops, functions, $() as a value, variables in a word, filters that PowerShell lacks.
POSIX_ONLY = re.compile(r"^for |^\w+\(\) \{|^\w+=\$\(|\$\{|(?:^|\| )(?:grep|head|sort|uniq)\b", re.MULTILINE)
GUNICORN = re.compile(r" gunicorn |^start\b", re.MULTILINE)  # chapters 24 and 25 start it with their function `start`
GIT_BASH = (
    "PowerShell has other commands for this. Run these in Git Bash, which comes with Git for Windows; there, "
    "`. .venv/Scripts/activate` switches the environment on:"
)
WSL = "PowerShell and Git Bash can't run these, because gunicorn doesn't run on Windows. Use WSL 2, or read along:"
# Applied in this order; each is independent of the others.
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^\. \.venv/bin/activate$"), r".venv\\Scripts\\Activate.ps1"),
    (re.compile(r"^python3 "), "py "),
    (re.compile(r"^mkdir -p "), "mkdir "),
    (re.compile(r"^cp -r "), "Copy-Item -Recurse -Force "),  # without -Force, it fails if the folder exists
    (re.compile(r"^\.\./tutorial/\.venv/bin/python "), r"..\\tutorial\\.venv\\Scripts\\python "),
    (re.compile(r"^tools/bin/"), r"tools\\Scripts\\"),
    (re.compile(r"^curl "), "curl.exe "),  # `curl` alone is another command in older PowerShells
    (re.compile(r" -o /dev/null "), " -o NUL "),
    (re.compile(r" \\$", re.MULTILINE), " `"),
)


def powershell(command: str) -> str:
    """Returns the command for PowerShell, which can be the same; lines continued by `\\` are one command."""
    if command.startswith("touch "):
        return "New-Item " + ", ".join(command.removeprefix("touch ").split())
    before, after, kept = "", [], command.startswith("export ")
    while variable := VARIABLE.match(command):
        value = variable[2]
        value = value.removeprefix("$(").removesuffix(")") if value.startswith("$(") else f'"{value}"'
        before += f"$env:{variable[1]} = {value}\n"
        after += [] if kept else [f"Env:{variable[1]}"]
        command = command[variable.end() :]
    for pattern, words in RULES:
        command = pattern.sub(words, command)
    # PowerShell loses the quotes inside an argument of a program, so the text is sent through a pipe.
    if sent := SENT.search(command):
        command = f"{sent[1]} | " + SENT.sub(" -d '@-'", command)
    if after:  # in PowerShell, such a variable stays set after the command
        command += "\nRemove-Item " + ", ".join(after)
    return (before + command).strip()


class WriteTabs(Preprocessor):
    """Replaces a block whose commands differ by two tabs, before other extensions read the page.

    Also removes the comments that say how a block is run, because only the transcripts use them.
    """

    def run(self, lines: list[str]) -> list[str]:
        lines = [line for line in lines if not DIRECTIVE.fullmatch(line)]
        for fence in reversed(parse(lines)[1]):
            content = [line.removeprefix(fence.indent) for line in lines[fence.start : fence.end]]
            if fence.kind == "console" and fence.end < len(lines) and (there := _there(content)):
                whole = slice(fence.start - 1, fence.end + 1)
                lines[whole] = _tabs(fence.indent, lines[whole], there)
        return lines


def _there(content: list[str]) -> list[str]:
    """Returns the lines of the second tab: the commands without output, or [] if all are the same."""
    commands = COMMAND.findall("\n".join(content))
    whole = "\n".join(commands)
    if where := WSL if GUNICORN.search(whole) else GIT_BASH if POSIX_ONLY.search(whole) else "":
        return [where, "", "```console", *"\n".join(f"$ {command}" for command in commands).split("\n"), "```"]
    written = "\n".join(map(powershell, commands))
    lines = [f"PS> {line}" for line in written.split("\n")]
    return ["```pwsh-session", *lines, "```"] if written != whole else []


def _tabs(indent: str, block: list[str], there: list[str]) -> list[str]:
    inner = [f"    {line}" for line in block]
    other = [f"{indent}    {line}".rstrip() for line in there]
    return [f'{indent}=== "Linux and macOS"', "", *inner, "", f'{indent}=== "Windows"', "", *other, ""]


class ExcludeFromSearch(Postprocessor):
    """Excludes the Windows tab and the labels of tabs from the search, which finds the commands in the first tab."""

    def run(self, text: str) -> str:
        return UNSEARCHED.sub(r"\1 data-search-exclude>", text)
