package python

// nodesPy is the functions that the tests call; lines are counted from 1, and line 1 is empty.
const nodesPy = `
import os, sys, time
import pyarrow as pa
import pyarrow.compute as pc

calls = 0


def double(inputs, params):
    t = inputs["prices"]
    return pa.table({"time_index": t["time_index"], "unique_identifier": t["unique_identifier"], "double": pc.multiply(t["close"], 2.0)})


def pid(inputs, params):
    global calls
    calls += 1
    t = inputs["prices"]
    n = len(t)
    return t.append_column("pid", pa.array([os.getpid()] * n)).append_column("calls", pa.array([calls] * n))


def show_params(inputs, params):
    t = inputs["prices"]
    return t.append_column("params", pa.array([repr(params)] * len(t)))


def noisy(inputs, params):
    print("printed to stdout")
    sys.stdout.write("without an end")
    sys.stdout.flush()
    os.write(1, b"written to 1\n")
    os.system("echo from a child")
    print("printed to stderr", file=sys.stderr)
    return inputs["prices"]


def helper(x):
    return 1 / x


def exception(inputs, params):
    try:
        helper(0)
    except ZeroDivisionError as e:
        raise ValueError("no good") from e


def in_library(inputs, params):
    return inputs["prices"].append_column("x", pa.array([1]))


def leaves(inputs, params):
    print("about to leave")
    sys.stdout.flush()
    os._exit(7)


def exits(inputs, params):
    sys.exit("enough")


def segfault(inputs, params):
    import ctypes
    ctypes.string_at(0)


def sleeps(inputs, params):
    time.sleep(60)


def spins(inputs, params):
    while True:
        pass


def eats(inputs, params):
    return [bytearray(1 << 20) for _ in range(4096)]


def eats_arrow(inputs, params):
    return pa.allocate_buffer(4 << 30)


def nothing(inputs, params):
    pass


def a_list(inputs, params):
    return [1, 2, 3]


def no_key(inputs, params):
    return inputs["prices"].drop_columns(["unique_identifier"])


def text_time(inputs, params):
    t = inputs["prices"]
    return t.set_column(0, "time_index", pc.cast(t["time_index"], pa.string()))


def nested(inputs, params):
    t = inputs["prices"]
    return t.append_column("x", pa.array([[1, 2]] * len(t)))


def missing_key(inputs, params):
    t = inputs["prices"]
    return t.set_column(1, "unique_identifier", pa.array([None] * len(t), pa.string()))


def unsorted(inputs, params):
    return inputs["prices"].sort_by([("time_index", "descending")])


def twice(inputs, params):
    t = inputs["prices"]
    return pa.concat_tables([t, t.slice(len(t) - 1)])


def future(inputs, params):
    t = inputs["prices"]
    return t.set_column(0, "time_index", pc.add(t["time_index"], pa.scalar(30 * 86400 * 10**6, pa.duration("us"))))


def off_grid(inputs, params):
    t = inputs["prices"]
    return t.set_column(0, "time_index", pc.add(t["time_index"], pa.scalar(1, pa.duration("us"))))


def two_columns(inputs, params):
    t = inputs["prices"]
    return pa.Table.from_arrays([t[0], t[1], t[2], t[2]], names=["time_index", "unique_identifier", "x", "x"])


def infinite(inputs, params):
    t = inputs["prices"]
    x = [float("inf"), float("-inf"), float("nan"), None] + [1.0] * (len(t) - 4)
    return t.append_column("x", pa.array(x))


def other_types(inputs, params):
    t = inputs["prices"]
    n = len(t)
    return pa.table({
        "small": pa.array([1.5] * n, pa.float32()), "byte": pa.array([7] * n, pa.uint8()), "flag": pa.array([True] * n),
        "unique_identifier": pc.dictionary_encode(t["unique_identifier"]), "big": pa.array(["x"] * n, pa.large_string()),
        "nothing": pa.nulls(n), "day": pc.cast(t["time_index"], pa.date32()), "long_day": pc.cast(t["time_index"], pa.date64()),
        "time_index": pc.cast(t["time_index"], pa.timestamp("ns")), "seconds": pc.cast(t["time_index"], pa.timestamp("s")),
    })


def huge(inputs, params):
    t = inputs["prices"]
    return t.append_column("text", pa.array(["x" * 2_000_000] * len(t)))


def closes_stderr(inputs, params):
    os.close(2)
    return inputs["prices"]


def here(inputs, params):
    t = inputs["prices"]
    return t.append_column("cwd", pa.array([os.getcwd()] * len(t)))


def version(inputs, params):
    t = inputs["prices"]
    try:
        import sklearn
        learn = sklearn.__version__
    except ImportError:
        learn = "none"
    return t.append_column("version", pa.array([pa.__version__ + " " + learn] * len(t)))
`
