#!/usr/bin/env python3
# Part of Raftlab, under the MIT License (see LICENSE).
"""check_results.py FILE CONDITION: is FILE what Gradescope accepts as results.json, and is it so?

CONDITION is Python over the names score, output and tests. Exit code 1, and the reason, if not.
"""

import json
import sys

NUMBER = (int, float)
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
TOP = {
    "score": NUMBER, "execution_time": NUMBER, "output": str, "output_format": FORMATS,
    "test_output_format": FORMATS, "test_name_format": FORMATS, "visibility": VISIBILITIES,
    "stdout_visibility": VISIBILITIES, "extra_data": dict, "tests": list, "leaderboard": list,
}
TEST = {
    "score": NUMBER, "max_score": NUMBER, "status": {"passed", "failed"}, "name": str,
    "name_format": FORMATS, "number": str, "output": str, "output_format": FORMATS, "tags": list,
    "visibility": VISIBILITIES, "extra_data": dict,
}


def check_fields(value, fields, where):
    for name, field in value.items():
        wanted = fields.get(name)
        assert wanted is not None, f"{where} has a field that Gradescope does not know: {name}"
        if isinstance(wanted, set):
            assert field in wanted, f"{where}.{name} is {field!r}"
        else:
            assert isinstance(field, wanted) and not isinstance(field, bool), f"{where}.{name} is {field!r}"


def check(results):
    check_fields(results, TOP, "results")
    # Neither students' eyes nor the platform's rule of a score may be left to a default.
    for name in ("score", "output", "visibility", "stdout_visibility"):
        assert name in results, f"results has no {name}"
    assert results["stdout_visibility"] == "hidden", "students can see what is for instructors"
    tests = results.get("tests", [])
    for number, test in enumerate(tests):
        where = f"tests[{number}]"
        check_fields(test, TEST, where)
        for name in ("name", "score", "max_score", "status", "visibility"):
            assert name in test, f"{where} has no {name}"
        assert 0 <= test["score"] <= test["max_score"], f"{where} has {test['score']} of {test['max_score']}"
        assert all(isinstance(tag, str) for tag in test["tags"]), f"{where} has a tag that is no text"
    if tests:
        points = sum(test["score"] for test in tests)
        assert abs(points - results["score"]) < 1e-6, f"the tests' points sum to {points}, not {results['score']}"


def main():
    path, condition = sys.argv[1:]
    with open(path, "rb") as file:
        text = file.read()
    try:
        results = json.loads(text)
        check(results)
        names = {"score": results["score"], "output": results["output"], "tests": results.get("tests", [])}
        assert eval(condition, names), f"not so: {condition}"
    except (AssertionError, ValueError, AttributeError) as error:
        print(f"{path}: {error}\n{text.decode(errors='replace')[:3000]}")
        sys.exit(1)


main()
