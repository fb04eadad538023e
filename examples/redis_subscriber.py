"""A plain subscriber of Redis, as programs have it that know nothing of Holdfast.

    python3 examples/redis_subscriber.py setup.received 1

Prints so many messages of a channel of the Redis that Holdfast feeds
(REDIS_URL). It needs no library: what a subscriber says to Redis is two lines.
What is published on Redis is not kept: who must not miss an event follows the
log instead, as holdfast.py does.
"""

import json
import os
import socket
import sys
import urllib.parse

redis = urllib.parse.urlparse(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
if redis.scheme != "redis":
    raise SystemExit("Cannot use REDIS_URL as this example speaks no TLS")
channel, count = sys.argv[1], int(sys.argv[2])


def command(*words):
    """A command as Redis reads it (RESP)."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
    return b"".join(parts)


def read(reader):
    """One answer of Redis: a text, a number or a list of answers."""
    line = reader.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"*":
        return [read(reader) for _ in range(int(rest))]
    if kind == b"$":
        text = reader.read(int(rest)).decode()
        reader.read(2)
        return text
    if kind == b":":
        return int(rest)
    if kind == b"-":
        raise SystemExit("Redis refused: " + rest.decode())
    return rest.decode()


with socket.create_connection((redis.hostname, redis.port or 6379)) as connection:
    reader = connection.makefile("rb")
    if redis.password:
        password = urllib.parse.unquote(redis.password)
        user = [redis.username] if redis.username else []
        connection.sendall(command("AUTH", *user, password))
        read(reader)
    connection.sendall(command("SUBSCRIBE", channel))
    while count > 0:
        kind, name, payload = read(reader)
        if kind == "subscribe":
            print("subscribed to", name, flush=True)
        else:
            event = json.loads(payload)
            print(name, json.dumps(event, sort_keys=True), flush=True)
            count -= 1
