import AlarmModel
import CLinux
import Foundation
import Testing

@testable import LinuxPorts

/// Against ser2net, which serves a pseudo-terminal. A machine without it fails these tests and says
/// what to install; they are never skipped.
@Suite("A line behind a serial server")
struct SerialServerTests {
    private let settings = SerialSettings(baud: 19_200, format: .eightNoneOne)
    /// What telnet, a terminal or a line protocol could trip over.
    private let awkward: [UInt8] = [
        0xFF, 0x0D, 0x00, 0x0D, 0x0A, 0xFF, 0xFF, 0x11, 0x13, 0x03, 0x41,
    ]

    private func connecting(_ way: PortDefinition.Way) throws -> LoopHarness {
        try LoopHarness([PortDefinition(name: "ward-7", protocolID: "surgard", way: way)])
    }

    /// Bytes go both ways, unharmed.
    private func expectBothWays(_ harness: LoopHarness, _ device: PseudoTerminal) throws {
        let port = try #require(try harness.openPort("ward-7"))
        let before = harness.received[port.handle]?.count ?? 0
        // Until the server has the line open, what the device sends is lost.
        _ = try harness.turn(within: 10) {
            device.send([0x2E])
            return harness.received[port.handle]?.count ?? 0 > before
        }
        device.send(awkward)
        #expect(
            try harness.turn {
                harness.received[port.handle]?.suffix(awkward.count) == awkward[...]
            })
        harness.write(awkward, to: port.handle)
        var answer: [UInt8] = []
        #expect(
            try harness.turn {
                answer += device.receive()
                return answer.suffix(awkward.count) == awkward[...]
            })
    }

    @Test("Over plain TCP the bytes of the line arrive as they are")
    func plainTCP() throws {
        let device = PseudoTerminal()
        let server = try Ser2net("tcp", device)
        let harness = try connecting(.tcpConnect(server.address))
        try expectBothWays(harness, device)
    }

    @Test("Over RFC 2217 they do too, and the line gets the speed of the configuration")
    func rfc2217() throws {
        let device = PseudoTerminal()
        let server = try Ser2net("telnet(rfc2217),tcp", device)
        let harness = try connecting(.serialServer(server.address, settings))
        try expectBothWays(harness, device)
        #expect(try harness.turn { device.baud == 19_200 })
        // A pseudo-terminal has no modem lines, so these are never confirmed: bytes flow anyway,
        // and the status says it.
        #expect(try harness.turn { harness.status("ward-7")?.reason != nil })
        let reason = try #require(harness.status("ward-7")?.reason)
        #expect(reason.contains("has not confirmed") && reason.hasSuffix("DTR, RTS"))
        #expect(!reason.contains("baud"))
        #expect(harness.status("ward-7")?.state == .open)
        try expectBothWays(harness, device)
    }

    @Test("When the server is killed and comes again, so does the port, with its speed")
    func restart() throws {
        let device = PseudoTerminal()
        var server = try Ser2net("telnet(rfc2217),tcp", device)
        let harness = try connecting(.serialServer(server.address, settings))
        try expectBothWays(harness, device)
        server.kill()
        #expect(try harness.turn { harness.closed.count == 1 })
        #expect(try harness.turn { harness.status("ward-7")?.state == .absent })
        device.baud = 1_200
        server = try Ser2net("telnet(rfc2217),tcp", device, on: server.address)
        try expectBothWays(harness, device)
        #expect(try harness.turn { device.baud == 19_200 })
    }

    @Test("A server without the option is used as its line is, and the status says so")
    func withoutOption() throws {
        let device = PseudoTerminal()
        let server = try Ser2net("telnet,tcp", device)
        let harness = try connecting(.serialServer(server.address, settings))
        try expectBothWays(harness, device)
        #expect(
            try harness.turn {
                harness.status("ward-7")?.reason?.contains("refuses RFC 2217") == true
            })
        #expect(harness.status("ward-7")?.remedy?.contains("allow RFC 2217") == true)
        try expectBothWays(harness, device)
    }

    @Test("A server that speaks no telnet is used as its line is, and the status says so")
    func withoutTelnet() throws {
        let device = PseudoTerminal()
        let server = try Ser2net("tcp", device)
        let harness = try connecting(.serialServer(server.address, settings))
        #expect(
            try harness.turn {
                harness.status("ward-7")?.reason?.contains("does not speak telnet") == true
            })
        try expectBothWays(harness, device)
    }
}

/// A ser2net of the test's own, gone with its object.
private final class Ser2net {
    let address: NetworkAddress
    private let process = Process()
    private let folder: URL

    /// - Parameter accepter: how it is reached, without the address: `tcp`.
    init(_ accepter: String, _ device: PseudoTerminal, on address: NetworkAddress? = nil) throws {
        let program = "/usr/sbin/ser2net"
        try #require(
            FileManager.default.isExecutableFile(atPath: program),
            "\(program) is missing: apt-get install ser2net")
        self.address = try address ?? Self.freeAddress()
        folder = FileManager.default.temporaryDirectory
            .appending(path: "tocsin-ser2net-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let configuration = folder.appending(path: "ser2net.yaml")
        try """
        connection: &line
          accepter: \(accepter),\(self.address.host),\(self.address.port)
          connector: serialdev,\(device.path),9600n81,local

        """.write(to: configuration, atomically: false, encoding: .utf8)
        process.executableURL = URL(filePath: program)
        // In the foreground, without lock files, which ptys of earlier runs may have left.
        process.arguments = ["-n", "-u", "-c", configuration.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func kill() {
        guard process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// A port that was free a moment ago.
    private static func freeAddress() throws -> NetworkAddress {
        let any = try SocketAddress.resolve("127.0.0.1", 0, numericOnly: true).get()
        let descriptor = try #require(any.first.flatMap(TCPSocket.listen))
        defer { close(descriptor) }
        let text = try #require(Socket.localAddress(of: descriptor)?.description)
        return try #require(NetworkAddress(text))
    }
}
