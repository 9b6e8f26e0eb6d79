import AlarmModel

/// Reads pcapng files (draft-ietf-opsawg-pcapng) of either byte order, its own and those of
/// Wireshark, in whatever pieces they come.
///
///     var reader = PcapngReader()
///     reader.append(piece)
///     while let item = reader.next() { ... }
///     reader.finish()                          // nothing more will come
///     while let item = reader.next() { ... }   // what a cut-off end still holds
///
/// No input makes it fail. What it cannot read becomes one ``CaptureProblem`` for each damaged
/// stretch, and it goes on at the next whole block. Blocks and options that it does not know are
/// skipped silently. A packet that says no direction counts as received.
///
/// Packets name their port by its place among the section's descriptions. When a damaged stretch
/// has swallowed such a description, ports that are described behind it get each other's records.
public struct PcapngReader: Sendable {
    private var buffer: [UInt8] = []
    /// Start of the next block in `buffer`.
    private var position = 0
    /// Offset in the file of the first byte of `buffer`.
    private var base = 0
    private var isFinished = false
    /// Inside a damaged stretch, which has been reported.
    private var isSearching = false
    private var section: Section?
    /// Found in a block whose record was delivered first.
    private var problems: [CaptureProblem] = []

    private struct Section: Sendable {
        var isBigEndian: Bool
        /// False for a version that this reader does not know: its blocks are skipped.
        var isReadable: Bool
        var interfaces: [Interface] = []
    }

    private struct Interface: Sendable {
        var port: CapturePort
        var clock = PcapngClock()
    }

    private enum Framing {
        case needMore
        case block(type: UInt64, length: Int, isBigEndian: Bool)
        case damaged(CaptureProblem.Reason)
    }

    public init() {}

    /// All items of a whole file.
    public static func items(of file: [UInt8]) -> [CaptureItem] {
        var reader = PcapngReader()
        reader.append(file)
        reader.finish()
        var items: [CaptureItem] = []
        while let item = reader.next() { items.append(item) }
        return items
    }

    /// The file goes on with `bytes`.
    public mutating func append(_ bytes: [UInt8]) {
        buffer.removeSubrange(..<position)
        base += position
        position = 0
        buffer += bytes
    }

    /// The file has ended: a block that is still incomplete will not be completed.
    public mutating func finish() { isFinished = true }

    /// The next item; nil when more bytes are needed, or after ``finish()`` when all is read.
    public mutating func next() -> CaptureItem? {
        if !problems.isEmpty { return .problem(problems.removeFirst()) }
        // Every turn moves `position` or leaves.
        while true {
            switch framing() {
            case .block(let type, let length, let isBigEndian):
                isSearching = false
                let body = buffer[position + 8..<position + length - 4]
                let offset = base + position
                position += length
                let fields = PcapngFields(unread: body, isBigEndian: isBigEndian)
                if let item = item(type: type, fields, offset: offset) { return item }
            case .needMore:
                guard isFinished, position < buffer.count else { return nil }
                if let problem = step(.cutOff) { return problem }
            case .damaged(let reason):
                if let problem = step(reason) { return problem }
            }
        }
    }

    /// Moves one byte on inside a damaged stretch; the problem at its first byte only.
    private mutating func step(_ reason: CaptureProblem.Reason) -> CaptureItem? {
        defer {
            position += 1
            isSearching = true
        }
        guard !isSearching else { return nil }
        return .problem(CaptureProblem(offset: base + position, reason: reason))
    }

    /// Judges the block at `position` by its two lengths.
    private func framing() -> Framing {
        let rest = buffer[position...]
        guard rest.count >= Pcapng.blockOverhead else { return .needMore }
        var head = PcapngFields(unread: rest, isBigEndian: section?.isBigEndian ?? false)
        guard let type = head.number(bytes: 4) else { return .needMore }
        if type == Pcapng.Block.section {
            var magic = PcapngFields(unread: rest.dropFirst(8), isBigEndian: false)
            switch magic.number(bytes: 4) {
            case Pcapng.byteOrderMagic: head.isBigEndian = false
            case Pcapng.byteOrderMagicSwapped: head.isBigEndian = true
            default: return .damaged(.notPcapng)
            }
        } else if section == nil {
            return .damaged(.notPcapng)
        } else if isSearching, !Pcapng.Block.landmarks.contains(type) {
            return .damaged(.badBlockLength)
        }
        guard let length = head.number(bytes: 4).map({ Int($0) }),
            length >= Pcapng.blockOverhead, length % 4 == 0, length <= Limits.captureBlockBytesMax
        else { return .damaged(.badBlockLength) }
        guard rest.count >= length else { return .needMore }
        var tail = PcapngFields(
            unread: rest.dropFirst(length - 4), isBigEndian: head.isBigEndian)
        guard let again = tail.number(bytes: 4), Int(again) == length else {
            return .damaged(.badBlockLength)
        }
        return .block(type: type, length: length, isBigEndian: head.isBigEndian)
    }

