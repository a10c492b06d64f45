#!/usr/bin/env python3
# Part of Raftlab, under the MIT License (see LICENSE).
"""Makes the hostile submissions of attacks.csv, grades them, and checks what came of it.

  attacks.py RAFTLAB TREE WORK [NAME...]

RAFTLAB is the tool's program, TREE the sources, WORK a new folder that everybody may enter.

attacks.csv: `made_of` is the submission below the attack: "skeleton" and "reference" are the tree's with
kit.inc and attack.inc in raft.cc, where the macros ATTACK_... hook in; with "make", the attack's own program
makes it. Other files of the attack's folder go along. `points` is what it gets, in percent of the stage, or
the most with "<=" in front. One of the words of `must_say`, between "|", occurs in what the grade says in
words; `never_says` occurs nowhere in the reports.
"""

import csv
import ctypes
import json
import os
import secrets
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "class"))
import made_up  # noqa: E402

# What an attack prints where it has got through.
SIGNS = ("SECRET-FOUND",)
PR_SET_CHILD_SUBREAPER = 36


class Place:
    def __init__(self, work, tree):
        self.submissions = os.path.join(work, "submissions")
        self.secret = os.path.join(work, "secret", "hidden_test.cc")
        self.witness = os.path.join(work, "witness")
        self.mark = "mark" + secrets.token_hex(8)
        self.word = "RAFTLAB-" + "SECRET-" + secrets.token_hex(8)
        self.tree = tree
        for folder in (self.submissions, os.path.dirname(self.secret)):
            os.makedirs(folder, exist_ok=True)
        # Nothing but the sandbox keeps anybody from reading the one and writing the other.
        made_up.write({"hidden_test.cc": f"// {self.word}\nint {self.word.replace('-', '_')};\n"},
                      os.path.dirname(self.secret))
        made_up.write({"witness": ""}, work)
        os.chmod(self.secret, 0o644)
        os.chmod(self.witness, 0o666)

    def fill(self, text):
        for name, value in (("@SECRET@", self.secret), ("@WITNESS@", self.witness), ("@TREE@", self.tree),
                            ("@MARK@", self.mark)):
            text = text.replace(name, value)
        return text


def with_attack(files, attack, name):
    """The files with the attack in raft.cc, and hooks for it."""
    files = dict(files)

    def hook(old, new):
        made_up.replace(files, "raft/raft.cc", old, new, name)

    hook("\nnamespace raft {\n", f"\n{attack}\nnamespace raft {{\n")
    if "ATTACK_BOOT(" in attack:
        end = '  sim::Go("applier", [this] { ApplyCommitted(); });\n'
        hook(end, end + "  ATTACK_BOOT(me_);\n")
    if "ATTACK_GET_STATE" in attack:
        begin = "Raft::State Raft::GetState() {\n"
        hook(begin, begin + "  if (me_ >= 0) return ATTACK_GET_STATE(me_);\n")
    if "ATTACK_PERSIST" in attack:
        hook("  persister_->Save(labgob::Encode(persistent_));\n", "  ATTACK_PERSIST(me_, persistent_);\n")
        hook("labgob::Decode<PersistentState>(persister_->booted_state());",
             "labgob::Decode<PersistentState>(booted);")
        hook("  if (persister_->booted_state().empty()) return;",
             "  const std::string booted = ATTACK_BOOTED_STATE(me_);\n  if (booted.empty()) return;")
    return files


def make(row, place):
    name = row["name"]
    folder = os.path.join(HERE, name)
    target = os.path.join(place.submissions, name)
    if row["made_of"] == "make":
        subprocess.run([os.path.join(folder, "make"), place.submissions, name, place.secret, place.witness],
                       check=True)
        return
    files = {"skeleton": made_up.skeleton, "reference": made_up.reference}[row["made_of"]](place.tree)
    attack = os.path.join(folder, "attack.inc")
    if os.path.exists(attack):
        text = made_up.read(os.path.join(HERE, "kit.inc")) + made_up.read(attack)
        files = with_attack(files, place.fill(text), name)
    made_up.write(files, target)
    for path, _, names in os.walk(folder):
        for extra in names:
            source = os.path.join(path, extra)
            if source == attack:
                continue
            inside = os.path.relpath(source, folder)
            made_up.write({inside: place.fill(made_up.read(source))}, target)
            shutil.copymode(source, os.path.join(target, inside))


