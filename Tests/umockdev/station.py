#!/usr/bin/python3
"""Plugs and unplugs mocked adapters and buttons under the real daemon, and presses what they serve.

    station.py SCENARIO TOCSIND FOLDER

The folder is where the daemon works; it must hold presses.json, which has a list of presses for
each serial port of PORTS, each press the frame and the reply that is due, in hexadecimal.

Exit status: as that of hotplug.py.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time

import buttons
import hotplug
from hotplug import CP2102_ID, FTDI_ID, PATIENCE, RETURN, Broken, UMockdev

PORTS = """
  - {name: ftdi, protocol: surgard, match: {vendor: "0403", product: "6001", serial: A6008isP}}
  - {name: cp2102, protocol: jt808, match: {vendor: "10c4", product: "ea60"}}
  - {name: ch340, protocol: tocsin-link, match: {vendor: "1a86", product: "7523"}}
  - {name: button, protocol: hid-button, hidraw: {vendor: "1d34", product: "000d"}}
"""


class Connection(http.client.HTTPConnection):
    """HTTP over the daemon's socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Station:
    """The daemon in its folder."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.desk = os.path.join(folder, "desk.sock")
        with open(os.path.join(folder, "presses.json"), encoding="ascii") as file:
            self.presses = {name: iter(presses) for name, presses in json.load(file).items()}
        self.configuration = os.path.join(folder, "tocsin.yaml")
        with open(self.configuration, "w", encoding="ascii") as file:
            file.write(f"station: {{id: test, name: Test}}\n"
                       f"ledger: {{path: {folder}/ledger.sqlite}}\n"
                       f"captures: {{path: {folder}/captures}}\n"
                       f"listen: [\"unix:{self.desk}\"]\nports:{PORTS}")
        self.log = os.path.join(folder, "tocsind.log")
        self.process = None

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", self.configuration], stderr=log)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        status = self.process.wait(timeout=PATIENCE)
        self.process = None
        if status != 0:
            raise Broken(f"the daemon ended with {status}")

    def get(self, target):
        connection = Connection(self.desk)
        connection.request("GET", target)
        return json.loads(connection.getresponse().read())

    def expect(self, name, seconds=PATIENCE, **wanted):
        """Waits until the desk shows the port so; its other fields are returned."""
        deadline = time.monotonic() + seconds
        port = None
        while time.monotonic() < deadline:
            try:
                port = next(port for port in self.get("/v1/ports") if port["name"] == name)
                if all(port.get(key) == value for key, value in wanted.items()):
                    return port
            except (OSError, StopIteration):
                pass  # not started yet
            time.sleep(0.02)
        raise Broken(f"{name} is {port} instead of {wanted} within {seconds} s")

    def opened(self, name, port_id, path, seconds=PATIENCE):
        return self.expect(name, seconds, state="open", id=port_id, path=path)

    def counted(self, name, counter, count):
        """Waits until the port has counted so many."""
        deadline = time.monotonic() + PATIENCE
        while (counted := self.expect(name, state="open")["counters"][counter]) != count:
            if time.monotonic() > deadline:
                raise Broken(f"{name} counted {counted} {counter} instead of {count}")
            time.sleep(0.02)

    def press(self, name, adapter):
        """A press is answered, whatever else the station has to say first."""
        frame, reply = map(bytes.fromhex, next(self.presses[name]))
        adapter.send(frame)
        heard = b""
        deadline = time.monotonic() + PATIENCE
        while reply not in heard:
            if time.monotonic() > deadline:
                raise Broken(f"{name} answered {heard.hex()} instead of {reply.hex()}")
            heard += adapter.receive(1)


def replug(testbed, station):
    """An adapter vanishes and comes back under another node, while its neighbour is pressed."""
    neighbour = hotplug.cp2102(testbed, "ttyUSB5")
    neighbour.plug()
    station.start()
    station.opened("cp2102", CP2102_ID, "/dev/ttyUSB5")
    station.expect("ftdi", state="absent")
    station.press("cp2102", neighbour)
    for node in ("ttyUSB0", "ttyUSB1", "ttyUSB2"):
        adapter = hotplug.ftdi(testbed, node)
        adapter.plug()
        station.opened("ftdi", FTDI_ID, f"/dev/{node}", RETURN)
        station.press("ftdi", adapter)
        station.press("ftdi", adapter)
        adapter.unplug()
        station.press("cp2102", neighbour)
        station.expect("ftdi", state="absent")
        station.press("cp2102", neighbour)
    if station.expect("cp2102", state="open")["counters"]["opens"] != 1:
        raise Broken("the neighbour was opened again")


def noserial(testbed, station):
    """An adapter without a serial number is known by its socket."""
    station.start()
    for node in ("ttyUSB0", "ttyUSB1"):
        adapter = hotplug.ch340(testbed, node)
        adapter.plug()
        station.opened("ch340", f"path-{adapter.id_path}", f"/dev/{node}")
        station.press("ch340", adapter)
        adapter.unplug()
        station.expect("ch340", state="absent")


def twins(testbed, station):
    """Of two adapters with one serial number none is guessed, and the open one is not disturbed."""
    first = hotplug.cp2102(testbed, "ttyUSB0", socket=1)
    first.plug()
    station.start()
    station.opened("cp2102", CP2102_ID, "/dev/ttyUSB0")
    second = hotplug.cp2102(testbed, "ttyUSB1", socket=2)
    second.plug()
    station.press("cp2102", first)
    station.opened("cp2102", CP2102_ID, "/dev/ttyUSB0")
    station.stop()
    station.start()
    reason = station.expect("cp2102", state="unusable")["reason"]
    for adapter in (first, second):
        if adapter.id_path not in reason:
            raise Broken(f"{adapter.id_path} is not named in {reason!r}")
    first.unplug()
    station.opened("cp2102", f"path-{second.id_path}", "/dev/ttyUSB1")
    station.press("cp2102", second)


def button(testbed, station):
    """A button is asked for its state and told of, before and after it was away."""
    neighbour = hotplug.cp2102(testbed, "ttyUSB5", socket=5)
    neighbour.plug()
    station.start()
    station.opened("cp2102", CP2102_ID, "/dev/ttyUSB5")
    station.expect("button", state="absent")
    read = 0
    for node in ("hidraw0", "hidraw1", "hidraw2"):
        device = buttons.Button(testbed, node)
        device.plug()
        station.opened("button", f"path-{device.id_path}", f"/dev/{node}", RETURN)
        for report in (buttons.OPEN, buttons.PRESSED, buttons.OPEN):
            if device.receive(8)[:8] != buttons.POLL:
                raise Broken("the button was not asked for its state")
            device.send(report)
            read += len(report)
            station.counted("button", "bytesIn", read)
        station.press("cp2102", neighbour)
        device.hang_up()
        station.expect("button", state="absent")
        device.remove()
        station.press("cp2102", neighbour)
    if station.expect("cp2102", state="open")["counters"]["opens"] != 1:
        raise Broken("the neighbour was opened again")


SCENARIOS = {scenario.__name__: scenario for scenario in (replug, noserial, twins, button)}


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in SCENARIOS:
        print(__doc__, file=sys.stderr)
        print("scenarios:", ", ".join(SCENARIOS), file=sys.stderr)
        return 2
    hotplug.enter_testbed()
    testbed = UMockdev.Testbed.new()
    station = Station(*sys.argv[2:])
    try:
        SCENARIOS[sys.argv[1]](testbed, station)
        station.stop()
    except (Broken, subprocess.TimeoutExpired) as broken:
        print(f"{sys.argv[1]}: {broken}\nThe daemon said:", file=sys.stderr)
        with open(station.log, encoding="utf-8") as log:
            print(log.read(), file=sys.stderr)
        return 1
    finally:
        if station.process:
            station.process.kill()
    print(f"{sys.argv[1]}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
