"""The embedded engine as a process of its own: `python -m engine.server`, started and ended by `engine.sail`.

It serves on a port of the loopback address, which it prints, until its standard input ends: that happens too when the
process that started it is killed. So neither a server nor its scratch files outlive their owner, and when the server
itself dies, of memory or of a fault of its own, its owner is there to say so.
"""

import faulthandler
import os
import shutil
import signal
import sys


def serve(scratch: str) -> None:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    sys.stdout.write(f"{server.listening_address[1]}\n")
    sys.stdout.flush()
    try:
        sys.stdin.buffer.read()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)  # nothing is left to say, whatever queries still run


if __name__ == "__main__":
    # An interrupt at the terminal goes to all its processes; the owner decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    serve(sys.argv[1])
