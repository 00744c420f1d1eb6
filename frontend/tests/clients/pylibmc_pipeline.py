"""A multiget of pylibmc, the verb that it has on its way in one piece: pylibmc_pipeline.py HOST PORT USER PASSWORD.

Says what came, what came of a read behind it, and of another one."""

import sys

import pylibmc

HOST, PORT, USER, PASSWORD = sys.argv[1:]
KEYS = [f"{half}:{number}" for half in ("early", "late") for number in range(20)]


def told(call):
    try:
        return call()
    except pylibmc.Error as error:
        return type(error).__name__


client = pylibmc.Client([f"{HOST}:{PORT}"], binary=True, username=USER, password=PASSWORD)
print("fetched:", *sorted(told(lambda: client.get_multi(KEYS))))
print("asked:", told(lambda: client.get("known")))
print("asked again:", told(lambda: client.get("known")))
print("ended")
