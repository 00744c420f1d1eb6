"""What python-binary-memcached has on its way in one piece, quiet requests and a noop behind them:
bmemcached_pipeline.py HOST PORT USER PASSWORD sets|deletes|gets.

Says what came of it, of a read behind it, and of others."""

import sys

import bmemcached
from bmemcached.exceptions import MemcachedException

HOST, PORT, USER, PASSWORD, WAY = sys.argv[1:]
KEYS = [f"{half}:{number}" for half in ("early", "late") for number in range(20)]


def told(call):
    try:
        return call()
    except MemcachedException as error:
        return f"{error.code:#x}"


client = bmemcached.Client((f"{HOST}:{PORT}",), USER, PASSWORD, socket_timeout=600)
if WAY == "sets":
    print("not stored:", len(told(lambda: client.set_multi({key: key.partition(":")[0] for key in KEYS}))))
elif WAY == "deletes":
    print("deleted:", told(lambda: client.delete_multi(KEYS)))
else:
    print("fetched:", told(lambda: client.get_multi(KEYS)))
# It does not look whether a login failed before the next command, so that two may be lost.
for what in ("asked", "asked again", "asked once more"):
    print(f"{what}:", told(lambda: client.get("known")))
print("ended")
