#!/usr/bin/env python3
"""Turns recorded conformance cases into .case files (their format: tests/README.md).

    import.py --cases CASES.jsonl[.gz] --expected EXPECTED.jsonl[.gz] --to FOLDER [--pack TEMPLATE] [--riddhi PROGRAM]
              [--only PART] [--each-group N] [--skip REGEX] [--says]

--cases, --expected  JSON lines: the cases, and what Siddhi answered to them.
--to          where the files go: one NAME.case a case ...
--pack        ... or one gzipped file for all cases of a group: `core-{group}.cases.gz`; or one a case: `{name}.case.gz`.
--riddhi      leaves out the apps for which `PROGRAM check` exits with 3: those need what Riddhi does not have yet.
--skip        leaves out the apps in which the expression occurs.
--only        takes only the cases whose name has this part.
--each-group  takes so many of each group, spread evenly.
--says        takes over the sentence of a case as its description; else the name serves.

Cases that show a defect of Siddhi, that need a wall clock, object values, or in which Siddhi failed internally are left
out. The clock is live: where the recorder added `@app:playback` and a clock stream, both go, and the events of that stream
become ticks.
"""
import argparse
import collections
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

CLOCK = "RiddhiClock"
CLOCK_DEFINITION = re.compile(r"define stream %s \(t long\);[ \n]?" % CLOCK)
PLAYBACK = re.compile(r"@app:playback ?")
INTERNAL = re.compile(r"NullPointer|ClassCast|ConcurrentModification|OutOfBounds|because \"|NoSuchElement|StackOverflow|IllegalState")
SPECIAL = ("NaN", "Infinity", "-Infinity")


def read(path):
    with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as f:
        return [json.loads(line) for line in f if line.strip()]


def unfit(case, answer):
    """Why a case cannot be compared, or None."""
    if answer is None or answer.get("error") in ("timeout", "oracle"):
        return "no answer"
    if case["kind"] == "parse":
        return "parser only"
    if case.get("mend"):
        return "a mended defect"
    if "illtyped" in answer.get("flags", []) or "object" in answer.get("flags", []):
        return "odd values"
    if case.get("playback") == "own" and re.search(r"idle\.time", case["app"]):
        return "a wall clock"
    if any(INTERNAL.search(e) for e in answer.get("errors", [])):
        return "an internal error of Siddhi"
    if answer.get("error") == "ExtensionNotFoundException" and case["class"].startswith("extension."):
        return "an extension that the recorder lacks"
    return None


def app_text(case, app):
    if case.get("playback") == "added":
        app = PLAYBACK.sub("", app, count=1)
        rest = CLOCK_DEFINITION.sub("", app, count=1)
        app = app if CLOCK in rest else rest
    return app


def value(v):
    if v is None:
        return "null"
    kind, x = v
    if kind == "object":
        return "*"
    if kind in ("float", "double"):
        x = str(x)
        return x if x in SPECIAL or re.search(r"[.eE]", x) else x + ".0"
    if kind in ("int", "long"):
        return str(x)
    return json.dumps(x, ensure_ascii=False)


def values(vals):
    return ", ".join(value(v) for v in vals)


class Input:
    """The steps of a case as input lines; the clock moves as the recorder's did."""

    def __init__(self, case):
        self.case, self.zero = case, case.get("start", 1_600_000_000_000)
        self.clock, self.lines, self.ticks, self.apps = self.zero, [], [], []
        self.has_clock = CLOCK in case["app"]

    def flush(self):
        """Ticks at equal distances become one line."""
        while self.ticks:
            n, step = 1, self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 0
            while n < len(self.ticks) and self.ticks[n] - self.ticks[n - 1] == step:
                n += 1
            if step == 0:
                n = 1
            if n > 2:
                self.lines.append("@%d..%d/%d" % (self.ticks[0], self.ticks[n - 1], step))
            else:
                n = 1
                self.lines.append("@%d" % self.ticks[0])
            del self.ticks[:n]

    def add(self, line):
        self.flush()
        self.lines.append(line)

    def tick(self, t):
        self.clock = max(self.clock, t)
        if self.has_clock:
            self.ticks.append(self.clock - self.zero)

    def sleep(self, ms):
        end, step = self.clock + ms, (ms + 199) // 200 if ms > 20000 else 100
        while self.clock < end:
            self.tick(min(end, self.clock + step))
            if not self.has_clock:
                self.clock = min(end, self.clock + step)

    def at(self, ts):
        return "@-" if ts is None else "@%d" % (ts - self.zero)

    def see(self, ts):
        if ts is not None and self.has_clock:
            self.clock = max(self.clock, ts)

    def run(self):
        begun = False
        for step in self.case["steps"]:
            op = step[0]
            if not begun and op not in ("restore", "restoresnapshot"):
                self.tick(self.clock)
                begun = True
            if op == "send":
                self.see(step[2])
                self.add("%s%s %s" % (step[1], self.at(step[2]), values(step[3])))
            elif op == "sendbatch":
                if step[2]:
                    self.see(step[2][-1][0])
                    self.add(step[1] + "; ".join("%s %s" % (self.at(t), values(v)) for t, v in step[2]))
            elif op in ("sleep", "advance"):
                self.sleep(step[1])
            elif op == "query":
                self.add("? " + " ".join(step[1].split()))
            elif op == "persist":
                self.sleep(1)
                self.add("!persist")
            elif op == "restart":
                if len(step) > 1 and step[1] is not None:
                    self.apps.append(app_text(self.case, step[1]))
                    self.has_clock = CLOCK in step[1]
                    self.add("!restart %d" % (len(self.apps) + 1))
                else:
                    self.add("!restart")
                self.tick(self.clock)
            elif op == "restorerev":
                self.add("!restorerev %d" % step[1])
            else:
                self.add("!" + op)
        if not begun:
            self.tick(self.clock)
        self.flush()
        return self.lines


