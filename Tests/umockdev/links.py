#!/usr/bin/python3
"""Plugs mocked serial adapters under a program that knows them by a link, and checks what it reports.

    links.py SCENARIO CHILD [ARGUMENT ...]

As hotplug.py, with a child that has to know these ports, by these names and marks:

    linked  path /dev/tocsin/by-serial/0403-6001-A6008isP-if00
    again   the same path
    cp2102  vendor 10c4, product ea60
"""

import os
import sys

import hotplug
from hotplug import CP2102_ID, FTDI_ID, RETURN, exchange

LINK = "dev/tocsin/by-serial/0403-6001-A6008isP-if00"


def link(testbed, node):
    """Makes the link lead to a node, whether that is there or not, as udev does."""
    path = os.path.join(testbed.get_root_dir(), LINK)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(f"../../{node}", path)


def replug(testbed, start):
    """The id is the device's, wherever the link leads; the second name of it is told."""
    child = start()
    child.expect("status linked absent .*")
    for node in ("ttyUSB0", "ttyUSB1", "ttyUSB2"):
        link(testbed, node)  # before there is anything behind it
        adapter = hotplug.ftdi(testbed, node)
        adapter.plug()
        child.expect(f"opened linked {FTDI_ID} /dev/{node}", RETURN)
        child.expect(f"status again unusable /dev/{node} is already used by port linked")
        exchange(child, adapter, FTDI_ID, b"press\r\n")
        adapter.unplug()
        child.expect(f"closed {FTDI_ID} unplugged")
    child.never("opened linked (?!usb-FTDI).*")
    return child


def stale(testbed, start):
    """What udev wrote of the device that had the node before is not believed."""
    child = start()
    child.expect("status cp2102 absent .*")
    link(testbed, "ttyUSB0")
    adapter = hotplug.ftdi(testbed, "ttyUSB0")
    now = hotplug.cp2102(testbed, "ttyUSB0")
    # The marks of the node are the old ones; the attributes below it are those of the new device.
    usb, *rest = adapter.text.split("\n\n")
    adapter.text = "\n\n".join([now.text.split("\n\n")[0].replace("1-2", "1-1"), *rest])
    adapter.plug()
    child.expect("status linked absent .*udev has not described.*")
    child.never("opened .*")
    node = f"/sys{adapter.folders[3]}"
    for name, value in (("ID_VENDOR_ID", "10c4"), ("ID_MODEL_ID", "ea60"),
                        ("ID_SERIAL_SHORT", "0001"),
                        ("ID_SERIAL", "Silicon_Labs_CP2102_0001")):
        testbed.set_property(node, name, value)
    testbed.uevent(node, "change")
    child.expect(f"opened (linked|cp2102) {CP2102_ID} /dev/ttyUSB0", RETURN)
    child.never("opened .*FTDI.*")
    return child


SCENARIOS = {scenario.__name__: scenario for scenario in (replug, stale)}

if __name__ == "__main__":
    sys.exit(hotplug.main(SCENARIOS, __doc__))
