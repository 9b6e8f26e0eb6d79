import AlarmModel
import Foundation
import Testing

@testable import LinuxPorts

@Suite("A pipe port")
struct PipePortTests {
    private func pipe(_ name: String, _ path: String) -> PortDefinition {
        PortDefinition(name: name, protocolID: "rtl433", way: .pipe(.fifo(path)))
    }

    /// A folder of its own for each test; gone afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "tocsin-pipe-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ text: String, to path: String) {
        let writer = open(path, O_WRONLY | O_NONBLOCK)
        defer { close(writer) }
        let bytes = Array(text.utf8)
        #expect(Glibc.write(writer, bytes, bytes.count) == bytes.count)
    }

    @Test("A FIFO that is not there is made, for its owner and its group only")
    func made() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            let harness = try LoopHarness([pipe("sensors", path)])
            let port = try #require(try harness.openPort("sensors"))
            #expect(port.path == path && port.id == PortIdentity.id(ofPath: path, kind: "pipe"))
            var file = stat()
            #expect(stat(path, &file) == 0 && file.st_mode == S_IFIFO | 0o660)
        }
    }

    @Test("A writer that goes away and another that comes are nothing to tell")
    func writers() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            mkfifo(path, 0o660)
            let harness = try LoopHarness([pipe("sensors", path)])
            let port = try #require(try harness.openPort("sensors"))
            for round in 1...3 {
                write("one\n", to: path)
                #expect(try harness.turn { harness.received[port.handle]?.count == round * 4 })
            }
            // Nobody writes now, and the loop has nothing to do until the FIFO is looked at again.
            let before = Clock.monotonic()
            try harness.loop.turn(until: before + .milliseconds(200))
            #expect(Clock.monotonic() - before >= .milliseconds(199))
            #expect(harness.closed.isEmpty && harness.opened.count == 1)
            #expect(harness.status("sensors")?.counter("bytesIn") == 12)
        }
    }

    @Test("Two writers at once are both read")
    func together() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            let harness = try LoopHarness([pipe("sensors", path)])
            let port = try #require(try harness.openPort("sensors"))
            let writers = [open(path, O_WRONLY), open(path, O_WRONLY)]
            for round in 1...50 {
                for writer in writers { _ = Glibc.write(writer, "line\n", 5) }
                #expect(try harness.turn { harness.received[port.handle]?.count == round * 10 })
            }
            writers.forEach { close($0) }
            let text = String(decoding: harness.received[port.handle] ?? [], as: UTF8.self)
            #expect(text == String(repeating: "line\n", count: 100))
        }
    }

    @Test("What is no FIFO is refused and left as it is")
    func otherFile() throws {
        try withFolder { folder in
            let path = "\(folder)/notes"
            try "keep".write(toFile: path, atomically: true, encoding: .utf8)
            let harness = try LoopHarness([pipe("sensors", path), pipe("null", "/dev/null")])
            try harness.loop.turn(until: Clock.monotonic())
            for (name, place) in [("sensors", path), ("null", "/dev/null")] {
                #expect(harness.status(name)?.state == .unusable)
                #expect(harness.status(name)?.reason == "\(place) is there and is no FIFO")
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "keep")
            unlink(path)
            #expect(try harness.openPort("sensors", within: 2) != nil)
        }
    }

    @Test("A FIFO whose folder is missing is made when the folder comes")
    func noFolder() throws {
        try withFolder { folder in
            let path = "\(folder)/later/sensors"
            let harness = try LoopHarness([pipe("sensors", path)])
            try harness.loop.turn(until: Clock.monotonic())
            #expect(harness.status("sensors")?.state == .absent)
            #expect(harness.status("sensors")?.remedy?.contains("mkfifo -m 0660 \(path)") == true)
            mkdir("\(folder)/later", 0o700)
            #expect(try harness.openPort("sensors", within: 2) != nil)
        }
    }

    @Test("A FIFO that is removed or replaced is not listened to for ever")
    func replaced() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            let harness = try LoopHarness([pipe("sensors", path)])
            let first = try #require(try harness.openPort("sensors"))
            unlink(path)
            #expect(try harness.turn(within: 5) { harness.isClosed(first.handle) })
            #expect(harness.closed.first?.reason == .removed)
            let second = try #require(try harness.openPort("sensors", within: 2))
            #expect(second.id == first.id)
            write("again", to: path)
            #expect(try harness.turn { harness.received[second.handle]?.count == 5 })
        }
    }

    @Test("Replies to a pipe go nowhere and are counted")
    func replies() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            let harness = try LoopHarness([pipe("sensors", path)])
            let port = try #require(try harness.openPort("sensors"))
            harness.write([6], to: port.handle)
            harness.write([6, 6], to: port.handle)
            write("x", to: path)
            #expect(try harness.turn { harness.received[port.handle] == Array("x".utf8) })
            #expect(harness.status("sensors")?.counter("unsentReplies") == 2)
            #expect(harness.status("sensors")?.counter("bytesOut") == 0)
            #expect(harness.closed.isEmpty)
        }
    }

    @Test("A FIFO has one reader: another port or another station finds it taken")
    func alone() throws {
        try withFolder { folder in
            let path = "\(folder)/sensors"
            let link = "\(folder)/link"
            symlink(path, link)
            let harness = try LoopHarness([pipe("a", path), pipe("b", link)])
            #expect(try harness.openPort("a") != nil)
            #expect(harness.status("b")?.reason == "\(path) is already used by port a")
            let other = try LoopHarness([pipe("c", path)])
            try other.tryPorts()
            #expect(other.status("c")?.state == .busy)
            #expect(other.status("c")?.reason?.contains("another program holds it") == true)
        }
    }
}

