"""Holdfast from Python, with nothing but its standard library.

    python3 examples/holdfast.py

Reads a setting, changes it unless somebody else has, publishes an event in a
way that can be repeated, and follows the log over server-sent events.
"""

import json
import os
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("HOLDFAST_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("HOLDFAST_KEY")
TIMEOUT_S = 10

# A stream shows every 15 seconds that it is alive.
SILENCE_S = 45


def request(method, path, body=None, timeout_s=TIMEOUT_S, **headers):
    """Asks the service; returns the answer, still to be read."""
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(URL + path, data, method=method)
    call.add_header("Content-Type", "application/json")
    if KEY:
        call.add_header("Authorization", "Bearer " + KEY)
    for name, value in headers.items():
        call.add_header(name.replace("_", "-"), value)
    return urllib.request.urlopen(call, timeout=timeout_s)


def publish(setup_id, event_id):
    """Publishes an event; the same id again changes nothing."""
    with request("POST", "/api/v1/events", {
        "id": event_id,
        "event_type": "setup.received",
        "data": {"setup_id": setup_id},
    }) as answer:
        return json.load(answer)


def follow(after):
    """Yields the events of the log after a position, as they come."""
    path = "/api/v1/events/stream?channel=setup.*&after=" + str(after)
    accept = "text/event-stream"
    with request("GET", path, timeout_s=SILENCE_S, Accept=accept) as stream:
        name = None
        for line in stream:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name is None:
                yield json.loads(value)
            elif field == "":
                name = None


mode = "/api/futures/ginie/modes/scalp"
with request("GET", mode) as answer:
    scalp, etag = json.load(answer), answer.headers["ETag"]
print("scalp: leverage", scalp["size"]["leverage"])

leverage = 2 if scalp["size"]["leverage"] > 2 else 3
change = {"size": {"leverage": leverage}}
with request("PATCH", mode, change, If_Match=etag) as answer:
    print("scalp: leverage", json.load(answer)["size"]["leverage"], "from now on")

try:
    request("PATCH", mode, change, If_Match=etag)
except urllib.error.HTTPError as error:
    problem = json.load(error)
    print("scalp:", problem["status"], problem["title"])

event_id = str(uuid.uuid4())
first = publish("python-1", event_id)
again = publish("python-1", event_id)
print("published once:", again["duplicate"], first["position"] == again["position"])

for event in follow(first["position"] - 1):
    print("heard", event["event_type"], event["data"]["setup_id"])
    break
