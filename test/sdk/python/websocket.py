"""
Lets a test drive the SDK's WebSocket, which does no input or output of its own: a JSON array of commands on each line of
stdin, what each gave on stdout. Bytes are in hexadecimal.
"""

import base64
import hashlib
import json
import sys

import tg_sdk

SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def opened():
    """A WebSocket whose handshake is done."""
    ws = tg_sdk._WebSocket("host:1")
    request = bytes(ws.outgoing)
    ws.outgoing.clear()
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + SUFFIX).digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept
    assert ws.receive(answer + b"\r\n\r\n") == [] and ws.is_open
    return ws


def receive(chunks):
    """What arrives in pieces: the messages, the error, and what is sent in answer."""
    ws = opened()
    messages, error = [], None
    try:
        for chunk in chunks:
            messages += ws.receive(bytes.fromhex(chunk))
    except tg_sdk._ProtocolError as problem:
        error = str(problem)
    return {"messages": messages, "error": error, "closed": ws.closed, "sent": bytes(ws.outgoing).hex()}


def send(texts):
    """The frames of some texts."""
    ws = opened()
    for text in texts:
        ws.send_text(text.encode("utf-8"))
    return bytes(ws.outgoing).hex()


def handshake(answer, at):
    """What becomes of an answer to the handshake that arrives in two pieces."""
    ws = tg_sdk._WebSocket("host:1")
    key = bytes(ws.outgoing).split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + SUFFIX).digest()).decode("ascii")
    data = answer.replace("<key>", accept).encode("latin-1")
    try:
        return {"messages": ws.receive(data[:at]) + ws.receive(data[at:]), "open": ws.is_open}
    except tg_sdk._ProtocolError as problem:
        return {"error": str(problem)}


commands = {"receive": receive, "send": send, "handshake": handshake}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    sys.stdout.write(json.dumps(commands[name](*arguments)) + "\n")
    sys.stdout.flush()
