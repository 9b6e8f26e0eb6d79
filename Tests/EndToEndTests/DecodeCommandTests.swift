import AlarmModel
import Captures
import Foundation
import Testing
import WireProtocols

extension EndToEnd {
    @Suite("tocsin decode")
    struct DecodeCommandTests {
        static let vectorFiles: [URL] = {
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "protocol-spec")
            let names = FileManager.default.subpaths(atPath: folder.path) ?? []
            return names.filter { $0.hasSuffix(".vectors") }.sorted()
                .map { folder.appending(path: $0) }
        }()

        @Test("There are vectors of every protocol")
        func vectorsAreFound() {
            let folders = Self.vectorFiles.map {
                $0.deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
            }
            #expect(Set(folders) == Set(ProtocolRegistry.all.map(\.id.rawValue)))
        }

        @Test(
            "However the bytes are cut into reads, the output is the same", arguments: vectorFiles)
        func chunks(_ url: URL) throws {
            let file = try VectorFile(
                parsing: Array(try Data(contentsOf: url)), file: url.lastPathComponent)
            let bytes = file.cases.flatMap(\.steps).flatMap { step -> [UInt8] in
                if case .receive(let bytes) = step.action { bytes } else { [] }
            }
            let options = file.options.flatMap { ["--option", "\($0.key)=\($0.value)"] }
            let whole = try decode(file.protocolID, options, hexText(bytes))
            let dripped = try decode(
                file.protocolID, options, bytes.map { hexText([$0]) }.joined(separator: "\n"))
            let difference = zip(whole, dripped).first { $0 != $1 }
            #expect(difference == nil)
            #expect(whole.count == dripped.count)
            #expect(whole.contains { $0.hasPrefix(#"{"event":"#) })
            #expect(whole.last?.hasPrefix(#"{"pending":"#) == true)
        }

        @Test("An unknown protocol ends with 64 and names the known ones")
        func unknownProtocol() throws {
            let outcome = try Programs.run(
                Programs.path("tocsin"), ["decode", "--protocol", "surgrad", "/dev/null"])
            #expect(outcome.status == 64)
            for id in ProtocolRegistry.all.map(\.id.rawValue) {
                #expect(outcome.complaints.contains(id))
            }
        }

        @Test("4 MiB of noise end with 0, and every byte is accounted for", arguments: protocols)
        func noise(_ id: ProtocolID) throws {
            let seed = UInt64.random(in: 0...999_999)
            var random = SplitMix64(seed: seed)
            let bytes = (0..<(4 << 20) / 8).flatMap { _ in
                withUnsafeBytes(of: random.next()) { Array($0) }
            }
            let folder = try TemporaryFolder()
            let path = folder.path("noise")
            try Data(bytes).write(to: URL(filePath: path))
            let outcome = try Programs.run(
                Programs.path("tocsin"),
                ["decode", "--protocol", id.rawValue, "--input", "binary", path],
                within: .seconds(120))
            #expect(outcome.status == 0, "seed \(seed): \(outcome.complaints)")
            let account = try Account(outcome.output)
            if ProtocolRegistry.find(id)?.hasChecksum == true {
                #expect(account.bytes == bytes.count, "seed \(seed)")
            } else {
                // A whole line that means nothing is asked for again; its bytes are not printed.
                #expect(account.bytes <= bytes.count, "seed \(seed)")
                #expect(account.bytes > bytes.count / 2, "seed \(seed)")
            }
        }

        static let protocols = ProtocolRegistry.all.map(\.id)

        /// The lines that the bytes give, each line of `hex` one read.
        private func decode(
            _ id: ProtocolID, _ options: [String], _ hex: String
        ) throws -> [Substring] {
            let folder = try TemporaryFolder()
            let path = folder.path("input")
            try hex.write(toFile: path, atomically: false, encoding: .utf8)
            let outcome = try Programs.run(
                Programs.path("tocsin"), ["decode", "--protocol", id.rawValue] + options + [path])
            #expect(outcome.status == 0, "\(outcome.complaints)")
            return String(decoding: outcome.output, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }
    }
}

/// The bytes that the lines of `tocsin decode` speak of. The events of one frame follow each other
/// and carry the same `raw`; a `checkIn` is said once in a frame, which tells equal frames apart.
private struct Account {
    private(set) var bytes = 0

    private struct Line: Decodable {
        struct Event: Decodable, Equatable {
            var kind: String
            var raw: String
        }
        struct Skip: Decodable { var bytes: Int }
        var event: Event?
        var skip: Skip?
        var pending: Int?
    }

    init(_ output: Data) throws {
        let decoder = JSONDecoder()
        var last: Line.Event?
        for text in output.split(separator: UInt8(ascii: "\n")) {
            let line = try decoder.decode(Line.self, from: text)
            if let event = line.event,
                event.raw != last?.raw || event.kind == "checkIn" && event == last
            {
                bytes += event.raw.utf8.count / 2
            }
            last = line.event
            bytes += (line.skip?.bytes ?? 0) + (line.pending ?? 0)
        }
    }
}
