"""The Python side of docs/nodes-in-other-languages.md: reads calls, runs functions, writes tables. Needs pyarrow alone."""

import faulthandler
import hashlib
import json
import os
import signal
import struct
import sys
import threading
import time
import traceback
import types

MAGIC = b"tdl1"
MOST_TEXT = 20_000  # characters of a traceback or a message


class Failure(Exception):
    """Why a call has no rows, with a place in the user's file."""

    def __init__(self, kind, message, file="", line=0, traceback="", hint=""):
        super().__init__(message)
        self.fields = {"kind": kind, "message": message[:MOST_TEXT], "file": file, "line": line,
                       "traceback": traceback[-MOST_TEXT:], "hint": hint}


def take_streams():
    """Messages keep the standard streams that the process began with; whatever is printed from now on goes to stderr."""
    messages_in = os.fdopen(os.dup(0), "rb", buffering=1 << 20)
    messages_out = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    return messages_in, messages_out


def watch_parent():
    """Ends the process when its parent is gone, also while a function runs."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def read_message(stream):
    head = stream.read(8)
    if len(head) < 8 or head[:4] != MAGIC:
        return None, None
    header = json.loads(stream.read(struct.unpack(">I", head[4:])[0]))
    return header, [stream.read(s["bytes"]) for s in header["streams"]]


def write_message(stream, header, streams=()):
    text = json.dumps(header).encode("ascii")
    stream.write(MAGIC + struct.pack(">I", len(text)) + text)
    for data in streams:
        stream.write(data)
    stream.flush()


def limit_memory(most):
    """Bounds the address space to what it is now and so many bytes more. 0: no limit."""
    import resource
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = hard
    if most:
        now = 0
        try:
            with open("/proc/self/statm") as f:
                now = int(f.read().split()[0]) * resource.getpagesize()
        except OSError:
            pass
        soft = now + most
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (ValueError, OSError) as e:
        print(f"tdlake: the memory limit is not in force here: {e}", file=sys.stderr)


def explain(error, file):
    """A traceback with the frames of the user's file, and the innermost one; and the line that the user should look at."""
    shown = traceback.TracebackException.from_exception(error, compact=True)
    line = 0
    if isinstance(error, SyntaxError) and error.filename == file:
        line = error.lineno or 0
    todo = [shown]
    while todo:
        t = todo.pop()
        frames = [f for f in t.stack if f.filename != "<string>" and not f.filename.startswith("<frozen")]
        if t is shown:
            line = next((f.lineno for f in reversed(frames) if f.filename == file), line)
        t.stack = traceback.StackSummary.from_list(
            [f for i, f in enumerate(frames) if f.filename == file or i == len(frames) - 1])
        todo += [c for c in (t.__cause__, t.__context__) if c is not None]
    return "".join(shown.format()).rstrip(), line


def failure_of(error, file):
    text, line = explain(error, file)
    name = type(error).__name__
    said = str(error)
    message = f"{name}: {said}" if said else name
    kind, hint = "exception", ""
    if isinstance(error, MemoryError):
        kind = "memory"
    elif isinstance(error, SystemExit):
        message = f"the function ended the interpreter (SystemExit: {said})"
    elif isinstance(error, ModuleNotFoundError) and error.name:
        beside = os.path.join(os.path.dirname(file), error.name.split(".")[0])
        hint = "add it to the environment's packages"
        if os.path.exists(beside + ".py") or os.path.isdir(beside):
            hint = ("modules beside the file are no part of the node's identity and cannot be imported: "
                    "put the code into the file, or install it in the environment")
    return Failure(kind, message, file, line, text, hint)


modules = {}


def load(wanted):
    """The function of a request: its file is run once, and must have the digest that the node's identity was made of."""
    file, name = wanted["file"], wanted["name"]
    module = modules.get((file, wanted["source"]))
    if module is None:
        try:
            with open(file, "rb") as f:
                source = f.read()
        except OSError as e:
            raise Failure("changed", f"cannot be read any more: {e.strerror}", file)
        if hashlib.sha256(source).hexdigest() != wanted["source"]:
            raise Failure("changed", "was changed while the command ran", file, hint="start the command again")
        module = types.ModuleType(f"tdlake_node_{len(modules)}")
        module.__file__ = file
        sys.modules[module.__name__] = module
        try:
            exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
        except BaseException as e:
            raise failure_of(e, file) from None
        modules[(file, wanted["source"])] = module
    function = getattr(module, name, None)
    if not callable(function):
        names = [k for k, v in vars(module).items() if isinstance(v, types.FunctionType) and v.__module__ == module.__name__]
        raise Failure("load", f"there is no function {name}", file, hint="it has: " + ", ".join(names) if names else "")
    return function


def line_of(function):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return code.co_firstlineno if code else 0


def compute(pa, request, streams):
    file = request["function"]["file"]
    tables = {s["name"]: pa.ipc.open_stream(pa.py_buffer(data)).read_all() for s, data in zip(request["streams"], streams)}
    function = load(request["function"])
    place = {"file": file, "line": line_of(function)}
    try:
        table = function(tables, request["params"])
    except BaseException as e:
        raise failure_of(e, file) from None
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if not isinstance(table, pa.Table):
        kind = type(table)
        hint = "return pyarrow.table({...})"
        if hasattr(table, "to_arrow"):
            hint = "return frame.to_arrow()"
        elif kind.__module__.split(".")[0] == "pandas":
            hint = "return pyarrow.Table.from_pandas(frame, preserve_index=False)"
        raise Failure("result", f"{function.__name__} returned {kind.__module__}.{kind.__qualname__}, not a pyarrow.Table",
                      file, place["line"], hint=hint)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table.replace_schema_metadata(None))
    return sink.getvalue(), place


def main():
    messages_in, messages_out = take_streams()
    sys.path = [p for p in sys.path if p not in ("", ".")]
    os.chdir(sys.argv[1])
    sys.argv = ["tdlake worker"]
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=False)
    watch_parent()
    try:
        import pyarrow as pa
        import pyarrow.ipc
    except ImportError as e:
        write_message(messages_out, {"error": {"kind": "load", "message": f"the environment has no pyarrow: {e}",
                                               "hint": "install pyarrow there"}})
        return
    pa.set_cpu_count(1)
    write_message(messages_out, {"hello": {
        "protocol": 1, "pid": os.getpid(),
        "version": f"Python {sys.version.split()[0]}, pyarrow {pa.__version__}"}})
    while True:
        request, streams = read_message(messages_in)
        if request is None:
            return
        answer, data = {"call": request["call"]}, []
        try:
            limit_memory(request["memory"])
            out, place = compute(pa, request, streams)
            answer.update(place=place, streams=[{"name": "output", "bytes": len(out)}])
            data = [out]
        except Failure as f:
            answer["error"] = f.fields
        except BaseException as e:  # of the worker itself, or memory that ended while it wrote
            answer["error"] = failure_of(e, request["function"]["file"]).fields
        del streams
        limit_memory(0)
        try:
            sys.stderr.flush()
            os.write(2, b"\0tdlake end of call %d\n" % request["call"])
        except OSError:
            pass  # the function closed it
        write_message(messages_out, answer, data)
        data = out = None


main()
