import AlarmModel
import Foundation
import Testing

@testable import LinuxPorts

@Suite("What is a terminal and no port")
struct TerminalTests {
    private func status(of path: String) throws -> PortStatus? {
        let harness = try LoopHarness([
            PortDefinition(
                name: "receiver", protocolID: "surgard",
                way: .serial(DeviceMatch(path: path), SerialSettings()))
        ])
        try harness.tryPorts()
        return harness.status("receiver")
    }

    @Test(
        "Consoles and the door to new pseudo-terminals are told from lines by their numbers",
        arguments: [
            (4, 0, true), (4, 63, true), (4, 64, false), (5, 0, true), (5, 1, true), (5, 2, true),
            (136, 0, false), (166, 0, false), (188, 0, false),
        ])
    func numbers(major: UInt64, minor: UInt64, isConsole: Bool) {
        // ttyS0 is one where the kernel was told so.
        let isKernels = (try? String(contentsOfFile: "/proc/consoles", encoding: .utf8))?
            .contains(" \(major):\(minor)\n")
        let number = dev_t(major << 8 | minor)
        #expect(TerminalNumber.isConsole(number) == (isConsole || isKernels == true))
        #expect(TerminalNumber.isPseudo(number) == (major == 136))
    }

    @Test("The door to new pseudo-terminals is no port")
    func door() throws {
        let status = try status(of: "/dev/ptmx")
        #expect(status?.state == .unusable)
        #expect(status?.reason?.contains("console") == true)
        #expect(status?.remedy?.contains("by-id") == true)
    }

    @Test("A link that was left behind and leads to somebody's terminal is not opened")
    func staleLink() throws {
        let terminal = PseudoTerminal()
        terminal.baud = 38_400
        let link = NSTemporaryDirectory() + "tocsin-stale-\(UUID().uuidString)"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: terminal.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        var file = stat()
        #expect(stat(terminal.path, &file) == 0)
        // Somebody who works there.
        let somebody = Process()
        somebody.executableURL = URL(filePath: "/usr/bin/setsid")
        somebody.arguments = ["--ctty", "sleep", "60"]
        somebody.standardInput = FileHandle(forUpdatingAtPath: terminal.path)
        try somebody.run()
        let end = Clock.monotonic() + .seconds(20)
        while DeviceHolder.ofTerminal(file.st_rdev, known: nil) == nil, Clock.monotonic() < end {
            Clock.rest(.milliseconds(5))
        }
        let status = try status(of: link)
        #expect(status?.state == .unusable)
        #expect(
            status?.reason?.hasPrefix("\(link) leads to \(terminal.path), the terminal of ") == true
        )
        #expect(terminal.baud == 38_400, "its settings are as they were")
        somebody.terminate()
        somebody.waitUntilExit()
    }

    @Test("One tty under two names is told, and open once")
    func twoNames() throws {
        let line = PseudoTerminal()
        let link = NSTemporaryDirectory() + "tocsin-name-\(UUID().uuidString)"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: line.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        let harness = try LoopHarness(
            [("first", line.path), ("second", link)].map { name, path in
                PortDefinition(
                    name: name, protocolID: "surgard",
                    way: .serial(DeviceMatch(path: path), SerialSettings()))
            })
        try harness.tryPorts()
        #expect(harness.opened.map(\.name) == ["first"])
        #expect(harness.status("second")?.state == .unusable)
        #expect(
            harness.status("second")?.reason == "\(line.path) is already used by port first")
    }

    @Test("A path is followed link by link to what is there, and to nothing in a circle")
    func links() throws {
        let folder = NSTemporaryDirectory() + "tocsin-links-\(UUID().uuidString)"
        let files = FileManager.default
        try files.createDirectory(
            atPath: folder + "/real/deep", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        #expect(files.createFile(atPath: folder + "/real/node", contents: nil))
        let made = [
            ("folder", "real/deep"), ("real/deep/one", "../node"), ("two", "folder/one"),
            ("circle", "circle"), ("nowhere", "none"),
        ]
        for (name, target) in made {
            try files.createSymbolicLink(
                atPath: "\(folder)/\(name)", withDestinationPath: target)
        }
        let real = try #require(resolvedPath(folder + "/real/node"))
        #expect(real.hasSuffix("/real/node"))
        for name in ["two", "folder/one", "real/deep/../node"] {
            #expect(resolvedPath("\(folder)/\(name)") == real)
        }
        #expect(resolvedPath(folder + "/circle") == nil)
        #expect(resolvedPath(folder + "/nowhere") == nil)
        #expect(resolvedPath("/dev/null") == "/dev/null")
    }
}
