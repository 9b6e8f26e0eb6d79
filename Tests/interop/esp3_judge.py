"""What the PyPI package `enocean` makes of ESP3 frames: one line of hexadecimal in, one line out.

The station's own reading of the same frames is compared with it by JudgeTests.
"""

import logging
import sys
import warnings

warnings.filterwarnings("ignore")  # of the parser that the package reads its profiles with
from enocean.protocol.constants import PACKET, PARSE_RESULT, RORG  # noqa: E402
from enocean.protocol.packet import Packet  # noqa: E402

logging.disable(logging.CRITICAL)


def rocker(packet):
    """The buttons of a rocker, where the profile F6-02-02 has names for them."""
    try:
        packet.parse_eep(0x02, 0x02)
    except TypeError:
        return "undescribed"  # the profile has four buttons, the wire eight codes
    value = {name: field["raw_value"] for name, field in packet.parsed.items()}
    pressed, named = value["EB"], value["NU"]
    names = ["AI", "AO", "BI", "BO"]
    first = names[value["R1"]] if pressed and named and value["R1"] < 4 else "-"
    second = names[value["R2"]] if first != "-" and value["SA"] else "-"
    return f"pressed={int(pressed)} first={first} second={second}"


def contact(packet):
    """A single input contact, D5-00-01."""
    packet.parse_eep(0x00, 0x01)
    return f"closed={packet.parsed['CO']['raw_value']} learn={int(packet.learn)}"


def judge(frame):
    try:
        result, rest, packet = Packet.parse_msg(frame)
    except IndexError:
        return "unreadable"  # the package cannot do without optional data
    if result != PARSE_RESULT.OK or rest:
        return "refused"
    if packet.packet_type == PACKET.RESPONSE:
        return f"response {packet.response:02x}"
    if packet.packet_type == PACKET.EVENT:
        return f"event {packet.event:02x}"
    if packet.packet_type != PACKET.RADIO_ERP1:
        return f"packet {packet.packet_type:02x}"
    sender = packet.sender_hex.replace(":", "").lower()
    heard = f"sender={sender} dbm={packet.dBm}"
    if packet.rorg not in (RORG.RPS, RORG.BS1):
        return f"radio {packet.rorg:02x} {heard}"
    telegram = f"data={packet.data[1]:02x} status={packet.status:02x} hops={packet.repeater_count}"
    meaning = rocker(packet) if packet.rorg == RORG.RPS else contact(packet)
    return f"radio {packet.rorg:02x} {heard} {telegram} {meaning}"


for line in sys.stdin:
    print(judge(bytearray.fromhex(line)))
