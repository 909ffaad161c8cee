"""Runs jobs of a study again, each in a fork of this process, which imports what the forks before had to.

A line of JSON on stdin, ``{"script": PATH, "at": n, "errno": e, "lasts": bool}``, is answered by one on stdout,
``{"code": exit status, "said": what it wrote, "counted": operations}``. The file FAULT_COUNT, if there is one, hands
the numbers on to failing.c, which says more.
"""

import json
import os
import runpy
import struct
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from tempfile import TemporaryFile

CONTROL = struct.Struct("4q")


def run(script, said):
    """The exit status of a script in this process, which it may spoil."""
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return 0 if end.code is None else end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def run_in_fork(script, said):
    """Its exit status. What it imported takes seconds, and is imported here for the next."""
    with TemporaryFile("w+") as imported:
        if not (child := os.fork()):
            code = run(script, said)
            json.dump([name for name in sys.modules if name != "__main__"], imported)
            for stream in (sys.stdout, sys.stderr, imported):
                stream.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        imported.seek(0)
        for name in json.loads(imported.read() or "[]"):
            # Some are parts of others, made by these under names of their own.
            with suppress(Exception):
                import_module(name)
    return os.waitstatus_to_exitcode(status)


def main():
    told = os.environ.get("FAULT_COUNT")
    with open(told, "r+b", buffering=0) if told else TemporaryFile(buffering=0) as control:
        for line in sys.stdin:
            asked = json.loads(line)
            control.seek(0)
            control.write(CONTROL.pack(0, asked["at"], asked["errno"], asked["lasts"]))
            with TemporaryFile() as said:
                code = run_in_fork(asked["script"], said)
                said.seek(0)
                text = said.read().decode("utf-8", "replace")
            control.seek(0)
            counted, *_ = CONTROL.unpack(control.read(CONTROL.size))
            answer = {"code": code, "said": text, "counted": counted}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
