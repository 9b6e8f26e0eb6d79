"""What the PyPI package `pyRFXtrx` makes of RFXtrx packets: one line of hexadecimal in, one line out.

The line `tables` gives what the package has names for. The station's own reading of the same
packets, and its tables, are compared with it by JudgeTests.
"""

import sys

from RFXtrx import lowlevel


def numbers(table):
    return " ".join(f"{number:02x}" for number in sorted(table))


def tables():
    return (
        f"types {numbers(lowlevel.PACKET_TYPES)}"
        f" statuses {numbers(lowlevel.Security1.STATUS)}"
        f" subtypes {numbers(lowlevel.Security1.TYPES)}"
    )


def judge(frame):
    packet = lowlevel.parse(frame)
    if packet is None:
        return "refused"
    if isinstance(packet, lowlevel.Status):
        return f"status firmware={packet.firmware_version}"
    if not isinstance(packet, lowlevel.Security1):
        return f"packet {packet.packettype:02x}"
    battery = "-" if packet.battery is None else packet.battery
    return (
        f"security subtype={packet.subtype:02x} sequence={packet.seqnbr}"
        f" id={packet.id_combined:06x} status={packet.security1_status:02x}"
        f" tamper={int(packet.tamper)} signal={packet.rssi} battery={battery}"
    )


for line in sys.stdin:
    print(tables() if line.strip() == "tables" else judge(bytearray.fromhex(line)))
