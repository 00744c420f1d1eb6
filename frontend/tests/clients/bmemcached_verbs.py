"""Every verb of python-binary-memcached over SASL: bmemcached_verbs.py HOST PORT USER PASSWORD [AUTHORITY].

With the certificate of an authority, all of it inside of TLS.

It has no append, prepend or touch, swallows a refused login and fails at the next command, and tells success for the
delete of a key that is missing.
"""

import ssl
import sys

import bmemcached
from bmemcached.exceptions import MemcachedException


def connect(password):
    context = ssl.create_default_context(cafile=AUTHORITY[0]) if AUTHORITY else None
    return bmemcached.Client((f"{HOST}:{PORT}",), USER, password, socket_timeout=10, tls_context=context)


def storing(client):
    assert client.set("b:a", "one")
    assert client.get("b:a") == "one"
    assert client.get("b:missing") is None
    assert not client.add("b:a", "two")
    assert client.add("b:b", "two")
    assert client.replace("b:b", "three") and client.get("b:b") == "three"
    assert not client.replace("b:missing", "x")
    assert client.set("b:bytes", b"\0\r\n\xff") and client.get("b:bytes") == b"\0\r\n\xff"
    assert client.set("b:list", [1, None]) and client.get("b:list") == [1, None], "flags come back"


def counting(client):
    assert client.incr("b:n", 1, default=40) == 40, "a missing counter starts at the default"
    assert client.incr("b:n", 2) == 42
    assert client.decr("b:n", 2) == 40
    assert client.decr("b:n", 100) == 0, "a counter stops at zero"


def comparing(client):
    assert client.set("b:v", "old")
    value, version = client.gets("b:v")
    assert value == "old" and version
    assert client.cas("b:v", "new", version)
    assert not client.cas("b:v", "late", version), "a version that is gone"
    assert client.get("b:v") == "new"


def ending(client):
    assert client.delete("b:v") and client.get("b:v") is None
    assert client.delete("b:v"), "this client says so for a missing key as well"
    assert client.set("b:gone", "x", time=2_592_001), "an absolute time in 1970"
    assert client.get("b:gone") is None


def many(client):
    pairs = {f"b:m{i}": f"value {i}" for i in range(200)}
    assert client.set_multi(pairs) == []
    assert client.get_multi(list(pairs) + ["b:missing"]) == pairs
    assert client.delete_multi(list(pairs))
    assert client.get_multi(list(pairs)) == {}


def flushing(client):
    assert client.set("b:a", "one")
    assert client.flush_all()
    assert client.get("b:a") is None
    assert client.set("b:a", "after") and client.get("b:a") == "after"


def statistics(client):
    (stats,) = client.stats().values()
    named = {(k.decode() if isinstance(k, bytes) else k): v for k, v in stats.items()}
    assert int(named["pid"]) > 0 and int(named["curr_items"]) > 0, named


def refused():
    stranger = connect("certainly not the password")
    for call in (lambda: stranger.set("b:a", "mine"), lambda: stranger.get("b:a")):
        try:
            answer = call()
        except MemcachedException as error:
            assert error.code == AUTH_FAILURE, error
        else:
            raise AssertionError(f"let in: {answer!r}")
    stranger.disconnect_all()


AUTH_FAILURE = 0x20
HOST, PORT, USER, PASSWORD, *AUTHORITY = sys.argv[1:]
for step in (storing, counting, comparing, ending, many, flushing, statistics):
    client = connect(PASSWORD)
    step(client)
    client.disconnect_all()
    print(f"bmemcached: {step.__name__} works")
refused()
assert connect(PASSWORD).get("b:a") == "after", "what the stranger tried to write"
print("bmemcached: a wrong password is refused")
if AUTHORITY:
    # Whom only the system's own authorities would certify.
    stranger = bmemcached.Client(
        (f"{HOST}:{PORT}",), USER, PASSWORD, socket_timeout=10, tls_context=ssl.create_default_context()
    )
    try:
        assert stranger.get("b:a") is None
    except ssl.SSLCertVerificationError:
        pass
    print("bmemcached: a stranger's certificate is refused")
