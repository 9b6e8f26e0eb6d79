import AlarmModel
import Glibc
import Testing

@testable import LinuxPorts

/// One end of a connection that keeps the bounds of messages, as a hidraw node does, is the port.
@Suite("A hidraw port")
struct HidrawPortTests {
    private final class Button {
        let device: Int32
        let slot = PortSlot(
            PortDefinition(
                name: "button", protocolID: "hid-button",
                way: .hidraw(DeviceMatch(vendor: "1d34"))),
            number: 1)
        let channel: HidrawChannel

        init() {
            var ends: [Int32] = [-1, -1]
            socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends)
            device = ends[0]
            channel = HidrawChannel(
                PortHandle(rawValue: 1), ends[1], node: "/dev/hidraw0", of: slot.mark)
        }

        deinit {
            channel.close()
            close(device)
        }

        func send(_ report: [UInt8]) { _ = Glibc.write(device, report, report.count) }

        /// Waits for the next report.
        func receive() -> [UInt8] {
            var watched = pollfd(fd: device, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 5_000) == 1 else { return [] }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = Glibc.read(device, &bytes, bytes.count)
            return Array(bytes.prefix(max(0, count)))
        }
    }

    private func read(_ channel: Channel, room: Int = 1_024) -> (ReadOutcome, [UInt8]) {
        var bytes = [UInt8](repeating: 0xEE, count: room)
        let outcome = bytes.withUnsafeMutableBytes { channel.read(into: $0) }
        guard case .bytes(let count) = outcome else { return (outcome, []) }
        return (outcome, Array(bytes.prefix(count)))
    }

    @Test("Each report is one read, with its length in front")
    func reports() {
        let button = Button()
        button.send([0x17, 0, 0, 0, 0, 0, 0, 3])
        button.send([1])
        button.send([UInt8](repeating: 7, count: 64))
        #expect(read(button.channel).1 == [8, 0x17, 0, 0, 0, 0, 0, 0, 3])
        #expect(read(button.channel).1 == [1, 1])
        #expect(read(button.channel).1 == [64] + [UInt8](repeating: 7, count: 64))
        #expect(read(button.channel).0 == .nothing)
        #expect(button.slot.counters.bytesIn == 73, "the length is not the device's")
        #expect(button.slot.counters.cutReports == 0)
    }

    @Test("A report that is too long is cut and counted, and the next one is whole")
    func longReport() {
        let button = Button()
        button.send([9] + [UInt8](repeating: 5, count: 200))
        button.send([1, 2])
        #expect(read(button.channel).1 == [64, 9] + [UInt8](repeating: 5, count: 63))
        #expect(read(button.channel).1 == [2, 1, 2])
        #expect(button.slot.counters.cutReports == 1)
    }

    @Test("A report is left in the kernel while the buffer has no room for a whole one")
    func noRoom() {
        let button = Button()
        button.send([1, 2, 3])
        #expect(read(button.channel, room: 65).0 == .nothing)
        #expect(read(button.channel, room: 66).1 == [3, 1, 2, 3])
    }

    @Test("Each reply is written as one report, and counted when it has been")
    func replies() {
        let button = Button()
        #expect(button.channel.write([0, 1, 2].span) == nil)
        #expect(button.channel.write([0, 3].span) == nil)
        #expect(button.receive() == [0, 1, 2])
        #expect(button.receive() == [0, 3])
        #expect(eventually(button.channel) { button.slot.counters.bytesOut == 5 })
        #expect(button.slot.counters.unsentReplies == 0)
    }

    @Test("A device that takes no reports is still read")
    func refusedReply() throws {
        let (reading, writing) = try makePipe()
        defer { close(writing) }
        let slot = Button().slot
        // The reading end of a pipe refuses to be written to.
        let channel = HidrawChannel(
            PortHandle(rawValue: 1), reading, node: "/dev/hidraw0", of: slot.mark)
        defer { channel.close() }
        #expect(channel.write([0, 1].span) == nil)
        #expect(eventually(channel) { slot.counters.unsentReplies == 1 })
        #expect(slot.counters.bytesOut == 0)
        _ = Glibc.write(writing, [UInt8]([4, 5]), 2)
        #expect(read(channel).1 == [2, 4, 5])
    }

    @Test("A device that hangs keeps nobody waiting, and nothing piles up for it")
    func hangs() throws {
        let (reading, writing) = try makePipe()
        // Full, so that a write waits until somebody reads.
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        while Glibc.write(writing, [UInt8](repeating: 0, count: 4_096), 4_096) > 0 {}
        _ = fcntl(writing, F_SETFL, 0)
        let slot = Button().slot
        let channel = HidrawChannel(
            PortHandle(rawValue: 1), writing, node: "/dev/hidraw0", of: slot.mark)
        for _ in 0..<100 { #expect(channel.write([1, 2, 3].span) == nil) }
        // One is being written, a handful waits.
        #expect((80...99).contains(slot.counters.unsentReplies))
        channel.close()
        close(reading)
    }

    @Test("What is no report is not sent", arguments: [0, 66])
    func noReport(length: Int) {
        let button = Button()
        #expect(button.channel.write([UInt8](repeating: 0, count: length).span) == nil)
        #expect(button.channel.write([0, 9].span) == nil)
        #expect(button.receive() == [0, 9])
        #expect(button.slot.counters.unsentReplies == 1)
    }

    @Test("The error of a device that is gone means that it was unplugged")
    func unplugged() {
        // The master of a pseudo-terminal without a slave answers as an unplugged device does.
        var (master, slave): (Int32, Int32) = (-1, -1)
        openpty(&master, &slave, nil, nil, nil)
        close(slave)
        let channel = HidrawChannel(
            PortHandle(rawValue: 1), master, node: "/dev/hidraw0", of: Button().slot.mark)
        defer { channel.close() }
        #expect(read(channel).0 == .closed(.unplugged))
    }

    @Test("What is no raw HID device is unusable, not opened")
    func otherKind() throws {
        let device = PseudoTerminal()
        let definition = { (name: String, path: String) in
            PortDefinition(
                name: name, protocolID: "hid-button", way: .hidraw(DeviceMatch(path: path)))
        }
        let harness = try LoopHarness([
            definition("tty", device.path), definition("null", "/dev/null"),
            definition("none", "/dev/hidraw-none"),
        ])
        try harness.loop.turn(until: Clock.monotonic())
        for (name, path) in [("tty", device.path), ("null", "/dev/null")] {
            #expect(harness.status(name)?.state == .unusable)
            #expect(harness.status(name)?.reason == "\(path) is not a raw HID device")
        }
        #expect(harness.status("none")?.state == .absent)
        #expect(harness.opened.isEmpty)
    }

    @Test("Its id has the shape of a tty's")
    func identity() {
        var identity = PortIdentity()
        let button = DeviceFacts(
            subsystem: .hidraw, node: "/dev/hidraw0", vendor: "1d34", product: "000d",
            interface: "00", idPath: "pci-0000:00:14.0-usb-0:2:1.0")
        var named = button
        named.serial = "77"
        named.longSerial = "Maker_Button_77"
        named.idPath = "pci-0000:00:14.0-usb-0:3:1.0"
        var wireless = named
        wireless.node = "/dev/hidraw2"
        wireless.portNumber = "1"
        let board = DeviceFacts(subsystem: .hidraw, node: "/dev/hidraw3")
        #expect(
            identity.ids(of: [button, named, wireless, board]) == [
                "path-pci-0000:00:14.0-usb-0:2:1.0", "usb-Maker_Button_77-if00",
                "usb-Maker_Button_77-if00-port1", "hidraw-hidraw3",
            ])
    }

    /// Waits for what the writer's thread counts.
    private func eventually(_ channel: Channel, _ condition: () -> Bool) -> Bool {
        let deadline = Clock.monotonic() + .seconds(5)
        while Clock.monotonic() < deadline {
            channel.gatherCounts()
            if condition() { return true }
            Clock.rest(.milliseconds(1))
        }
        return false
    }

    private func makePipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }
}
