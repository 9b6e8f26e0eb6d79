import AlarmModel
import Captures
import Foundation
import Testing
import WireProtocols

extension EndToEnd {
    @Suite("Captures")
    struct CaptureTests {
        @Test("After damage the last bytes of the port are kept in a file that Wireshark reads")
        func dumpAfterDamage() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            try station.start()
            try work([presser]) { presser.answered.count >= 3 }
            presser.isPressing = false
            try work([presser]) { presser.unanswered.isEmpty }
            let damaged: [UInt8] = [0, 5, 1, 2, 3, 4, 0]
            presser.wire.send(damaged)
            #expect(try station.desk.waits { try captures(station).count == 1 })
            let name = try #require(try captures(station).first)
            #expect(name.hasPrefix("line-badLength-") && name.hasSuffix(".pcapng"))

            let file = "\(station.capturesPath)/\(name)"
            let packets = try tshark(file)
            let received = packets.filter { !$0.isSent }.map(\.bytes).joined()
            let sent = packets.count(where: \.isSent)
            #expect(Set(packets.map(\.port)) == ["line"])
            #expect(received.contains(hexText(presser.answered[0])))
            #expect(received.hasSuffix(hexText(damaged)))
            #expect(sent > presser.answered.count, "a greeting, and every reply")
            #expect(station.stop() == 0)
        }

        @Test("tocsin capture writes the bytes of one port, both ways, as Wireshark reads them")
        func liveCapture() throws {
            let station = try Station(ports: [.init("line", "jt808"), .init("other", "surgard")])
            let presser = try Presser("jt808", on: station.line(to: "line"))
            let other = try Presser("surgard", on: station.line(to: "other"))
            try station.start()
            let file = station.folder.path("live.pcapng")
            let capture = try ChildProcess(
                Programs.path("tocsin"),
                ["capture", "--desk", "unix:\(station.desk.socketPath)", "--port", "line"],
                output: file)
            // The head of the file is written when the capture has begun.
            #expect(try station.desk.waits { try size(file) > 0 })
            try work([presser, other]) { presser.answered.count >= 50 }
            presser.isPressing = false
            try work([presser, other]) { presser.unanswered.isEmpty }
            let replies = presser.answered.count
            #expect(try station.desk.waits { try tshark(file).count(where: \.isSent) >= replies })
            capture.kill()

            let packets = try tshark(file)
            #expect(Set(packets.map(\.port)) == ["line"])
            let received = packets.filter { !$0.isSent }.map(\.bytes).joined()
            #expect(received == presser.answered.map { hexText($0) }.joined())
            #expect(station.stop() == 0)
        }

        @Test("A capture that is replayed on a pty or into a decoder gives its events again")
        func replay() throws {
            let station = try Station(ports: [.init("line", "surgard")])
            let frames = (1...20).compactMap { serial in
                ProtocolRegistry.find("surgard")?.sample(
                    of: [.sos], serial: serial, at: WallTime(microseconds: 0))
            }
            let records = frames.map {
                CaptureRecord(
                    portName: "line", protocolID: "surgard", direction: .received,
                    at: WallTime(microseconds: 0), bytes: $0)
            }
            let file = station.folder.path("played.pcapng")
            let bytes = PcapngWriter.file(
                records, port: CapturePort(name: "line", protocolID: "surgard"), note: "a test")
            try Data(bytes).write(to: URL(filePath: file))

            let tocsin = Programs.path("tocsin")
            let decoded = try Programs.run(
                tocsin, ["decode", "--protocol", "surgard", "--input", "pcapng", file])
            let replayed = try Programs.run(tocsin, ["replay", file])
            #expect(replayed.status == 0)
            #expect(replayed.output == decoded.output && !decoded.output.isEmpty)

            try station.start()
            let played = try Programs.run(
                tocsin, ["replay", "--pty", station.folder.path("line"), file])
            #expect(played.status == 0)
            #expect(station.stop() == 0)
            #expect(try station.storedEvents().events.map(\.raw) == frames)
        }

        private func size(_ file: String) throws -> Int {
            try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        }

        /// The daemon makes the folder when it has the first one to keep.
        private func captures(_ station: Station) throws -> [String] {
            guard FileManager.default.fileExists(atPath: station.capturesPath) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: station.capturesPath)
                .filter { $0.hasSuffix(".pcapng") }  // Not the one that is still being written.
        }

        private struct Packet {
            var port: String
            var isSent: Bool
            var bytes: String
        }

        private func tshark(_ file: String) throws -> [Packet] {
            let fields = ["frame.interface_name", "frame.packet_flags_direction", "data.data"]
            let outcome = try Programs.run(
                "/usr/bin/env",
                ["tshark", "-r", file, "-T", "fields"] + fields.flatMap { ["-e", $0] })
            try #require(outcome.status != 127, "tshark is missing: apt-get install tshark")
            try #require(outcome.status == 0, "tshark refused the file: \(outcome.complaints)")
            let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
            return lines.map { line in
                let words = line.split(separator: "\t", omittingEmptySubsequences: false)
                return Packet(
                    port: String(words[0]), isSent: words[1] == "0x00000002",
                    bytes: String(words[2]))
            }
        }
    }
}
