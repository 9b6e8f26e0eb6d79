import AlarmModel
import Captures
import Foundation
import Testing

@Suite("Wireshark and our capture files")
struct WiresharkTests {
    @Test("tshark shows the port, direction, time, note and bytes of every record")
    func tsharkReadsOurFiles() throws {
        let (file, items) = PcapngTests.sample(seed: 11, count: 9)
        let lines = try tshark(
            file,
            fields: [
                "frame.interface_name", "frame.interface_description", "frame.len",
                "frame.time_epoch", "frame.packet_flags_direction", "frame.encap_type",
            ])
        let paths = ["receiver-1": " path=/dev/serial/by-id/usb 1"]
        let expected = items.compactMap(\.record).map { record in
            let description = record.protocolID.map {
                "protocol=\($0)" + (paths[record.portName] ?? "")
            }
            return [
                record.portName, description ?? "", String(record.bytes.count),
                "\(record.at.microseconds / 1_000_000).\(record.at.microseconds % 1_000_000)000",
                record.direction == .sent ? "0x00000002" : "0x00000001",
                userEncapsulation,
            ].joined(separator: "\t")
        }
        #expect(lines == expected)
    }

    @Test("tshark shows the bytes and the note of a record as they are")
    func tsharkShowsBytes() throws {
        var file: [UInt8] = []
        var writer = PcapngWriter(PcapngTests.section, into: &file)
        writer.append(
            CaptureRecord(
                portName: "receiver-1", protocolID: "surgard", direction: .received, at: .morning,
                bytes: Array("5011 181234E130".utf8), note: "decode error badChecksum"),
            into: &file)
        let lines = try tshark(file, fields: ["frame.comment", "data.data"])
        #expect(lines == ["decode error badChecksum\t" + hexText(Array("5011 181234E130".utf8))])
    }

    /// Wireshark's own number for link type 147.
    private let userEncapsulation = "45"

    /// What `tshark` prints of `file`, one line a packet, the fields separated by tabs.
    private func tshark(_ file: [UInt8], fields: [String]) throws -> [String] {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("tocsin-\(UUID().uuidString).pcapng")
        try Data(file).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["tshark", "-r", path.path, "-T", "fields"] + fields.flatMap { ["-e", $0] }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(
            process.terminationStatus != 127,
            "tshark is not installed; on Debian: apt-get install tshark")
        try #require(process.terminationStatus == 0, "tshark refused the file: \(text)")
        return text.split(separator: "\n").map(String.init)
    }
}
