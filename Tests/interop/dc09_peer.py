"""The PyPI packages `siadc09` and `pysiaalarm` as senders and as judges of SIA DC-09.

    dc09_peer.py keys
        The keys that `send` encrypts with, as options of the station's port, one JSON object.
    dc09_peer.py send tcp|udp PORT
        Sends messages of both packages to the station on this machine, each after the answer to
        the one before, and has the packages read the answers. One JSON object a line: `sent` and
        `reply` in hexadecimal, `kinds` that the station has to store, `complaint` or null.
    dc09_peer.py judge FILE
        Gives frames of the station, one a line in hexadecimal, to a receiver of pysiaalarm over TCP
        and to the parser of siadc09. One JSON object a line says what they make of it.
"""

import json
import logging
import socket
import sys
from datetime import datetime, timedelta, timezone

from pysiaalarm import SIAAccount, SIAClient, SIAEvent
from siadc09 import account, message
from siadc09.xdata import Data, XData

logging.disable(logging.CRITICAL)
PATIENCE = 10  # seconds, for one answer
CLOCK_WINDOW = timedelta(seconds=60)  # in which an answer's time is now

# By account. pysiaalarm takes a key as text, so each is printable.
KEYS = {
    "1128": b"abcdefghijklmnop",
    "1192": b"abcdefghijklmnopqrstuvwx",
    "1256": b"abcdefghijklmnopqrstuvwxyz012345",
}


def now():
    return datetime.now(timezone.utc).replace(microsecond=0)


# --- Messages


def of_siadc09(number, token, data, sequence, extended=(), time=None, key=None):
    """A message by siadc09, encrypted where the account has a key or one is given."""
    key = key or KEYS.get(number)
    context = account.Account(acct=int(number, 16), rcvr=0, key=key)
    config = {"idtoken": token, "seqno": sequence, "timestamp": time or now()}
    if data is not None:
        config["data"] = Data(content=f"#{number}|{data}".encode())
    config["xdata"] = [XData(prefix=field[0], value=field[1:]) for field in extended]
    return message.Message(context, config=config).encode()


def of_pysiaalarm(number, token, data, sequence):
    """A message as pysiaalarm expects it, with its checksum and its encryption."""
    key = KEYS.get(number)
    body = f"#{number}|{data}]" if data else "]"
    body += now().strftime("_%H:%M:%S,%m-%d-%Y")
    head = f'"{"*" if key else ""}{token}"{sequence:04d}R0L0#{number}['
    if key:
        event = SIAEvent(message_type=token, sia_account=SIAAccount(number, key.decode()))
        body = event.encrypt_content("|" + body)
    text = head + body
    return f"\n{SIAEvent._crc_calc(text)}{len(text):04X}{text}\r".encode()


def plan():
    """(frame, account, sequence, kinds that are stored, whether pysiaalarm sends it)"""
    sequence = 0
    for number in ["1234", *KEYS]:
        for token, data, kinds in [
            ("ADM-CID", "1101 01 003", ["sos"]),
            ("ADM-CID", "3384 00 012", ["batteryLow"]),
            ("SIA-DCS", "Nri1/QA3", ["sos"]),
            ("SIA-DCS", "Nri1/YT2/FA4", ["fire", "batteryLow"]),
            ("SIA-DCS", "Nri1/ZY1", ["unknown"]),
            ("SIA-PUL", "something else", ["unknown"]),
        ]:
            sequence += 1
            frame = of_siadc09(number, token, data, sequence)
            yield frame, number, sequence, kinds, False
            # What pysiaalarm does not know it would answer with DUH, or not read at all.
            if kinds != ["unknown"] and "/YT2" not in data:
                sequence += 1
                frame = of_pysiaalarm(number, token, data, sequence)
                yield frame, number, sequence, kinds, True
        sequence += 1
        place = ["X007E20.123", "Y49N06.666", "IHallway"]
        frame = of_siadc09(number, "ADM-CID", "1103 01 001", sequence, place)
        yield frame, number, sequence, ["fall"], False
        yield of_siadc09(number, "NULL", None, 0), number, 0, [], False
        yield of_pysiaalarm(number, "NULL", None, 0), number, 0, [], True


def refused():
    """(frame, kinds that are stored): messages that the station must not acknowledge."""
    late = now() - timedelta(hours=1)
    yield of_siadc09("1128", "ADM-CID", "1101 01 001", 901, time=late), ["sos"]
    other = KEYS["1192"]
    yield of_siadc09("1128", "ADM-CID", "1101 01 001", 902, key=other), ["deviceFault"]
    yield of_siadc09("9999", "ADM-CID", "1101 01 001", 903, key=other), ["deviceFault"]


# --- Judging what the station answers


