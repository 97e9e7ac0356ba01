"""Asks `python -m rocm_sdk` several questions in one process, and prints the answers as one line of JSON. Each start of Python takes 0.1 s."""

import contextlib
import io
import json
import runpy
import sys


def ask(question):
    """What `python -m rocm_sdk QUESTION` would print and exit with."""
    sys.argv = ["rocm_sdk"] + question
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_module("rocm_sdk", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if isinstance(end.code, str):
                err.write(end.code)
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception as error:
            err.write("%s: %s" % (type(error).__name__, error))
            code = 1
    return {"code": code, "stdout": out.getvalue(), "stderr": err.getvalue()}


print(json.dumps([ask(question.split()) for question in sys.argv[1:]]))
