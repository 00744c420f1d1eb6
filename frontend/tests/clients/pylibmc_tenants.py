"""Two tenants with the same keys, one of whom is revoked meanwhile, and a guest of the first one who only reads: pylibmc_tenants.py HOST PORT TENANT OTHER GUEST PASSWORD.

Says when it wants the first tenant to be revoked, and goes on when it is told a line."""

import sys

import pylibmc

HOST, PORT, TENANT, OTHER, GUEST, PASSWORD = sys.argv[1:]


def connect(user):
    return pylibmc.Client([f"{HOST}:{PORT}"], binary=True, username=user, password=PASSWORD)


def refused(call):
    try:
        call()
    except pylibmc.Error:
        return True
    return False


tenant, other = connect(TENANT), connect(OTHER)
assert tenant.set("basket", "apples") and other.set("basket", "pears")
assert tenant.get("basket") == "apples" and other.get("basket") == "pears"
assert tenant.set("only", "mine") and other.get("only") is None
assert other.add("only", "theirs") and tenant.get("only") == "mine"
assert other.flush_all()
assert other.get("basket") is None and tenant.get("basket") == "apples"

guest = connect(GUEST)
assert guest.get("basket") == "apples", "the same namespace"
assert guest.get_multi(["basket", "only", "none"]) == {"basket": "apples", "only": "mine"}
writes = {
    "set": lambda: guest.set("basket", "figs"),
    "add": lambda: guest.add("new", "figs"),
    "delete": lambda: guest.delete("basket"),
    "delete what is not there": lambda: guest.delete("none"),
    "append": lambda: guest.append("basket", "figs"),
    "incr": lambda: guest.incr("count"),
}
passed = [name for name, write in writes.items() if not refused(write)]
assert not passed, f"a guest only reads, and is told the same of what is there and of what is not: {passed}"
guest.flush_all()  # libmemcached does not look at the answer
assert guest.get("basket") == "apples" and tenant.get("new") is None

print("revoke the first tenant", flush=True)
sys.stdin.readline()
assert refused(lambda: tenant.set("basket", "late")), "a revoked session writes nothing"
assert other.set("basket", "pears") and other.get("basket") == "pears"
assert connect(TENANT).get("basket") == "apples", "a new login sees what was there before"
print("done")
