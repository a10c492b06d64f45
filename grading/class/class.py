#!/usr/bin/env python3
# Part of Raftlab, under the MIT License (see LICENSE).
"""The made-up class of class.csv.

  class.py make TREE FOLDER [NAME...]      its submissions, from the tree's reference and skeleton
  class.py check GRADES SEEDS [NAME...]    are the verdicts as expected?
  class.py compare GRADES GRADES           are two folders of grades the same, apart from times?

class.csv: `packing` is how the files were sent, `changes` names what differs from the reference
(changes.txt). For each stage, "full" is all points, "zero" none, "less" not all of them, "any" says nothing:
a bug that only some seeds show.
"""

import csv
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import made_up  # noqa: E402

STAGES = ("2A", "2B", "2C", "2D")
# What differs between two runs of the same.
TIMES = {"cpu_seconds", "real_seconds", "cpu_ms", "real_ms", "peak_kb", "source"}


def rows_of(wanted):
    with open(os.path.join(HERE, "class.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {row["name"] for row in rows}
    if not names.issuperset(wanted):
        raise made_up.Misfit(f"class.csv has no {', '.join(set(wanted) - names)}")
    return [row for row in rows if not wanted or row["name"] in wanted]


def make_without_files(how, out, name):
    """What has no Raft in it."""
    target = os.path.join(out, name)
    if how == "empty-archive":
        os.makedirs(target + ".work")
        made_up.run(["tar", "czf", f"{target}.tar.gz", "-T", "/dev/null"], target + ".work")
        os.rmdir(target + ".work")
    elif how == "no-bytes":
        made_up.write({f"{name}.zip": ""}, out)
    elif how == "empty-folder":
        os.makedirs(target)
    elif how == "letter":
        made_up.write({f"{name}.tar.gz": "Please find my solution attached.\n"}, out)
    else:
        return False
    return True


def make(tree, out, wanted):
    changes = made_up.read_changes(os.path.join(HERE, "changes.txt"))
    used = {name for row in rows_of([]) for name in row["changes"].split()}
    if used != set(changes):
        raise made_up.Misfit(f"class.csv and changes.txt differ: {used ^ set(changes)}")
    os.makedirs(out, exist_ok=True)
    for row in rows_of(wanted):
        how, name = row["packing"], row["name"]
        if make_without_files(how, out, name):
            continue
        base = made_up.skeleton if row["kind"] == "skeleton" else made_up.reference
        files = made_up.changed(base(tree), row["changes"].split(), changes)
        if how == "wrong-names":
            files = {path.replace("raft.", "my_raft."): text for path, text in files.items()}
            how = "folder"
        made_up.pack(files, how, out, name)


def grade_of(grades, name):
    with open(os.path.join(grades, "submissions", name, "grade.json"), encoding="utf-8") as file:
        return json.load(file)


def names_in(grades):
    return sorted(os.listdir(os.path.join(grades, "submissions")))


def share(stage):
    return stage["points"] / stage["possible"] if stage["possible"] else None


FITS = {
    "full": lambda got: got == 1,
    "less": lambda got: got is not None and got < 1,
    "none": lambda got: got == 0,
    "any": lambda got: got is not None,
}


def check(grades, seeds, wanted):
    wrong = []
    for row in rows_of(wanted):
        grade = grade_of(grades, row["name"])
        got = {stage["stage"]["name"]: share(stage) for stage in grade["sheet"]["stages"]}
        line = f"{row['name']:24} {row['kind']:10}"
        for stage in got:
            line += "      -" if got[stage] is None else f"{100 * got[stage]:7.1f}"
            if not FITS[row[stage]](got[stage]):
                line += "!"
                failed = [f"{test['test']['test']} seed {run['seed']} {run['verdict']}: {run['message'][:200]}"
                          for test in grade["results"]["tests"] for run in test["runs"]
                          if run["verdict"] != "pass"]
                wrong.append(f"{row['name']}: {stage} is to be {row[stage]}, but got {got[stage]}: "
                             + "; ".join(failed[:3]))
        print(line)
        if grade["build"]["ok"] != (row["kind"] not in ("build", "files")):
            wrong.append(f"{row['name']}: the build is not as expected: " + grade["build"]["output"][:500])
        for test in grade["results"]["tests"]:
            for run in test["runs"]:
                if run["verdict"] in ("framework-fault", "nondeterministic"):
                    wrong.append(f"{row['name']}: {test['test']['test']} seed {run['seed']}: {run['verdict']}: "
                                 + run["message"][:300])
            passed = any(run["verdict"] == "pass" for run in test["runs"])  # else it is not run further
            if grade["build"]["ok"] and passed and len(test["runs"]) < int(seeds):
                wrong.append(f"{row['name']}: {test['test']['test']} has {len(test['runs'])} runs")
    print(f"{len(wrong)} expectations failed" + "".join("\n  " + line for line in wrong))
    return 1 if wrong else 0


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(part) for key, part in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(part) for part in value]
    return value


def compare(one, other):
    wrong = []
    if names_in(one) != names_in(other):
        wrong.append(f"the submissions differ: {set(names_in(one)) ^ set(names_in(other))}")
    for name in sorted(set(names_in(one)) & set(names_in(other))):
        first, second = without_times(grade_of(one, name)), without_times(grade_of(other, name))
        wrong += [f"{name}: {key} differs" for key in first.keys() | second.keys()
                  if first.get(key) != second.get(key)]
    for name in ("grades.csv", "canvas.csv", "moodle.csv"):
        if made_up.read(os.path.join(one, name)) != made_up.read(os.path.join(other, name)):
            wrong.append(f"{name} differs")
    print(f"{len(wrong)} differences" + "".join("\n  " + line for line in wrong))
    return 1 if wrong else 0


def main(words):
    if words[0] == "make":
        return make(words[1], words[2], words[3:])
    if words[0] == "check":
        return check(words[1], words[2], words[3:])
    if words[0] == "compare":
        return compare(words[1], words[2])
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["help"]))
