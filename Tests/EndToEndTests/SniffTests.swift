import AlarmModel
import Foundation
import Testing
import WireProtocols

extension EndToEnd {
    /// A pseudo-terminal has no speed, so the first setting is the right one; what other settings
    /// hear is simulated bit by bit in SniffingTests.
    @Suite("Ports whose protocol is not known")
    struct SniffTests {
        @Test(
            "An SOS pressed while the daemon sniffs is answered, and stored once",
            arguments: ["surgard", "jt808", "tocsin-link"] as [ProtocolID])
        func sosWhileSniffing(_ id: ProtocolID) throws {
            let station = try Station(ports: [.init("receiver", "auto")])
            let line = try station.line(to: "receiver")
            try station.start()
            #expect(try station.desk.waits { try station.desk.ports()["receiver"]?.reason != nil })
            let presser = try Presser(id, on: line, window: 1)
            presser.isPressing = false
            try presser.press()
            #expect(try work([presser]) { presser.unanswered.isEmpty })
            #expect(station.tells("found \(id)"))
            #expect(
                try station.desk.waits {
                    try station.desk.ports()["receiver"]?.reason?.contains("found \(id)") == true
                })
            // From here on it is a port like any other.
            try presser.press()
            #expect(try work([presser]) { presser.unanswered.isEmpty })
            #expect(station.stop() == 0)
            let pressed = try station.storedEvents().events.filter { $0.draft.kind == .sos }
            #expect(pressed.map(\.raw) == presser.answered)
        }

        @Test("`tocsin sniff` prints what it found, and the lines for the configuration")
        func command() throws {
            let folder = try TemporaryFolder()
            let path = folder.path("line")
            let wire = try Wire.line(at: path)
            let presser = try Presser("surgard", on: wire, window: 1)
            presser.isPressing = false
            let output = folder.path("output")
            let child = try ChildProcess(
                Programs.path("tocsin"), ["sniff", path, "--seconds", "20"], output: output)
            #expect(child.standardError.wait(for: "listening at 9600 8N1"))
            try presser.press()
            #expect(child.waitForExit(within: .seconds(15)) == 0)
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(text.contains("protocol: surgard"))
            #expect(text.contains("serial: {baud: 9600, format: 8N1}"))
            // It listens, and no more.
            #expect(wire.receive().isEmpty)
        }

        @Test("`tocsin sniff` ends with 1 and says what it heard when that is nothing")
        func silence() throws {
            let folder = try TemporaryFolder()
            let path = folder.path("line")
            let wire = try Wire.line(at: path)
            let outcome = try Programs.run(
                Programs.path("tocsin"), ["sniff", path, "--seconds", "1", "--json"])
            #expect(outcome.status == 1)
            #expect(String(decoding: outcome.output, as: UTF8.self).contains(#""bytes" : 0"#))
            #expect(wire.receive().isEmpty)
        }

        @Test("A port that the daemon holds is not sniffed, and it is said that it is held")
        func held() throws {
            let station = try Station(ports: [.init("receiver", "surgard")])
            let line = try station.line(to: "receiver")
            try station.start()
            let outcome = try Programs.run(
                Programs.path("tocsin"), ["sniff", station.folder.path("receiver")])
            #expect(outcome.status != 0)
            #expect(outcome.complaints.contains("held by"))
            #expect(line.receive().isEmpty)
        }
    }
}
