"""Every verb of pylibmc over SASL: pylibmc_verbs.py HOST PORT USER PASSWORD. HOST may be the path of a unix socket."""

import sys

import pylibmc


def connect(password):
    server = HOST if HOST.startswith("/") else f"{HOST}:{PORT}"
    return pylibmc.Client([server], binary=True, username=USER, password=password, behaviors={"cas": True})


def raises(kind, call):
    try:
        call()
    except kind:
        return True
    return False


def storing(client):
    assert client.set("p:a", "one")
    assert client.get("p:a") == "one"
    assert client.get("p:missing") is None
    assert not client.add("p:a", "two")
    assert client.add("p:b", "two")
    assert client.replace("p:b", "three")
    assert client.get("p:b") == "three"
    assert raises(pylibmc.NotFound, lambda: client.replace("p:missing", "x"))
    assert client.set("p:empty", "") and client.get("p:empty") == ""
    assert client.set("p:list", [1, {"two": None}]) and client.get("p:list") == [1, {"two": None}], "flags come back"
    big = "x" * 900_000
    assert client.set("p:big", big) and client.get("p:big") == big


def appending(client):
    assert client.set("p:c", "middle")
    assert client.append("p:c", ">") and client.prepend("p:c", "<")
    assert client.get("p:c") == "<middle>"
    assert not client.append("p:missing", "x") and not client.prepend("p:missing", "x")


def counting(client):
    assert client.set("p:n", 40)
    assert client.incr("p:n", 2) == 42
    assert client.decr("p:n", 2) == 40
    assert client.decr("p:n", 100) == 0, "a counter stops at zero"
    assert raises(pylibmc.NotFound, lambda: client.incr("p:missing"))


def comparing(client):
    assert client.set("p:v", "old")
    value, version = client.gets("p:v")
    assert value == "old" and version
    assert client.cas("p:v", "new", version)
    assert not client.cas("p:v", "late", version), "a version that is gone"
    assert client.get("p:v") == "new"


def ending(client):
    assert client.touch("p:v", 3600)
    assert not client.touch("p:missing", 3600)
    assert client.delete("p:v") and client.get("p:v") is None
    assert not client.delete("p:v")
    assert client.set("p:gone", "x", time=2_592_001), "an absolute time in 1970"
    assert client.get("p:gone") is None


def many(client):
    pairs = {f"p:m{i}": f"value {i}" for i in range(200)}
    assert client.set_multi(pairs) == []
    assert client.get_multi(list(pairs) + ["p:missing"]) == pairs
    assert client.delete_multi(list(pairs))
    assert client.get_multi(list(pairs)) == {}


def flushing(client):
    assert client.set("p:a", "one")
    client.flush_all()
    assert client.get("p:a") is None
    assert client.set("p:a", "after") and client.get("p:a") == "after"


def statistics(client):
    ((_, stats),) = client.get_stats()
    named = {(k.decode() if isinstance(k, bytes) else k): v for k, v in stats.items()}
    assert int(named["pid"]) > 0 and int(named["curr_items"]) > 0, named
    assert float(named["rusage_user"]) >= 0 and float(named["rusage_system"]) >= 0, named


def refused():
    stranger = connect("certainly not the password")
    assert raises(pylibmc.Error, lambda: stranger.set("p:a", "mine"))
    assert raises(pylibmc.Error, lambda: stranger.get("p:a"))


HOST, PORT, USER, PASSWORD = sys.argv[1:]
for step in (storing, appending, counting, comparing, ending, many, flushing, statistics):
    step(connect(PASSWORD))
    print(f"pylibmc: {step.__name__} works")
if HOST.startswith("/"):
    print("pylibmc: no login over a unix socket")
    sys.exit()
refused()
assert connect(PASSWORD).get("p:a") == "after", "what the stranger tried to write"
print("pylibmc: a wrong password is refused")
