import AlarmModel

extension JTT808 {
    /// A registration has an answer of its own, all else the general one.
    @inline(__always)
    static func answer(_ header: Header, into reply: inout Reply) {
        guard isAnswered(header.id) else { return }
        if header.id == ID.registration { return registrationAnswer(to: header, into: &reply) }
        generalAnswer(
            to: header, header.id == ID.timeRequest ? .notSupported : .accepted, into: &reply)
    }

    /// False for a terminal's own answers and for an echo of ours: two that answer each other would
    /// not end.
    static func isAnswered(_ id: UInt16) -> Bool {
        id != ID.terminalAnswer && id != ID.locationAnswer && !ID.downlink.contains(id)
    }

    /// 0x8001: serial and id of what it answers, and the result.
    @inline(__always)
    static func generalAnswer(to header: Header, _ result: Result, into reply: inout Reply) {
        guard header.version == nil, header.number.high == nil
        else { return generalAnswer2019(to: header, result, into: &reply) }
        let number = header.number.low
        var writer = ReplyWriter(&reply)
        writer.append(UInt64(ID.generalAnswer) << 48 | 5 << 32 | number >> 16, &reply)
        writer.append(
            number << 48 | UInt64(header.serial) << 16 | UInt64(header.id), &reply)
        writer.append(result.rawValue, &reply)
        writer.finish(&reply)
    }

    private static func generalAnswer2019(
        to header: Header, _ result: Result, into reply: inout Reply
    ) {
        var writer = ReplyWriter(ID.generalAnswer, bodyLength: 5, to: header, &reply)
        writer.append(header.serial, &reply)
        writer.append(header.id, &reply)
        writer.append(result.rawValue, &reply)
        writer.finish(&reply)
    }

    /// 0x8100: serial, result, and the code by which the terminal logs in from then on: the digits
    /// of its own number. Every terminal is admitted, so that none is kept from calling for help.
    private static func registrationAnswer(to header: Header, into reply: inout Reply) {
        let code = header.address
        var writer = ReplyWriter(
            ID.registrationAnswer, bodyLength: UInt16(3 + code.count), to: header, &reply)
        writer.append(header.serial, &reply)
        writer.append(Result.accepted.rawValue, &reply)
        for index in 0..<code.count { writer.append(code[index], &reply) }
        writer.finish(&reply)
    }
}

/// Writes a frame of ours, escaping and summing up as it goes. The station's own serial number is
/// always 0: it sends nothing that a terminal would have to answer.
private struct ReplyWriter {
    private var checksum: UInt8 = 0

    @inline(__always)
    init(_ reply: inout Reply) { reply.append(JTT808.delimiter) }

    init(
        _ id: UInt16, bodyLength: UInt16, to header: JTT808.Header, _ reply: inout Reply
    ) {
        self.init(&reply)
        append(id, &reply)
        append(bodyLength | (header.version == nil ? 0 : JTT808.Attributes.edition2019), &reply)
        if let version = header.version { append(version, &reply) }
        if let high = header.number.high { append(high, &reply) }
        var shift: UInt64 = header.number.high == nil ? 40 : 56
        while true {
            append(UInt8(truncatingIfNeeded: header.number.low >> shift), &reply)
            if shift == 0 { break }
            shift -= 8
        }
        append(UInt16(0), &reply)
    }

    /// Eight bytes, the highest first: as a rule none of them has to be escaped.
    @inline(__always)
    mutating func append(_ word: UInt64, _ reply: inout Reply) {
        guard word.hasByte(JTT808.delimiter) || word.hasByte(JTT808.escape) else {
            checksum ^= word.xorOfBytes
            return reply.append(bigEndian: word)
        }
        appendEscaped(word, &reply)
    }

    private mutating func appendEscaped(_ word: UInt64, _ reply: inout Reply) {
        for shift: UInt64 in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: word >> shift), &reply)
        }
    }

    @inline(__always)
    mutating func append(_ value: UInt16, _ reply: inout Reply) {
        append(UInt8(truncatingIfNeeded: value >> 8), &reply)
        append(UInt8(truncatingIfNeeded: value), &reply)
    }

    @inline(__always)
    mutating func append(_ byte: UInt8, _ reply: inout Reply) {
        checksum ^= byte
        guard byte == JTT808.delimiter || byte == JTT808.escape else { return reply.append(byte) }
        reply.append(JTT808.escape)
        reply.append(byte &- 0x7C)
    }

    @inline(__always)
    consuming func finish(_ reply: inout Reply) {
        append(checksum, &reply)
        reply.append(JTT808.delimiter)
    }
}

extension UInt64 {
    @inline(__always)
    fileprivate func hasByte(_ byte: UInt8) -> Bool {
        // A byte that became 0 borrows into its own highest bit, which was not set.
        let zeroed = self ^ UInt64(byte) &* 0x0101_0101_0101_0101
        return (zeroed &- 0x0101_0101_0101_0101) & ~zeroed & 0x8080_8080_8080_8080 != 0
    }
}
