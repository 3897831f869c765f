"""Code names: what a block of code uses and does not itself define, for any language, without running a parser.

A snippet in an answer is no program: it is short, often incomplete, in whatever language the repository speaks.
So names are found by shape. What the block assigns, declares or takes as a parameter is its own; keywords,
built-ins and what Python's standard library has are nobody's; all else must exist somewhere.
"""

import asyncio
import builtins
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime as dt
import enum
import functools
import inspect
import itertools
import json
import keyword
import logging
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import typing
import unittest.mock
import uuid
import warnings
from collections.abc import Iterator, Sequence

FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}+|~{3,}+)[ \t]*(?P<language>[\w+#-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
SPAN = re.compile(r"(?<!`)(`{1,8}+)(?!`)(.{1,400}?)(?<!`)\1(?!`)", re.DOTALL)
"""Code within a line of Markdown; its second group is the code."""

_PROGRAMS = frozenset(
    """
    c c++ cpp cs csharp go golang java javascript js jsx kotlin kt php py python python3 rb ruby rs rust scala swift
    ts tsx typescript
    """.split()  # noqa: SIM905
)
"""Languages in which `name = value` declares; in a configuration it names a key that must exist."""
_NOBODYS = frozenset(
    """
    abstract any arguments bool boolean break case catch char const constructor def default defer delete do done double
    echo elif else end enum esac exit export extends extern fi final finally float fn for fun func function get if impl
    implements import in instanceof int interface let local long match module mut namespace new nil null number object
    of package private protected pub public require return self set short static string struct super switch template
    test then this throw throws trait true try type typeof undefined unset use using val var void when where while
    with yield async await console.log Object Array String Number Promise JSON Math Map Set Error cd ls cat mkdir rm cp
    mv sudo
    """.split()  # noqa: SIM905
).union(keyword.kwlist, keyword.softkwlist, dir(builtins))
_STANDARD = {
    module.__name__: module
    for module in (
        *(asyncio, collections, contextlib, copy, csv, dataclasses, dt, enum, functools, inspect, itertools),
        *(json, logging, math, os, pathlib, random, re, shutil, subprocess, sys, tempfile, threading, time),
        *(traceback, typing, unittest, uuid, warnings),
    )
}
"""The modules whose members we look up; of others each member must stand in a source. Nothing is imported on a model's
word.
"""

_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_COMMENT = re.compile(r"(?:(?<=\s)|^)(?:#(?!include|define)|//|--\s).*", re.MULTILINE)
_IMPORTED = re.compile(
    r"^\s*from\s+([\w.]+)\s+import\s+\(?\s*([\w.*]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)", re.MULTILINE
)
_RENAMED = re.compile(r"\bas\s+(\w+)")
_DECLARED = re.compile(
    r"\b(?:def|class|function|fn|func|fun|let|const|var|val|mut|struct|interface|enum|type)\s+(\w+)", re.ASCII
)
_PARAMETERS = re.compile(
    r"(?:\b(?:def|function|fn|func|fun)\b[^(\n]*\(([^)]*)\)|\blambda\b([^:\n]*):|\(([^()]*)\)\s*=>|(\b\w+)\s*=>)"
)
_ASSIGNED = re.compile(
    r"^\s*(?:(?:let|const|var|val|mut|auto)\s+)*([A-Za-z_]\w*(?:\s*,\s*\w+)*)\s*(?::[^=\n]{1,60})?\s:?=(?!=)",
    re.MULTILINE,
)
_LOOPED = re.compile(r"\bfor\s+\(?\s*(?:const\s+|let\s+|var\s+)?([\w, ]+?)\s+(?:in|of)\b|\bas\s+(\w+)\s*:")
_NAME = re.compile(
    r"(?<![\w-])--?[A-Za-z][\w-]*|<[^<>\n]*>"
    r"|(?:(?<=\$)\{?)?[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w*)*(?:-[A-Za-z]\w*)*|\d[\w.]{2,}",
    re.ASCII,
)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SEPARATOR = re.compile(r"\.|::|->")


def names_used(code: str, language: str) -> tuple[list[str], str]:
    """Names that must exist elsewhere, in order; and the block's own prose: its comments and strings."""
    strings = [match[0][1:-1] for match in _STRING.finditer(code)]
    keys = [match[0][1:-1] for match in _STRING.finditer(code) if code[match.end() : match.end() + 1] in (":", "]")]
    bare = _STRING.sub(" ", code)
    comments = [match[0].lstrip("#/- ") for match in _COMMENT.finditer(bare)]
    bare = _COMMENT.sub("", bare)
    imports = list(imported(bare))
    own = _own(bare) if language.lower() in _PROGRAMS else frozenset[str]()
    used = [name for match in _NAME.finditer(_IMPORTED.sub("", bare)) for name in _foreign(match[0].lstrip("{"), own)]
    return list(dict.fromkeys([*imports, *keys, *used])), "\n".join([*comments, *strings])


def imported(code: str) -> Iterator[str]:
    """`from a.b import c` as `a.b.c`: the right name of the wrong module does not exist."""
    for module, names in _IMPORTED.findall(code):
        if module.split(".")[0] not in sys.stdlib_module_names:
            for name in names.split(","):
                yield f"{module}.{name.split()[0]}".removesuffix(".*")


def _own(code: str) -> frozenset[str]:
    groups = list(_DECLARED.findall(code))
    groups += [part for match in _PARAMETERS.findall(code) for part in match]
    groups += _ASSIGNED.findall(code)
    groups += [part for match in _LOOPED.findall(code) for part in match]
    groups += _RENAMED.findall(code)
    groups += [names for _, names in _IMPORTED.findall(code)]
    return frozenset(word for group in groups for word in _WORD.findall(group) if not word.isupper())


def _foreign(name: str, own: frozenset[str]) -> Iterator[str]:
    """The name, unless it is the block's own or nobody's; of a member of such a thing, the member."""
    if name.startswith("<") or name in _NOBODYS or name in own:
        return
    root, *members = _SEPARATOR.split(name)
    if root in sys.stdlib_module_names and root not in own and _is_standard(root, members):
        return
    if members and (root in own or root in _NOBODYS):
        yield from members
    else:
        yield name


def _is_standard(root: str, members: Sequence[str]) -> bool:
    """Whether a module of the standard library has this member."""
    found: object = _STANDARD.get(root)
    for member in members:
        found = getattr(found, member, None)
    return not members or found is not None