def case_text(case, answer, says):
    out = []
    name = case["name"]
    words = re.sub(r"^(spec|fuzz)\.[\d.]*", "", name).replace("-", " ").strip()
    out.append("# " + (case.get("says") if says and case.get("says") else words))
    out.append("name: " + name)
    given = Input(case)
    lines = given.run()
    out.append("%s: %d" % ("start" if case.get("playback") == "added" else "zero", given.zero))
    body = []
    for n, text in enumerate([app_text(case, case["app"])] + given.apps, 1):
        body.append("app:" if n == 1 else "app %d:" % n)
        body += [("  " + line if line else "") for line in text.rstrip("\n").split("\n")]
    if "out" not in answer:
        return "\n".join(out + body + ["rejected: " + answer["error"]]) + "\n"
    odd = answer.get("nondet", {})
    rows = collections.OrderedDict((t, []) for t in answer.get("defs", {}) if t.split(":")[0] in ("stream", "query"))
    for _, target, kind, ts, vals, *_ in answer["out"]:
        rows.setdefault(target, []).append(
            "%s %s%s" % (given.at(ts), "expired " if kind == "expired" else "", values(vals)))
    for target in list(rows):
        if target == "stream:" + CLOCK:
            del rows[target]
            continue
        how = odd.get(target, odd.get("*")) or ("order" if "async" in answer.get("flags", []) else None)
        if how:
            out.append("%s: %s" % ("ignored" if how == "values" else "unordered", target.replace(":", " ")))
    asked = [step[1] for step in case["steps"] if step[0] == "query"]
    for query in answer.get("queries", []):
        if "error" in query:
            rows["failed %d" % query["n"]] = ["@- *"]
            continue
        target = "result %d" % query["n"]
        rows[target] = ["@- " + values(row[1]) for row in query["rows"]]
        if rows[target] and not re.search(r"order\s+by", asked[query["n"]], re.I):
            out.append("unordered: " + target)
    body.append("input:")
    body += ["  " + line for line in lines]
    for target, lines in rows.items():
        body.append(target.replace(":", " ") + ":")
        body += ["  " + line for line in lines]
    return "\n".join(out + body) + "\n"


def supported(riddhi, case):
    with tempfile.NamedTemporaryFile("w", suffix=".siddhi", encoding="utf-8") as f:
        f.write(app_text(case, case["app"]))
        f.flush()
        p = subprocess.run([riddhi, "check", f.name], capture_output=True)
        return p.returncode != 3


def spread(cases, n):
    return [cases[i * len(cases) // n] for i in range(n)] if len(cases) > n else cases


def write(path, text):
    if path.endswith(".gz"):
        data = gzip.compress(text.encode(), 9, mtime=0)
    else:
        data = text.encode()
    with open(path, "wb") as f:
        f.write(data)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--cases", "--expected", "--to"):
        ap.add_argument(option, required=True)
    for option in ("--pack", "--riddhi", "--skip", "--only"):
        ap.add_argument(option)
    ap.add_argument("--each-group", type=int)
    ap.add_argument("--says", action="store_true")
    o = ap.parse_args()
    answers = {a["name"]: a for a in read(o.expected)}
    left_out, groups = collections.Counter(), collections.OrderedDict()
    for case in read(o.cases):
        if (o.only and o.only not in case["name"]) or (o.skip and re.search(o.skip, case["app"], re.I)):
            continue
        why = unfit(case, answers.get(case["name"]))
        if not why and o.riddhi and not supported(o.riddhi, case):
            why = "not there yet"
        if why:
            left_out[why] += 1
            continue
        groups.setdefault(case["class"].split(".")[-1], []).append(case)
    if o.each_group:
        groups = {g: spread(cases, o.each_group) for g, cases in groups.items()}
    os.makedirs(o.to, exist_ok=True)
    files = collections.OrderedDict()
    for group, case in itertools.chain.from_iterable(((g, c) for c in cases) for g, cases in groups.items()):
        text = case_text(case, answers[case["name"]], o.says)
        stem = re.sub(r"[^\w.-]", "_", re.sub(r"^(spec|fuzz)\.", "", case["name"]))
        name = (o.pack or "{name}.case").format(group=group, name=stem)
        files.setdefault(name, []).append((case["name"], text))
    for name, texts in files.items():
        packed = "".join("=== %s\n%s" % pair for pair in texts) if ".cases" in name else texts[0][1]
        write(os.path.join(o.to, name), packed)
    print("%d cases in %d files; left out: %s" % (
        sum(map(len, files.values())), len(files), ", ".join("%d %s" % (n, w) for w, n in left_out.most_common()) or "none"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
