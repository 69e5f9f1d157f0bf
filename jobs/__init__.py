"""One file per command: `python -m jobs JOB`, or `spark-submit jobs/JOB.py`."""

import os
import sys

# As a script, a job's own folder is first on the path, where features.py and queue.py would hide the packages of
# those names. This runs before any other import of a job.
_script = getattr(sys.modules["__main__"], "__file__", None)
if _script and os.path.basename(os.path.dirname(os.path.abspath(_script))) == "jobs":
    _folder = os.path.dirname(os.path.abspath(_script))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _folder]

    def _in_one_line(kind, error, trace):
        """Tell of a missing extra, which the imports of a script may end with, without a traceback."""
        from jobs.extras import missing_extra

        line = missing_extra(error)
        if line:
            sys.stderr.write(f"error: {line}\n")
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = _in_one_line