def complaint_of_siadc09(reply, number, sequence):
    key = KEYS.get(number)
    answer = message.parse_frame(reply, {None: key} if key else None)
    if not isinstance(answer, message.AckMessage):
        return f"siadc09 reads {answer!r}"
    if (answer.seq, answer.account.acct) != (sequence, int(number, 16)):
        return f"siadc09 reads the answer to another message: {answer!r}"
    if answer.account.rcvr != 0 or answer.account.pref is not None:
        return f"siadc09 reads another receiver or line: {answer!r}"
    if answer.encrypted != bool(key):
        return f"siadc09 reads encrypted={answer.encrypted}"
    if key and abs(answer.timestamp - now()) > CLOCK_WINDOW:
        return f"siadc09 reads the time {answer.timestamp}"
    return None


def complaint_of_pysiaalarm(sent, reply, number):
    key = KEYS.get(number)
    known = SIAAccount(number, key.decode() if key else None)
    if not key:
        event = SIAEvent.from_line(sent.decode().strip(), {number: known})
        expected = event.create_response()
        return None if reply == expected else f"pysiaalarm would answer {expected!r}"
    sealed = reply.decode().strip().split("[", 1)[1]
    read = SIAEvent(
        message_type="NULL", encrypted=True, encrypted_content=sealed, sia_account=known
    )
    if not isinstance(read.timestamp, datetime) or abs(read.timestamp - now()) > CLOCK_WINDOW:
        return f"pysiaalarm reads the time {read.timestamp}"
    return None


def complaint_of_refusal(reply):
    # Neither package reads the account A0 of the standard's refusal.
    text = reply[9:-1].decode()
    front = '"NAK"0000R0L0A0[]_'
    if not text.startswith(front):
        return "the station does not refuse"
    time = datetime.strptime(text[len(front) :], "%H:%M:%S,%m-%d-%Y")
    if abs(time.replace(tzinfo=timezone.utc) - now()) > CLOCK_WINDOW:
        return "the refusal has another time"
    if reply[1:9].decode() != f"{SIAEvent._crc_calc(text)}{len(text):04X}":
        return "the refusal has another checksum or length"
    return None


# --- The line to the station


class Line:
    def __init__(self, transport, port):
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))

    def ask(self, frame):
        self.socket.sendall(frame)
        reply = b""
        while not reply.endswith(b"\r"):
            piece = self.socket.recv(4096)
            if not piece:
                break
            reply += piece
        return reply


def send(transport, port):
    line = Line(transport, port)
    for frame, number, sequence, kinds, by_pysiaalarm in plan():
        reply = line.ask(frame)
        try:
            complaint = complaint_of_siadc09(reply, number, sequence)
            if by_pysiaalarm and not complaint:
                complaint = complaint_of_pysiaalarm(frame, reply, number)
        except Exception as error:
            complaint = f"{type(error).__name__}: {error}"
        tell(sent=frame.hex(), reply=reply.hex(), kinds=kinds, complaint=complaint)
    for frame, kinds in refused():
        reply = line.ask(frame)
        complaint = complaint_of_refusal(reply)
        tell(sent=frame.hex(), reply=reply.hex(), kinds=kinds, complaint=complaint)


# --- Judging what the station emits


class AnyAccount(dict):
    """A receiver that knows every account, and has no opinion of their clocks."""

    def __bool__(self):
        return True

    def get(self, number, default=None):
        return SIAAccount(number, allowed_timeband=None) if number else default


def judge(frames):
    receiver = SIAClient("127.0.0.1", 0, [], lambda event: None)
    receiver.sia_server.accounts = AnyAccount()
    receiver.start()
    try:
        line = Line("tcp", receiver.sia_server.server_address[1])
        for frame in frames:
            answer = line.ask(frame).decode()
            event = receiver.sia_server.parse_and_check_event(frame)
            read = message.parse_frame(frame)
            tell(
                answer=answer.split('"')[1],
                account=event.account,
                code=event.code,
                contact_id=f"{event.event_qualifier}{event.event_type}",
                zone=event.ri,
                siadc09=read.data.content.decode() if read.data else None,
                extended=[field.prefix + field.valuestr() for field in read.xdata],
                time=read.timestamp.isoformat() if read.timestamp else None,
            )
        line.socket.close()
    finally:
        receiver.stop()


def tell(**fields):
    print(json.dumps(fields), flush=True)


match sys.argv[1:]:
    case ["keys"]:
        tell(**{number: key.hex() for number, key in KEYS.items()})
    case ["send", ("tcp" | "udp") as transport, port]:
        send(transport, int(port))
    case ["judge", path]:
        with open(path) as lines:
            judge([bytes.fromhex(line) for line in lines])
    case _:
        sys.exit(__doc__)