/// On a process of its own, because there is only one standard input.
@Suite("Standard input as a port")
struct StandardInputTests {
    /// The lines that a PortProbe prints, read as they come.
    private final class Probe {
        let process = Process()
        private let output = Pipe()
        private(set) var text = ""

        init(_ arguments: String..., input: Any) throws {
            process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
                .deletingLastPathComponent().appending(path: "PortProbe")
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            try process.run()
        }

        deinit { stop() }

        /// A test runner may have SIGTERM blocked, and its children inherit that.
        func stop() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// Waits for a line; false when it does not come within 10 s.
        func says(_ line: String) -> Bool {
            let descriptor = output.fileHandleForReading.fileDescriptor
            let deadline = Clock.monotonic() + .seconds(10)
            while !text.contains("\(line)\n") {
                var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let rest = (deadline - Clock.monotonic()).microseconds / 1_000
                guard rest > 0, poll(&watched, 1, Int32(rest)) == 1 else { return false }
                let data = output.fileHandleForReading.availableData
                guard !data.isEmpty else { return false }
                text += String(decoding: data, as: UTF8.self)
            }
            return true
        }

        /// Ticks of processor time so far, 100 a second.
        var ticks: Int {
            let file = "/proc/\(process.processIdentifier)/stat"
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            return text.split(separator: " ").dropFirst(13).prefix(2)
                .compactMap { Int($0) }.reduce(0, +)
        }
    }

    @Test("Its end closes the port, says so, and keeps nobody busy", .timeLimit(.minutes(1)))
    func ends() throws {
        let input = Pipe()
        let fifo = "/tmp/tocsin-stdin-\(UUID().uuidString)"
        defer { unlink(fifo) }
        let probe = try Probe("name=in,pipe=-", "name=other,pipe=\(fifo)", input: input)
        #expect(probe.says("opened in pipe-stdin standard input"))
        try input.fileHandleForWriting.write(contentsOf: Data("alarm".utf8))
        #expect(probe.says("data pipe-stdin 616c61726d"))
        try input.fileHandleForWriting.write(contentsOf: Data("last".utf8))
        try input.fileHandleForWriting.close()
        #expect(probe.says("data pipe-stdin 6c617374"))
        #expect(probe.says("closed pipe-stdin end of input"))
        #expect(probe.says("status in absent standard input has ended"))
        let before = probe.ticks
        // Longer than a retry, so that one would be seen.
        Clock.rest(.milliseconds(1_500))
        #expect(probe.ticks - before < 20)
        let writer = open(fifo, O_WRONLY)
        _ = Glibc.write(writer, "z", 1)
        close(writer)
        let id = PortIdentity.id(ofPath: fifo, kind: "pipe")
        #expect(probe.says("data \(id) 7a"))
        #expect(
            probe.text.split(separator: "opened in ", omittingEmptySubsequences: false).count == 2)
    }

    @Test("It is refused when it is no pipe, as under systemd", .timeLimit(.minutes(1)))
    func noPipe() throws {
        let probe = try Probe("name=in,pipe=-", input: FileHandle.nullDevice)
        #expect(probe.says("status in unusable standard input is no pipe"))
    }

    @Test("It is one port only", .timeLimit(.minutes(1)))
    func once() throws {
        let input = Pipe()
        let probe = try Probe("name=in,pipe=-", "name=again,pipe=-", input: input)
        #expect(probe.says("status again unusable standard input is already used by port in"))
    }
}
