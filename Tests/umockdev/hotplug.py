#!/usr/bin/python3
"""Plugs and unplugs mocked serial adapters under a running program and checks what it reports.

    hotplug.py SCENARIO CHILD [ARGUMENT ...]

This process owns the umockdev testbed; the child runs under it and prints one line per event, as
Tests/PortProbe does. It has to know three ports, by these names and marks:

    ftdi    vendor 0403, product 6001, serial A6008isP
    cp2102  vendor 10c4, product ea60
    ch340   vendor 1a86, product 7523

Exit status: 0 as expected; 1 with a message when something else happened; 77 when umockdev or its
Python bindings are missing.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

PRELOAD = "libumockdev-preload.so.0"
PATIENCE = 5.0  # seconds for what should take milliseconds, on a loaded machine
RETURN = 2.0  # seconds within which a device that came back has to be open

try:
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import UMockdev
except (ImportError, ValueError) as error:
    print(f"umockdev is missing ({error}): "
          "apt-get install umockdev gir1.2-umockdev-1.0 python3-gi", file=sys.stderr)
    sys.exit(77)


class Broken(Exception):
    """An expectation that did not hold."""


class Device:
    """A USB device in a socket, with one node."""

    def plug(self):
        self.testbed.add_from_string(self.text)
        self.line = self.testbed.get_dev_fd(self.path)
        os.set_blocking(self.line, False)

    def unplug(self):
        """As the kernel does it: the node hangs up, the events follow."""
        self.hang_up()
        self.remove()

    def hang_up(self):
        # Left open, so that the next pty gets another number: umockdev asserts on one used before.
        os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        os.close(self.line)

    def remove(self):
        for folder in reversed(self.folders):  # children first, or plugging again asserts
            self.testbed.uevent(f"/sys{folder}", "remove")
            self.testbed.remove_device(f"/sys{folder}")

    def send(self, data):
        os.write(self.line, data)

    def receive(self, count):
        data = b""
        deadline = time.monotonic() + PATIENCE
        while len(data) < count and time.monotonic() < deadline:
            try:
                data += os.read(self.line, 4096)
            except BlockingIOError:
                time.sleep(0.005)
        return data


class Adapter(Device):
    """A USB serial adapter, with one tty."""

    def __init__(self, testbed, node, socket, vendor, product, name, driver, serial=None):
        self.testbed = testbed
        self.path = f"/dev/{node}"
        self.id_path = f"pci-0000:00:14.0-usb-0:{socket}:1.0"
        usb = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{socket}"
        interface = f"{usb}/1-{socket}:1.0"
        minor = int(re.search(r"\d+$", node).group())
        self.folders = [usb, interface, f"{interface}/{node}", f"{interface}/{node}/tty/{node}"]
        long_serial = f"{name}_{serial}" if serial else name
        marks = ["E: ID_BUS=usb", f"E: ID_VENDOR_ID={vendor}", f"E: ID_MODEL_ID={product}",
                 f"E: ID_SERIAL={long_serial}"]
        if serial:
            marks.append(f"E: ID_SERIAL_SHORT={serial}")
        attributes = [f"A: idVendor={vendor}\\n", f"A: idProduct={product}\\n",
                      f"A: product={name}\\n"]
        if serial:
            attributes.append(f"A: serial={serial}\\n")
        self.text = "\n".join([
            f"P: {self.folders[0]}", "E: DEVTYPE=usb_device", "E: SUBSYSTEM=usb",
            f"E: DEVNAME=/dev/bus/usb/001/00{socket}", "E: MAJOR=189", f"E: MINOR={socket}",
            *marks, *attributes, "",
            f"P: {self.folders[1]}", "E: DEVTYPE=usb_interface", f"E: DRIVER={driver}",
            "E: SUBSYSTEM=usb", "A: bInterfaceNumber=00\\n", "",
            f"P: {self.folders[2]}", "E: SUBSYSTEM=usb-serial", f"E: DRIVER={driver}",
            "A: port_number=0\\n", "",
            f"P: {self.folders[3]}", f"N: {node}",
            f"E: DEVNAME={self.path}", *marks, "E: ID_USB_INTERFACE_NUM=00",
            f"E: ID_PATH={self.id_path}", "E: MAJOR=188", f"E: MINOR={minor}",
            "E: SUBSYSTEM=tty", f"A: dev=188:{minor}\\n", "", ""])


class Child:
    """The program under test and the lines that it prints."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def expect(self, pattern, seconds=PATIENCE):
        """Waits for a line; those before it are kept for `never`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.001, deadline - time.monotonic()))
            except queue.Empty:
                raise Broken(f"no line like {pattern!r} within {seconds} s") from None
            if line is None:
                raise Broken(f"the child ended before a line like {pattern!r}")
            self.seen.append(line)
            if re.fullmatch(pattern, line):
                return line

    def never(self, pattern):
        for line in self.seen:
            if re.fullmatch(pattern, line):
                raise Broken(f"unexpected line {line!r}")

    def stop(self):
        # Not SIGTERM: umockdev keeps one signal mask for all threads while it looks a path up, and
        # may leave the first thread with that of another, which takes no signals.
        self.process.kill()
        self.process.wait(timeout=PATIENCE)


def exchange(child, adapter, port_id, data):
    """Bytes go both ways: the child reports them and writes them back."""
    adapter.send(data)
    child.expect(f"data {re.escape(port_id)} {data.hex()}")
    answer = adapter.receive(len(data))
    if answer != data:
        raise Broken(f"{port_id} wrote {answer!r} instead of {data!r}")


def ftdi(testbed, node, socket=1, serial="A6008isP"):
    return Adapter(testbed, node, socket, "0403", "6001", "FTDI_FT232R_USB_UART", "ftdi_sio",
                   serial)


def cp2102(testbed, node, socket=2, serial="0001"):
    return Adapter(testbed, node, socket, "10c4", "ea60", "Silicon_Labs_CP2102", "cp210x", serial)


def ch340(testbed, node, socket=3):
    return Adapter(testbed, node, socket, "1a86", "7523", "1a86_USB_Serial", "ch341")


FTDI_ID = "usb-FTDI_FT232R_USB_UART_A6008isP-if00"
CP2102_ID = "usb-Silicon_Labs_CP2102_0001-if00"


def replug(testbed, start):
    """An adapter comes, goes, and comes back under another node; its neighbour notices nothing."""
    neighbour = cp2102(testbed, "ttyUSB5")
    neighbour.plug()
    child = start()
    child.expect(f"opened cp2102 {CP2102_ID} /dev/ttyUSB5")
    child.expect("status ftdi absent .*")
    first = ftdi(testbed, "ttyUSB0")
    first.plug()
    child.expect(f"opened ftdi {FTDI_ID} /dev/ttyUSB0", RETURN)
    exchange(child, first, FTDI_ID, b"before\r\n")
    exchange(child, first, FTDI_ID, b"\xff\x00\x7e")
    exchange(child, neighbour, CP2102_ID, b"neighbour 1\r\n")
    first.unplug()
    child.expect(f"closed {FTDI_ID} unplugged")
    child.expect("status ftdi absent .*")
    exchange(child, neighbour, CP2102_ID, b"neighbour 2\r\n")
    second = ftdi(testbed, "ttyUSB1")
    second.plug()
    child.expect(f"opened ftdi {FTDI_ID} /dev/ttyUSB1", RETURN)
    exchange(child, second, FTDI_ID, b"after\r\n")
    exchange(child, neighbour, CP2102_ID, b"neighbour 3\r\n")
    child.never("closed usb-Silicon_Labs.*")
    return child


def moved(testbed, start):
    """A serial number goes with its adapter to another socket."""
    child = start()
    first = ftdi(testbed, "ttyUSB0", socket=1)
    first.plug()
    child.expect(f"opened ftdi {FTDI_ID} /dev/ttyUSB0", RETURN)
    first.unplug()
    child.expect(f"closed {FTDI_ID} unplugged")
    ftdi(testbed, "ttyUSB1", socket=4).plug()
    child.expect(f"opened ftdi {FTDI_ID} /dev/ttyUSB1", RETURN)
    return child


def noserial(testbed, start):
    """An adapter without a serial number is known by its socket."""
    adapter = ch340(testbed, "ttyUSB2")
    adapter.plug()
    child = start()
    port_id = f"path-{adapter.id_path}"
    child.expect(f"opened ch340 {port_id} /dev/ttyUSB2")
    exchange(child, adapter, port_id, b"press\r\n")
    adapter.unplug()
    child.expect(f"closed {port_id} unplugged")
    again = ch340(testbed, "ttyUSB3")
    again.plug()
    child.expect(f"opened ch340 {port_id} /dev/ttyUSB3", RETURN)
    exchange(child, again, port_id, b"press again\r\n")
    return child


def twins(testbed, start):
    """Two adapters with one serial number: nothing is guessed, and nothing open is disturbed."""
    first = cp2102(testbed, "ttyUSB0", socket=1)
    first.plug()
    child = start()
    child.expect(f"opened cp2102 {CP2102_ID} /dev/ttyUSB0")
    second = cp2102(testbed, "ttyUSB1", socket=2)
    second.plug()
    exchange(child, first, CP2102_ID, b"still the same\r\n")
    child.never("closed .*")
    child.stop()
    # Found together at start, neither can be preferred; the reason names both sockets.
    child = start()
    sockets = f".*{re.escape(first.id_path)}.*{re.escape(second.id_path)}.*"
    child.expect(f"status cp2102 unusable {sockets}")
    child.never("opened cp2102 .*")
    # With one gone, the other is no guess; it keeps the id of its socket.
    first.unplug()
    child.expect(f"opened cp2102 path-{second.id_path} /dev/ttyUSB1", RETURN)
    return child


SCENARIOS = {scenario.__name__: scenario for scenario in (replug, moved, noserial, twins)}


def enter_testbed():
    """Starts this script again under umockdev, unless it runs there already."""
    if PRELOAD not in os.environ.get("LD_PRELOAD", ""):
        os.environ["LD_PRELOAD"] = f"{PRELOAD}:{os.environ.get('LD_PRELOAD', '')}".rstrip(":")
        os.execv(sys.executable, [sys.executable, *sys.argv])
    # A test runner may have it blocked, and the children inherit that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main(scenarios, usage):
    if len(sys.argv) < 3 or sys.argv[1] not in scenarios:
        print(usage, file=sys.stderr)
        print("scenarios:", ", ".join(scenarios), file=sys.stderr)
        return 2
    enter_testbed()
    testbed = UMockdev.Testbed.new()
    children = []

    def start():
        children.append(Child(sys.argv[2:]))
        return children[-1]

    try:
        scenarios[sys.argv[1]](testbed, start)
    except Broken as broken:
        print(f"{sys.argv[1]}: {broken}\nThe child printed:", file=sys.stderr)
        for line in children[-1].seen if children else []:
            print("   ", line, file=sys.stderr)
        return 1
    finally:
        for child in children:
            child.stop()
    print(f"{sys.argv[1]}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main(SCENARIOS, __doc__))
