"""Two tenants with the same keys, one of whom is revoked meanwhile: pylibmc_tenants.py HOST PORT TENANT OTHER PASSWORD.

Says when it wants the first tenant to be revoked, and goes on when it is told a line."""

import sys

import pylibmc

HOST, PORT, TENANT, OTHER, PASSWORD = sys.argv[1:]


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
print("revoke the first tenant", flush=True)
sys.stdin.readline()
assert refused(lambda: tenant.set("basket", "late")), "a revoked session writes nothing"
assert other.set("basket", "pears") and other.get("basket") == "pears"
assert connect(TENANT).get("basket") == "apples", "a new login sees what was there before"
print("done")
