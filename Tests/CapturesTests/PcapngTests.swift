import AlarmModel
import Captures
import Testing

@Suite("Capture files")
struct PcapngTests {
    static let section = CaptureSection(
        hardware: "x86_64", operatingSystem: "Linux 6.1", application: "tocsind 1.0",
        note: "dumped after decode error badChecksum")
    static let ports = [
        CapturePort(name: "receiver-1", protocolID: "surgard", path: "/dev/serial/by-id/usb 1"),
        CapturePort(name: "locators", protocolID: "jt808"),
        CapturePort(name: "unnamed"),
    ]

    /// A file of `count` records over ``ports``, and the items that it has to be read as.
    static func sample(seed: UInt64, count: Int) -> (file: [UInt8], items: [CaptureItem]) {
        var random = SeededRandom(seed: seed)
        var file: [UInt8] = []
        var writer = PcapngWriter(section, into: &file)
        var items: [CaptureItem] = [.section(section)]
        for port in ports {
            writer.describe(port, into: &file)
            items.append(.port(port))
        }
        for index in 0..<count {
            let port = ports[index % ports.count]
            let record = CaptureRecord(
                portName: port.name, protocolID: port.protocolID,
                direction: .random(using: &random),
                at: WallTime(microseconds: WallTime.morning.microseconds + Int64(index)),
                bytes: random.bytes(0...40),
                note: random.maybe { $0.text(0...9) })
            writer.append(record, into: &file)
            items.append(.record(record))
        }
        return (file, items)
    }

    @Test("What was written is read back the same", arguments: [UInt64(1), 2, 3])
    func roundTrip(seed: UInt64) {
        let (file, items) = Self.sample(seed: seed, count: 60)
        #expect(PcapngReader.items(of: file) == items, "seed \(seed)")
    }

    @Test("However the file is cut into pieces, the outcome is the same", arguments: 1...20)
    func pieces(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var (file, _) = Self.sample(seed: UInt64(seed), count: 12)
        for _ in 0..<seed % 4 {
            file[Int.random(in: file.indices, using: &random)] ^= 0x40
        }
        var reader = PcapngReader()
        var items: [CaptureItem] = []
        var rest = file[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int.random(in: 1...50, using: &random)))
            rest = rest.dropFirst(piece.count)
            reader.append(piece)
            while let item = reader.next() { items.append(item) }
        }
        reader.finish()
        while let item = reader.next() { items.append(item) }
        #expect(items == PcapngReader.items(of: file), "seed \(seed)")
    }

    @Test("A dump of one port is a file with its reason, its port and its records")
    func dumpOfOnePort() {
        let record = CaptureRecord(
            portName: "locators", protocolID: "jt808", direction: .received, at: .morning,
            bytes: [0x7E])
        let file = PcapngWriter.file([record], port: Self.ports[1], note: "badChecksum")
        #expect(
            PcapngReader.items(of: file) == [
                .section(CaptureSection(application: "tocsin", note: "badChecksum")),
                .port(Self.ports[1]), .record(record),
            ])
    }

    @Test("A record of an undescribed port describes it, once")
    func portsDescribeThemselves() {
        let record = CaptureRecord(
            portName: "p", protocolID: "nmea", direction: .sent, at: .morning, bytes: [1])
        var file: [UInt8] = []
        var writer = PcapngWriter(CaptureSection(), into: &file)
        writer.append(record, into: &file)
        writer.append(record, into: &file)
        #expect(
            PcapngReader.items(of: file) == [
                .section(CaptureSection()), .port(CapturePort(name: "p", protocolID: "nmea")),
                .record(record), .record(record),
            ])
    }

    @Test("Bytes beyond one record go into further ones, and none is lost")
    func longRecordsAreSplit() {
        let bytes = (0..<Limits.captureRecordBytesMax * 2 + 1).map {
            UInt8(truncatingIfNeeded: $0 &* 31)
        }
        var file: [UInt8] = []
        var writer = PcapngWriter(CaptureSection(), into: &file)
        writer.append(
            CaptureRecord(portName: "p", direction: .sent, at: .morning, bytes: bytes), into: &file)
        let records = PcapngReader.items(of: file).compactMap(\.record)
        #expect(records.count == 3)
        #expect(records.flatMap(\.bytes) == bytes)
        #expect(records.allSatisfy { $0.at == .morning && $0.direction == .sent })
    }

    @Test("A note too long is cut between two characters", arguments: ["", "x", "xx"])
    func longNotesAreCut(start: String) {
        let note = start + String(repeating: "老", count: Limits.captureTextBytesMax)
        let file = PcapngWriter.file([], port: Self.ports[0], note: note)
        guard case .section(let section)? = PcapngReader.items(of: file).first else {
            Issue.record("no section was read")
            return
        }
        let kept = section.note ?? ""
        #expect(note.hasPrefix(kept))
        #expect((0..<3).contains(Limits.captureTextBytesMax - kept.utf8.count))
    }

    @Test("Files joined end to end are read as one after the other")
    func joinedFiles() {
        let first = Self.sample(seed: 4, count: 5)
        let second = Self.sample(seed: 5, count: 5)
        #expect(PcapngReader.items(of: first.file + second.file) == first.items + second.items)
    }

    @Test("A time before 1970 is written as 1970")
    func timeBefore1970() {
        var file: [UInt8] = []
        var writer = PcapngWriter(CaptureSection(), into: &file)
        writer.append(
            CaptureRecord(
                portName: "p", direction: .received, at: WallTime(microseconds: -1), bytes: [1]),
            into: &file)
        let times = PcapngReader.items(of: file).compactMap(\.record?.at.microseconds)
        #expect(times == [0])
    }
}
