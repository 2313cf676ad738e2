"""Reads a folder of transitions with nothing but Python's own library."""
import hashlib
import json
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "transitions.json").read_text())
assert manifest["format"] == "mtrec-transitions/1"
(shard,) = manifest["shards"]
data = (folder / shard["file"]).read_bytes()
assert hashlib.sha256(data).hexdigest() == shard["sha256"]
(length,) = struct.unpack_from("<Q", data)
header = json.loads(data[8 : 8 + length])
assert header["__metadata__"]["format"] == "mtrec-transitions/1"


def column(name):
    tensor = header[name]
    begin, end = (8 + length + offset for offset in tensor["data_offsets"])
    code = {"F32": "f", "I64": "q"}[tensor["dtype"]]
    values = struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}", data[begin:end])
    return tensor["shape"], list(values)


state, values = column("state")
assert len(values) == state[0] * state[1] and state[0] == shard["rows"]
print(f"{shard['rows']} rows; state {state}; next {column('next')[1]}; log_density {column('log_density')[1]}; action {column('action')[1][0]:.1f}")