    private mutating func item(
        type: UInt64, _ fields: PcapngFields, offset: Int
    ) -> CaptureItem? {
        if type == Pcapng.Block.section { return beginSection(fields, offset: offset) }
        guard section?.isReadable == true else { return nil }
        switch type {
        case Pcapng.Block.interface: return describeInterface(fields, offset: offset)
        case Pcapng.Block.enhancedPacket: return packet(fields, offset: offset)
        default: return nil
        }
    }

    private mutating func beginSection(
        _ block: PcapngFields, offset: Int
    ) -> CaptureItem {
        var fields = block
        section = Section(isBigEndian: block.isBigEndian, isReadable: false)
        guard fields.number(bytes: 4) != nil, let major = fields.number(bytes: 2),
            fields.number(bytes: 2) != nil, fields.number(bytes: 8) != nil
        else { return .problem(CaptureProblem(offset: offset, reason: .badBlock)) }
        guard major == Pcapng.versionMajor else {
            return .problem(CaptureProblem(offset: offset, reason: .unsupportedVersion))
        }
        section?.isReadable = true
        var head = CaptureSection()
        readOptions(&fields, offset: offset) { code, value in
            switch code {
            case Pcapng.Option.comment: head.note = head.note ?? value.text
            case Pcapng.Option.hardware: head.hardware = value.text
            case Pcapng.Option.operatingSystem: head.operatingSystem = value.text
            case Pcapng.Option.application: head.application = value.text
            default: break
            }
        }
        return .section(head)
    }

    private mutating func describeInterface(
        _ block: PcapngFields, offset: Int
    ) -> CaptureItem {
        let number = section?.interfaces.count ?? 0
        guard number < Limits.captureInterfacesMax else {
            return .problem(CaptureProblem(offset: offset, reason: .tooManyInterfaces))
        }
        var fields = block
        var name = "interface \(number)"
        var description = ""
        var clock = PcapngClock()
        let isWhole = fields.take(Pcapng.interfaceFixedBytes) != nil
        readOptions(&fields, offset: offset) { code, value in
            var value = value
            switch code {
            case Pcapng.Option.interfaceName: name = value.text
            case Pcapng.Option.interfaceDescription: description = value.text
            case Pcapng.Option.timeResolution:
                clock.resolution = value.unread.first ?? clock.resolution
            case Pcapng.Option.timeOffset:
                let offset = value.number(bytes: 8).map { Int64(bitPattern: $0) }
                clock.offsetSeconds = offset ?? clock.offsetSeconds
            default: break
            }
        }
        let port = CapturePort(name: name, descriptionText: description)
        // A broken description keeps its number, or every later port would get another's records.
        section?.interfaces.append(Interface(port: port, clock: clock))
        guard isWhole else { return .problem(CaptureProblem(offset: offset, reason: .badBlock)) }
        return .port(port)
    }

    private mutating func packet(_ block: PcapngFields, offset: Int) -> CaptureItem {
        var fields = block
        guard let number = fields.number(bytes: 4), let high = fields.number(bytes: 4),
            let low = fields.number(bytes: 4), let length = fields.number(bytes: 4),
            fields.number(bytes: 4) != nil, let bytes = fields.take(padded: Int(length))
        else { return .problem(CaptureProblem(offset: offset, reason: .badBlock)) }
        guard let interfaces = section?.interfaces, Int(number) < interfaces.count else {
            return .problem(CaptureProblem(offset: offset, reason: .unknownInterface))
        }
        let interface = interfaces[Int(number)]
        let time = interface.clock.wallTime(ticks: high << 32 | low)
        if time == nil { problems.append(CaptureProblem(offset: offset, reason: .badTime)) }
        var record = CaptureRecord(
            portName: interface.port.name, protocolID: interface.port.protocolID,
            direction: .received, at: time ?? WallTime(microseconds: 0), bytes: Array(bytes))
        readOptions(&fields, offset: offset) { code, value in
            var value = value
            switch code {
            case Pcapng.Option.comment: record.note = record.note ?? value.text
            case Pcapng.Option.packetFlags:
                let flags = value.number(bytes: 4) ?? 0
                let isSent = flags & Pcapng.Flags.directionMask == Pcapng.Flags.outbound
                record.direction = isSent ? .sent : .received
            default: break
            }
        }
        return .record(record)
    }

    /// Gives each option to `body` until the end mark, the end of the block, or a broken one.
    private mutating func readOptions(
        _ fields: inout PcapngFields, offset: Int, _ body: (UInt64, PcapngFields) -> Void
    ) {
        while !fields.unread.isEmpty {
            guard let code = fields.number(bytes: 2), let length = fields.number(bytes: 2),
                let value = fields.take(padded: Int(length))
            else {
                problems.append(CaptureProblem(offset: offset, reason: .badOption))
                return
            }
            if code == Pcapng.Option.end { return }
            body(code, PcapngFields(unread: value, isBigEndian: fields.isBigEndian))
        }
    }
}
