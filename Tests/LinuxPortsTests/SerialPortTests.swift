import AlarmModel
import Glibc
import Testing

@testable import LinuxPorts

@Suite("A serial port")
struct SerialPortTests {
    private func serial(
        _ name: String, _ path: String, _ settings: SerialSettings = SerialSettings()
    ) -> PortDefinition {
        PortDefinition(
            name: name, protocolID: "surgard", way: .serial(DeviceMatch(path: path), settings))
    }

    /// A path of its own for each test, as udev's links are.
    private func temporaryPath(_ name: String) -> String {
        "/tmp/tocsin-ports-\(getpid())-\(name)"
    }

    @Test("Bytes go both ways, all 256 of them")
    func bothWays() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", device.path)])
        let port = try #require(try harness.openPort("receiver"))
        let all = Array(UInt8.min...UInt8.max)
        device.send(all)
        #expect(try harness.turn { harness.received[port.handle] == all })
        harness.write(all, to: port.handle)
        var answer: [UInt8] = []
        #expect(
            try harness.turn {
                answer += device.receive()
                return answer == all
            })
        #expect(port.path == device.path)
        #expect(port.id == PortIdentity.id(ofPath: device.path))
        let status = try #require(harness.status("receiver"))
        #expect(status.state == .open && status.reason == nil)
        #expect(status.counter("bytesIn") == 256 && status.counter("bytesOut") == 256)
    }

    @Test("A port whose device is absent is not an error, and is opened when it comes")
    func absent() throws {
        let path = temporaryPath("absent")
        let harness = try LoopHarness([serial("receiver", path)])
        try harness.loop.turn(until: Clock.monotonic())
        #expect(harness.status("receiver")?.state == .absent)
        #expect(harness.status("receiver")?.reason?.contains(path) == true)
        let device = PseudoTerminal()
        symlink(device.path, path)
        defer { unlink(path) }
        #expect(try harness.openPort("receiver", within: 2) != nil)
    }

    @Test("A port that hangs up is closed at once, and open again 2 s after its device is back")
    func returns() throws {
        let path = temporaryPath("returns")
        var device = PseudoTerminal()
        symlink(device.path, path)
        defer { unlink(path) }
        let neighbourDevice = PseudoTerminal()
        let harness = try LoopHarness([
            serial("receiver", path), serial("neighbour", neighbourDevice.path),
        ])
        let first = try #require(try harness.openPort("receiver"))
        let neighbour = try #require(try harness.openPort("neighbour"))
        device.send(Array("last words".utf8))
        #expect(try harness.turn { harness.received[first.handle]?.count == 10 })
        device.hangUp()
        #expect(try harness.turn { harness.isClosed(first.handle) })
        #expect(harness.closed.first?.reason == .unplugged)
        #expect(harness.status("receiver")?.state == .absent)

        device = PseudoTerminal()
        unlink(path)
        symlink(device.path, path)
        let second = try #require(try harness.openPort("receiver", within: 2))
        #expect(second.id == first.id)
        #expect(second.handle != first.handle)
        device.send(Array("back".utf8))
        #expect(try harness.turn { harness.received[second.handle] == Array("back".utf8) })
        neighbourDevice.send([1])
        #expect(try harness.turn { harness.received[neighbour.handle] == [1] })
        #expect(harness.closed.count == 1)
        #expect(harness.status("receiver")?.counter("opens") == 2)
    }

    @Test("A port that another program holds is busy, names it, and is opened when it is let go")
    func busy() throws {
        let device = PseudoTerminal()
        let other = open(device.path, O_RDWR | O_NOCTTY)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
        let harness = try LoopHarness([serial("receiver", device.path)])
        #expect(try harness.turn { harness.status("receiver")?.state == .busy })
        #expect(harness.status("receiver")?.reason?.contains("(pid \(getpid()))") == true)
        #expect(harness.status("receiver")?.remedy?.isEmpty == false)
        close(other)
        #expect(try harness.openPort("receiver", within: 2) != nil)
        #expect(harness.status("receiver")?.reason == nil)
    }

    @Test("Two ports never share one device")
    func taken() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("a", device.path), serial("b", device.path)])
        #expect(try harness.openPort("a") != nil)
        #expect(harness.status("b")?.state == .unusable)
        #expect(harness.status("b")?.reason == "\(device.path) is already used by port a")
    }

    @Test("What is no serial device is unusable, not opened")
    func notATerminal() throws {
        let path = temporaryPath("file")
        close(open(path, O_CREAT | O_RDWR, 0o600))
        defer { unlink(path) }
        let harness = try LoopHarness([serial("file", path), serial("null", "/dev/null")])
        try harness.tryPorts()
        #expect(harness.status("file")?.state == .unusable)
        #expect(harness.status("null")?.state == .unusable)
        #expect(harness.opened.isEmpty)
    }

    @Test("A tty is raw, takes one byte at a time, and has the rate asked for, standard or not")
    func attributes() throws {
        for baud: UInt32 in [1_200, 31_250] {
            let device = PseudoTerminal()
            // As a shell leaves it.
            let before = open(device.path, O_RDWR | O_NOCTTY)
            defer { close(before) }
            var cooked = termios()
            tcgetattr(before, &cooked)
            cooked.c_lflag |= tcflag_t(ICANON | ECHO | ISIG)
            cooked.c_iflag |= tcflag_t(ICRNL | IXON | ISTRIP)
            cooked.c_oflag |= tcflag_t(OPOST)
            cooked.c_cflag |= tcflag_t(HUPCL)
            tcsetattr(before, TCSANOW, &cooked)
            let port = try SerialPort.open(device.path, SerialSettings(baud: baud))
            defer { SerialPort.close(port.descriptor) }
            var raw = termios()
            tcgetattr(port.descriptor, &raw)
            #expect(raw.c_iflag == 0 && raw.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
            #expect(raw.c_oflag & tcflag_t(OPOST) == 0 && raw.c_cflag & tcflag_t(HUPCL) == 0)
            #expect(raw.c_cflag & tcflag_t(CLOCAL | CREAD) == tcflag_t(CLOCAL | CREAD))
            #expect(withUnsafeBytes(of: raw.c_cc) { $0[Int(VMIN)] } == 1)
            #expect(withUnsafeBytes(of: raw.c_cc) { $0[Int(VTIME)] } == 0)
            #expect(SerialSettings.baud(of: cfgetospeed(&raw)) == (baud == 1_200 ? 1_200 : nil))
            #expect(SerialPort.baud(of: port.descriptor) == baud)
        }
    }

    @Test("Bytes that the tty layer marked are read as they were on the line")
    func marked() throws {
        let device = PseudoTerminal()
        let opened = try SerialPort.open(device.path, SerialSettings())
        var attributes = termios()
        tcgetattr(opened.descriptor, &attributes)
        attributes.c_iflag = tcflag_t(INPCK | PARMRK)
        tcsetattr(opened.descriptor, TCSANOW, &attributes)
        let port = OpenNode(descriptor: opened.descriptor, marksErrors: true, isSlow: false)
        let slot = PortSlot(serial("receiver", device.path), number: 1)
        let channel = SerialChannel(
            PortHandle(rawValue: 1), port, node: device.path, of: slot.mark)
        defer { channel.close() }
        device.send([0x7E, 0xFF, 0xFF, 0, 0x7E])
        var bytes = [UInt8](repeating: 0, count: 64)
        let outcome = bytes.withUnsafeMutableBytes { channel.read(into: $0) }
        #expect(outcome == .bytes(5))
        #expect(bytes.prefix(5) == [0x7E, 0xFF, 0xFF, 0, 0x7E])
        #expect(slot.counters.bytesIn == 7, "the tty layer doubled each FF")
        #expect(slot.counters.lineErrors == LineErrors())
    }

    @Test("A device that takes no bytes is closed as stuck, and delays nobody")
    func stuck() throws {
        let (device, other) = (PseudoTerminal(), PseudoTerminal())
        let harness = try LoopHarness([serial("stuck", device.path), serial("other", other.path)])
        let stuck = try #require(try harness.openPort("stuck"))
        let neighbour = try #require(try harness.openPort("other"))
        let chunk = [UInt8](repeating: 0x55, count: 4_096)
        for _ in 0..<64 { harness.write(chunk, to: stuck.handle) }
        harness.write([7], to: neighbour.handle)
        #expect(other.receive() == [7])
        #expect(harness.closed.isEmpty, "told only from inside a turn")
        #expect(try harness.turn { harness.isClosed(stuck.handle) })
        #expect(harness.closed.first?.reason == .stuck)
        #expect(!harness.isClosed(neighbour.handle))
    }

    @Test("Bytes that the device does not take at once arrive later, in order")
    func queued() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("slow", device.path)])
        let port = try #require(try harness.openPort("slow"))
        let bytes = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        harness.write(bytes, to: port.handle)
        var arrived: [UInt8] = []
        #expect(
            try harness.turn {
                arrived += device.receive()
                return arrived.count >= bytes.count
            })
        #expect(arrived == bytes)
        #expect(harness.closed.isEmpty)
    }
}
