# Part of Raftlab, under the MIT License (see LICENSE).
"""Made-up submissions: the reference, the skeleton, and both with named changes.

A change is a replacement of a text that occurs exactly once; one that no longer fits is an error, so
that no made-up submission silently becomes the reference.
"""

import os
import re
import shutil
import subprocess
import sys

EDITABLE = ("raft/raft.h", "raft/raft.cc", "raft/messages.h")


class Misfit(Exception):
    """A change does not fit the reference any more."""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def reference(tree):
    """The reference's files, {path: text}, in the form in which a student would have them."""
    return {path: solved(read(os.path.join(tree, path))) for path in EDITABLE}


def skeleton(tree):
    """The files that students begin with."""
    return {path: solved(read(os.path.join(tree, path)), solution=False) for path in EDITABLE}


def solved(text, solution=True):
    """Keeps one side of each `#if LAB_SOLUTION`."""
    lines, keep = [], [True]
    for line in text.splitlines(keepends=True):
        word = line.strip()
        if word == "#if LAB_SOLUTION":
            keep.append(solution)
        elif len(keep) > 1 and word == "#else":
            keep[-1] = not keep[-1]
        elif len(keep) > 1 and word == "#endif":
            keep.pop()
        elif all(keep):
            lines.append(line)
    return "".join(lines)


def replace(files, path, old, new, name):
    count = files[path].count(old)
    if count != 1:
        raise Misfit(f"{name}: its text occurs {count} times in {path}, not once:\n{old}")
    files[path] = files[path].replace(old, new)


def read_changes(path):
    """{name: [(file, old, new), ...]} of a file like changes.txt, which says how it is written."""
    changes, name = {}, None
    text = read(path)
    pattern = re.compile(
        r"^== (?P<name>\w+)$|^<<<< (?P<file>\S+)\n(?P<old>.*?)^====\n(?P<new>.*?)^>>>>$",
        re.MULTILINE | re.DOTALL)
    for match in pattern.finditer(text):
        if match["name"]:
            name = match["name"]
            if name in changes:
                raise Misfit(f"{path} has {name} twice")
            changes[name] = []
        else:
            changes[name].append((match["file"], match["old"], match["new"]))
    return changes


def changed(files, names, changes):
    files = dict(files)
    for name in names:
        for path, old, new in changes[name]:
            replace(files, path, old, new, name)
    return files


def write(files, folder):
    for path, text in files.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)


def run(command, cwd):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def pack(files, how, out, name):
    """Puts the files under out/NAME as `how` says."""
    target = os.path.join(out, name)
    if how == "folder":
        write(files, target)
        return
    if how == "flat":
        write({os.path.basename(path): text for path, text in files.items()}, target)
        return
    work = target + ".work"
    write(files, os.path.join(work, name))
    inner = os.path.join(work, name)
    if how == "tar.gz":
        run(["tar", "czf", f"{target}.tar.gz", name], work)
    elif how == "tar":
        run(["tar", "cf", f"{target}.tar", "-C", name, "."], work)
    elif how == "zip":
        run([sys.executable, "-c", "import shutil,sys; shutil.make_archive(*sys.argv[1:])", target, "zip",
             work, name], work)
    elif how in ("git", "bundle"):
        git = ["git", "-c", "user.name=a student", "-c", "user.email=student@example.org"]
        run(git + ["init", "-q", "-b", "main"], inner)
        run(git + ["add", "."], inner)
        run(git + ["commit", "-q", "-m", "my Raft"], inner)
        if how == "bundle":
            run(git + ["bundle", "create", "-q", f"{target}.bundle", "main"], inner)
        else:
            shutil.move(inner, target)
    else:
        raise Misfit(f"{name}: there is no packaging {how}")
    shutil.rmtree(work)
