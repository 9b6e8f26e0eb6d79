import AlarmModel

/// Writes a capture as pcapng (draft-ietf-opsawg-pcapng), which Wireshark, tshark and
/// ``PcapngReader`` open. It only makes bytes; the caller brings them to the disk.
///
///     var file: [UInt8] = []
///     var writer = PcapngWriter(CaptureSection(application: "tocsind"), into: &file)
///     writer.describe(CapturePort(name: "receiver-1", protocolID: "surgard"), into: &file)
///     writer.append(record, into: &file)
///
/// One interface is one port, its link type is private use (147), its times are microseconds.
/// Whatever is appended is whole blocks, so a file cut between two calls is a valid file.
public struct PcapngWriter: Sendable {
    private struct Key: Hashable, Sendable {
        var name: String
        var protocolID: ProtocolID?
    }

    private var interfaces: [Key: UInt64] = [:]

    /// Begins a section.
    public init(_ section: CaptureSection, into file: inout [UInt8]) {
        var block = BlockBuilder(Pcapng.Block.section)
        block.append(Pcapng.byteOrderMagic, bytes: 4)
        block.append(Pcapng.versionMajor, bytes: 2)
        block.append(Pcapng.versionMinor, bytes: 2)
        block.append(Pcapng.lengthUnknown, bytes: 8)
        block.append(option: Pcapng.Option.comment, text: section.note)
        block.append(option: Pcapng.Option.hardware, text: section.hardware)
        block.append(option: Pcapng.Option.operatingSystem, text: section.operatingSystem)
        block.append(option: Pcapng.Option.application, text: section.application)
        block.finish(into: &file)
    }

    /// A whole file of the records of one port, with the reason for keeping them.
    public static func file(
        _ records: [CaptureRecord], port: CapturePort, note: String? = nil
    ) -> [UInt8] {
        var file: [UInt8] = []
        var writer = PcapngWriter(CaptureSection(application: "tocsin", note: note), into: &file)
        writer.describe(port, into: &file)
        for record in records { writer.append(record, into: &file) }
        return file
    }

    /// Describes a port before its first record. A port already described is left as it is.
    public mutating func describe(_ port: CapturePort, into file: inout [UInt8]) {
        _ = interface(of: port, into: &file)
    }

    /// Adds one record, and before it its port if that was not described yet.
    ///
    /// Bytes beyond ``Limits/captureRecordBytesMax`` go into further records of the same time. A
    /// time before 1970 is written as 1970.
    public mutating func append(_ record: CaptureRecord, into file: inout [UInt8]) {
        let port = CapturePort(name: record.portName, protocolID: record.protocolID)
        let interface = interface(of: port, into: &file)
        var rest = record.bytes[...]
        repeat {
            let part = rest.prefix(Limits.captureRecordBytesMax)
            rest = rest.dropFirst(part.count)
            append(part, of: record, interface: interface, into: &file)
        } while !rest.isEmpty
    }

    private mutating func append(
        _ bytes: ArraySlice<UInt8>, of record: CaptureRecord, interface: UInt64,
        into file: inout [UInt8]
    ) {
        let time = UInt64(max(0, record.at.microseconds))
        var block = BlockBuilder(Pcapng.Block.enhancedPacket)
        block.append(interface, bytes: 4)
        block.append(time >> 32, bytes: 4)
        block.append(time, bytes: 4)
        block.append(UInt64(bytes.count), bytes: 4)
        block.append(UInt64(bytes.count), bytes: 4)
        block.append(padded: bytes)
        block.append(option: Pcapng.Option.comment, text: record.note)
        block.append(
            option: Pcapng.Option.packetFlags,
            number: record.direction == .sent ? Pcapng.Flags.outbound : Pcapng.Flags.inbound,
            bytes: 4)
        block.finish(into: &file)
    }

    private mutating func interface(of port: CapturePort, into file: inout [UInt8]) -> UInt64 {
        let key = Key(name: port.name, protocolID: port.protocolID)
        if let known = interfaces[key] { return known }
        let number = UInt64(interfaces.count)
        interfaces[key] = number

        var block = BlockBuilder(Pcapng.Block.interface)
        block.append(Pcapng.linkTypePrivate, bytes: 2)
        block.append(0, bytes: 2)
        block.append(0, bytes: 4)  // snap length: no limit
        block.append(option: Pcapng.Option.interfaceName, text: port.name)
        block.append(option: Pcapng.Option.interfaceDescription, text: port.descriptionText)
        block.append(
            option: Pcapng.Option.timeResolution, number: UInt64(Pcapng.microsecondResolution),
            bytes: 1)
        block.finish(into: &file)
        return number
    }
}

/// One block in the making, little-endian.
private struct BlockBuilder {
    private var bytes: [UInt8] = []

    init(_ type: UInt64) {
        append(type, bytes: 4)
        append(0, bytes: 4)  // the length, known at the end
    }

    /// The low `count` bytes of `number`.
    mutating func append(_ number: UInt64, bytes count: Int) {
        for index in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
        }
    }

    mutating func append(padded value: ArraySlice<UInt8>) {
        bytes += value
        bytes += repeatElement(0, count: Pcapng.padded(value.count) - value.count)
    }

    mutating func append(option code: UInt64, number: UInt64, bytes count: Int) {
        append(code, bytes: 2)
        append(UInt64(count), bytes: 2)
        append(number, bytes: Pcapng.padded(count))
    }

    mutating func append(option code: UInt64, text: String?) {
        guard let text else { return }
        let value = prefix(of: text, bytesMax: Limits.captureTextBytesMax)
        append(code, bytes: 2)
        append(UInt64(value.count), bytes: 2)
        append(padded: value)
    }

    /// The end-of-options mark, and the length in both its places.
    mutating func finish(into file: inout [UInt8]) {
        append(Pcapng.Option.end, bytes: 2)
        append(0, bytes: 2)
        let length = UInt64(bytes.count + 4)
        append(length, bytes: 4)
        for index in 0..<4 {
            bytes[4 + index] = UInt8(truncatingIfNeeded: length >> UInt64(8 * index))
        }
        file += bytes
    }

    /// As many whole characters of `text` as fit.
    private func prefix(of text: String, bytesMax: Int) -> ArraySlice<UInt8> {
        let bytes = Array(text.utf8)
        guard bytes.count > bytesMax else { return bytes[...] }
        var end = bytesMax
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return bytes[..<end]
    }
}

extension CapturePort {
    /// `protocol=jt808 path=/dev/ttyUSB0`, how the interface description says it. The path is last
    /// and may hold blanks.
    var descriptionText: String? {
        let parts = [protocolID.map { "protocol=\($0)" }, path.map { "path=\($0)" }]
        let known = parts.compactMap(\.self)
        return known.isEmpty ? nil : known.joined(separator: " ")
    }

    /// Reads ``descriptionText`` back; another program's description says nothing of ours.
    init(name: String, descriptionText: String) {
        self.init(name: name)
        var rest = descriptionText[...]
        if rest.hasPrefix("protocol=") {
            let id = rest.dropFirst("protocol=".count).prefix { $0 != " " }
            protocolID = ProtocolID(rawValue: String(id))
            rest = rest[id.endIndex...].drop { $0 == " " }
        }
        if rest.hasPrefix("path=") { path = String(rest.dropFirst("path=".count)) }
    }
}
