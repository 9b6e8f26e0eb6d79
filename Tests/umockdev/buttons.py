#!/usr/bin/python3
"""Plugs and unplugs mocked USB buttons under a running program and checks what it reports.

    buttons.py SCENARIO CHILD [ARGUMENT ...]

As hotplug.py, with a child that has to know these ports, by these names and marks:

    button  raw HID, vendor 1d34, product 000d
    cp2102  serial, vendor 10c4, product ea60
    serial  serial, vendor 1d34: no tty is ever plugged in that fits
"""

import re
import sys

import hotplug
from hotplug import CP2102_ID, RETURN, Device, exchange

# What the button is asked with, and what it says.
POLL = bytes.fromhex("0800000000000002")
CLOSED = bytes.fromhex("1500000000000003")
OPEN = bytes.fromhex("1700000000000003")
PRESSED = bytes.fromhex("1600000000000003")


class Button(Device):
    """A USB button with one hidraw node. udev says whose it is at the USB device only."""

    def __init__(self, testbed, node, socket=2, serial=None, described=True):
        self.testbed = testbed
        self.path = f"/dev/{node}"
        minor = int(re.search(r"\d+$", node).group())
        usb = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{socket}"
        interface = f"{usb}/1-{socket}:1.0"
        hid = f"{interface}/0003:1D34:000D.{minor + 1:04X}"
        self.folders = [usb, interface, hid, f"{hid}/hidraw/{node}"]
        # With the rules of tocsin, or without: then the kernel's name of the interface must do.
        self.id_path = f"pci-0000:00:14.0-usb-0:{socket}:1.0" if described else f"1-{socket}:1.0"
        marks = ["E: ID_VENDOR_ID=1d34", "E: ID_MODEL_ID=000d"]
        attributes = ["A: idVendor=1d34\\n", "A: idProduct=000d\\n"]
        if serial:
            marks += [f"E: ID_SERIAL=Dream_Cheeky_{serial}", f"E: ID_SERIAL_SHORT={serial}"]
            attributes.append(f"A: serial={serial}\\n")
        self.text = "\n".join([
            f"P: {usb}", "E: DEVTYPE=usb_device", "E: SUBSYSTEM=usb",
            f"E: DEVNAME=/dev/bus/usb/001/00{socket}", "E: MAJOR=189", f"E: MINOR={socket}",
            *marks, *attributes, "",
            f"P: {interface}", "E: DEVTYPE=usb_interface", "E: DRIVER=usbhid", "E: SUBSYSTEM=usb",
            "A: bInterfaceNumber=00\\n", "",
            f"P: {hid}", "E: SUBSYSTEM=hid", "E: DRIVER=hid-generic",
            f"E: HID_PHYS=usb-0000:00:14.0-{socket}/input0", "",
            f"P: {self.folders[3]}", f"N: {node}", f"E: DEVNAME={self.path}",
            *([f"E: ID_PATH={self.id_path}"] if described else []),
            "E: MAJOR=240", f"E: MINOR={minor}", "E: SUBSYSTEM=hidraw",
            f"A: dev=240:{minor}\\n", "", ""])


def press(child, button, port_id):
    """Each report arrives behind its length, and what the child writes back as it is."""
    for report in (CLOSED, PRESSED, b"\x01"):
        button.send(report)
        delivered = bytes([len(report)]) + report
        child.expect(f"data {re.escape(port_id)} {delivered.hex()}")
        if button.receive(len(delivered)) != delivered:
            raise hotplug.Broken(f"{port_id} did not write the report back")


def replug(testbed, start, serial=None, described=True):
    """A button comes, goes, and comes back under another node; its neighbour notices nothing."""
    neighbour = hotplug.cp2102(testbed, "ttyUSB5", socket=5)
    neighbour.plug()
    child = start()
    child.expect(f"opened cp2102 {CP2102_ID} /dev/ttyUSB5")
    child.expect("status button absent no device with vendor 1d34, product 000D is present")
    first = Button(testbed, "hidraw0", serial=serial, described=described)
    port_id = f"usb-Dream_Cheeky_{serial}-if00" if serial else f"path-{first.id_path}"
    first.plug()
    child.expect(f"opened button {re.escape(port_id)} /dev/hidraw0", RETURN)
    press(child, first, port_id)
    exchange(child, neighbour, CP2102_ID, b"neighbour 1\r\n")
    first.hang_up()  # before any event of udev
    child.expect(f"closed {re.escape(port_id)} unplugged")
    child.expect("status button absent .*")
    first.remove()
    exchange(child, neighbour, CP2102_ID, b"neighbour 2\r\n")
    second = Button(
        testbed, "hidraw1", socket=4 if serial else 2, serial=serial, described=described)
    second.plug()
    child.expect(f"opened button {re.escape(port_id)} /dev/hidraw1", RETURN)
    press(child, second, port_id)
    exchange(child, neighbour, CP2102_ID, b"neighbour 3\r\n")
    child.never("closed usb-Silicon_Labs.*")
    child.never("status serial (?!absent).*")
    return child


def moved(testbed, start):
    """A serial number goes with its button to another socket."""
    return replug(testbed, start, serial="B7")


def norules(testbed, start):
    """Without the udev rules a button is known by its socket all the same."""
    return replug(testbed, start, described=False)


def twins(testbed, start):
    """Of two buttons none is guessed; with one gone, the other is no guess."""
    first, second = Button(testbed, "hidraw0", socket=2), Button(testbed, "hidraw1", socket=3)
    first.plug()
    second.plug()
    child = start()
    sockets = f".*{re.escape(first.id_path)}.*{re.escape(second.id_path)}.*"
    child.expect(f"status button unusable {sockets}")
    first.unplug()
    child.expect(f"opened button path-{re.escape(second.id_path)} /dev/hidraw1", RETURN)
    press(child, second, f"path-{second.id_path}")
    return child


SCENARIOS = {scenario.__name__: scenario for scenario in (replug, moved, norules, twins)}

if __name__ == "__main__":
    sys.exit(hotplug.main(SCENARIOS, __doc__))