def grade(raftlab, tree, place, stage, rows, out):
    """Grades the submissions of one stage, and looks at who is left."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans become ours
    paths = sorted(os.path.join(place.submissions, name) for name in os.listdir(place.submissions))
    command = [raftlab, "grade", *paths, "--stages", stage, "--seeds", "1", "--out", out]
    done = subprocess.run(command, cwd=tree, check=False)
    if done.returncode not in (0, 1):
        return [f"the grading ended with exit code {done.returncode}"]
    left = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return left
        if pid == 0:
            return ["processes were left behind when the grading was over"]


def words_of(grade_json):
    """All that the grade says in words."""
    words = [finding["text"] for finding in grade_json["findings"]] + [grade_json["build"]["output"]]
    for test in grade_json["results"]["tests"]:
        for run in test["runs"]:
            words += [run["verdict"], run["message"], run["report"], *run["warnings"]]
    return "\n".join(word if isinstance(word, str) else json.dumps(word) for word in words)


def verdicts_of(grade_json):
    return ", ".join(f"{test['test']['test'].split('.')[1]}: "
                     + " ".join(run["verdict"] for run in test["runs"])
                     for test in grade_json["results"]["tests"])


def check(row, folder):
    """(what is wrong, one line on what came of it)."""
    wrong = []
    with open(os.path.join(folder, "grade.json"), encoding="utf-8") as file:
        result = json.load(file)
    stages = result["sheet"]["stages"]
    if len(stages) != 1 or stages[0]["possible"] != 100:
        wrong.append("not every test counts: " + json.dumps(stages)[:300])
    points = sum(stage["points"] for stage in stages)
    limit = row["points"]
    if points > float(limit.removeprefix("<=")) or ("<=" not in limit and points != float(limit)):
        wrong.append(f"it got {points:g} points, not {limit}")
    words = words_of(result)
    if row["must_say"] and not any(word in words for word in row["must_say"].split("|")):
        wrong.append(f"nothing says {row['must_say']}:\n{words[:600]}")
    if row["made_of"] != "reference" and not words.strip():
        wrong.append("it is not reported in words")
    if row["never_says"] and row["never_says"] in words:
        wrong.append(f"the report says {row['never_says']}")
    if "framework-fault" in verdicts_of(result):
        wrong.append("a run looks like a fault of ours: " + words[:600])
    errors = [finding["text"] for finding in result["findings"] if finding["severity"] == "error"]
    return wrong, f"{points:g}  {errors[0] if errors else verdicts_of(result)}"


def hidden_lines(tree):
    """Lines of a test that nobody else has."""
    lines = [line.strip() for line in made_up.read(os.path.join(tree, "tests/raft_2a_test.cc")).splitlines()]
    return sorted(lines, key=len)[-3:]


def check_reports(out, place, lines):
    wrong = []
    for path, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                text = file.read()
            where = os.path.relpath(os.path.join(path, name), out)
            for word in (place.word, *SIGNS, *lines):
                if word.encode() in text:
                    wrong.append(f"{where} has {word}")
            if name.endswith((".html", ".csv")) and f"<script>alert('{place.mark}".encode() in text:
                wrong.append(f"{where} has a script of a student's")
            if b"\x1b" in text:
                wrong.append(f"{where} has a terminal's escape")
            if len(text) > 20 << 20:
                wrong.append(f"{where} has {len(text)} bytes")
    if os.path.getsize(place.witness) > 0:
        wrong.append("the witness was written: " + made_up.read(place.witness)[:300])
    return wrong


def main():
    raftlab, tree, work = (os.path.abspath(path) for path in sys.argv[1:4])
    wanted = sys.argv[4:]
    with open(os.path.join(HERE, "attacks.csv"), encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not wanted or row["name"] in wanted]
    folders = sorted(entry.name for entry in os.scandir(HERE) if entry.is_dir() and entry.name[0] != "_")
    known = {row["name"] for row in rows} - {"reference"}
    wrong = [] if wanted or known == set(folders) else [f"attacks.csv and the folders differ: {known ^ set(folders)}"]
    lines = []
    for stage in sorted({row["stage"] for row in rows}):
        of_stage = [row for row in rows if row["stage"] == stage]
        place = Place(os.path.join(work, stage), tree)
        for row in of_stage:
            make(row, place)
        out = os.path.join(work, stage, "grades")
        wrong += grade(raftlab, tree, place, stage, of_stage, out)
        names = sorted(os.listdir(os.path.join(out, "submissions")))
        for row in of_stage:
            name = row["name"]
            if name not in names:  # the only one whose name is changed
                name = next(iter(set(names) - {row["name"] for row in of_stage}), name)
            found, line = check(row, os.path.join(out, "submissions", name))
            wrong += [f"{name}: {problem}" for problem in found]
            lines.append(f"{name:22} {line}")
        wrong += check_reports(out, place, hidden_lines(tree))
    print("\n".join(lines))
    if wrong:
        print(f"\n{len(wrong)} expectations failed:\n  " + "\n  ".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
