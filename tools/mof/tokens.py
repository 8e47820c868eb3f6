"""MOF text as words: identifiers, numbers, strings, marks."""

import re
from typing import NamedTuple

from mof.model import MofError, Place

IDENTIFIER, NUMBER, TEXT, MARK, END = "a name", "a number", "a text in quotes", "a mark", "the end of the file"
BLANK = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)+", re.S)
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DIGITS = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+)(?![A-Za-z0-9_.])")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
CODE = re.compile(r"[xX]([0-9A-Fa-f]{1,4})")


class Token(NamedTuple):
    kind: str
    value: object
    place: Place

    def __str__(self):
        if self.kind in (TEXT, END):
            return self.kind
        return f'"{self.value}"'


class Tokens:
    """The words of one file, in their order."""

    def __init__(self, text, file):
        self.text, self.file, self.at = text, file, 0

    def place(self, at):
        begin = self.text.rfind("\n", 0, at) + 1
        return Place(self.file, self.text.count("\n", 0, at) + 1, at - begin + 1)

    def wrong(self, at, what):
        raise MofError(self.place(at), what)

    def skip_blanks(self):
        found = BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        if self.text.startswith("/*", self.at):
            self.wrong(self.at, "this comment does not end; close it with */")

    def string(self):
        """One string, its quotes included; strings that follow one another are one text."""
        begin = self.at
        self.at += 1
        parts = []
        while True:
            one = self.text[self.at:self.at + 1]
            if one in ("", "\n"):
                self.wrong(begin, "this text does not end on its line; close it with \"")
            self.at += 1
            if one == '"':
                return "".join(parts)
            parts.append(self.escape() if one == "\\" else one)

    def escape(self):
        code = CODE.match(self.text, self.at)
        letter = self.text[self.at:self.at + 1]
        if code:
            if int(code[1], 16) == 0:
                self.wrong(self.at - 1, "the character 0 ends a text; leave it out")
            self.at = code.end()
            return chr(int(code[1], 16))
        if letter not in ESCAPES or letter == "":
            self.wrong(self.at - 1, f"there is no escape \\{letter}; write \\\\ for a backslash itself")
        self.at += 1
        return ESCAPES[letter]

    def next(self):
        self.skip_blanks()
        at = self.at
        if at == len(self.text):
            return Token(END, None, self.place(at))
        if self.text[at] == '"':
            parts = [self.string()]
            self.skip_blanks()
            while self.text.startswith('"', self.at):
                parts.append(self.string())
                self.skip_blanks()
            return Token(TEXT, "".join(parts), self.place(at))
        for kind, pattern in ((IDENTIFIER, WORD), (NUMBER, DIGITS)):
            found = pattern.match(self.text, at)
            if found:
                self.at = found.end()
                value = found[0]
                if kind == NUMBER:
                    base = 16 if "x" in value.lower() else 10
                    value = int(value, base)
                return Token(kind, value, self.place(at))
        if self.text[at] in "[](){},;:=#":
            self.at += 1
            return Token(MARK, self.text[at], self.place(at))
        found = re.match(r"[^\s\[\](){},;:=#\"]+", self.text[at:])
        return self.wrong(at, f'"{found[0][:20]}" is no word of MOF; numbers are whole ones, names are of letters, '
                              "digits and _")


class Words:
    """What a parser asks of the words: the next one, whether it is what must stand there."""

    def __init__(self):
        self.tokens = self.token = None

    def advance(self):
        token, self.token = self.token, self.tokens.next()
        return token

    def wrong(self, what, token=None):
        raise MofError((token or self.token).place, what)

    def is_mark(self, mark):
        return self.token.kind == MARK and self.token.value == mark

    def take(self, kind, what):
        if self.token.kind != kind:
            self.wrong(f"{self.token} stands here; give {what}")
        return self.advance()

    def mark(self, mark, after):
        if not self.is_mark(mark):
            self.wrong(f"{self.token} stands here; give {mark} after {after}")
        return self.advance()

    def list_of(self, item, end, what):
        """Items with commas between them, up to `end`, which is taken."""
        items = [item()]
        while not self.is_mark(end):
            self.mark(",", f"{what}, or {end} after the last")
            items.append(item())
        self.advance()
        return items
