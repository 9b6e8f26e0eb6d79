import AlarmModel

extension JTT808 {
    static let delimiter: UInt8 = 0x7E
    static let escape: UInt8 = 0x7D

    /// Bytes of the longest content, which is what stands between the delimiters, without escapes:
    /// a header of 21, a body of 1023 (its length has ten bits) and the check byte.
    static let contentLengthMax = 21 + 1023 + 1
    static let contentLengthMin = 12 + 1

    /// Frames end at a 7E. Each run of bytes before one is judged by itself, and is a frame when it
    /// is intact, also without a 7E in front: that one was lost, or shared with the frame before.
    ///
    /// The closing 7E belongs to an intact frame. Behind a damaged run it is left standing, for it
    /// may open the next frame; when another 7E follows it, it was an empty frame: noise.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        let start = unread[0] == delimiter ? 1 : 0
        let window = min(unread.count, frameLengthMax)
        guard
            let end = unread.extracting(0..<window)
                .firstIndex(of: delimiter, from: max(start, searched))
        else {
            if window < frameLengthMax { return .needMore(searched: window) }
            return .skip(count: window, reason: start == 1 ? .tooLong : .noise)
        }
        if end == 1, start == 1 { return .skip(count: 1, reason: .noise) }
        guard let damage = damage(unread.extracting(start..<end)) else {
            return .frame(length: end + 1)
        }
        return .skip(count: end, reason: start == 1 ? damage : .noise)
    }

    /// What is wrong with the bytes between two delimiters, nil when they are intact.
    ///
    /// The checksum is verified without removing the escapes: the XOR over a content and its own
    /// check byte is 0, and an escaped byte changes it by 1, for 7D ^ 02 = 7E ^ 01 and
    /// 7D ^ 01 = 7D ^ 01.
    @inline(__always)
    private static func damage(_ run: Span<UInt8>) -> SkipReason? {
        let checksum = run.xor(0..<run.count)
        guard let first = run.firstIndex(of: escape) else {
            if checksum != 0 { return .badChecksum }
            guard run.count >= contentLengthMin else { return .badLength }
            let length = Attributes(run.uint16(at: Field.attributes)).contentLength
            return run.count == length ? nil : .badLength
        }
        return damage(run, checksum: checksum, firstEscape: first)
    }

    private static func damage(
        _ run: Span<UInt8>, checksum: UInt8, firstEscape: Int
    ) -> SkipReason? {
        var escapes = 0
        var next: Int? = firstEscape
        while let index = next {
            guard index + 1 < run.count, run[index + 1] == 1 || run[index + 1] == 2
            else { return .badEscape }
            escapes += 1
            next = run.firstIndex(of: escape, from: index + 2)
        }
        if checksum != UInt8(escapes & 1) { return .badChecksum }
        let count = run.count - escapes
        guard count >= contentLengthMin else { return .badLength }
        // Four bytes of the content stand in at most eight.
        let attributes = run.extracting(0..<min(run.count, 8)).withUnescaped(escape) {
            Attributes($0.uint16(at: Field.attributes))
        }
        return count == attributes.contentLength ? nil : .badLength
    }

    /// Where in `frame` its content stands, with its escapes; nil when it can hold none.
    @inline(__always)
    static func contentRange(_ frame: Span<UInt8>) -> Range<Int>? {
        guard frame.count > contentLengthMin, frame[frame.count - 1] == delimiter
        else { return nil }
        return (frame[0] == delimiter ? 1 : 0)..<frame.count - 1
    }

    /// True when nothing in an intact run is escaped: its length field, itself without an escape
    /// before it, says as many bytes as there are.
    @inline(__always)
    static func isPlain(_ run: Span<UInt8>) -> Bool {
        for index in 0..<4 where run[index] == escape { return false }
        return run.count == Attributes(run.uint16(at: Field.attributes)).contentLength
    }
}

extension JTT808 {
    /// The attributes of the body, bytes 2 and 3 of every content: bits 0-9 the length of the body,
    /// 10-12 its encryption, 13 one part of several, 14 the edition of 2019.
    struct Attributes {
        let bits: UInt16

        init(_ bits: UInt16) { self.bits = bits }

        var bodyLength: Int { Int(bits & 0x03FF) }
        var isEncrypted: Bool { bits & 0x1C00 != 0 }
        var isPart: Bool { bits & Self.part != 0 }
        var isEdition2019: Bool { bits & Self.edition2019 != 0 }
        var headerLength: Int { 12 + (isEdition2019 ? 5 : 0) + (isPart ? 4 : 0) }
        var contentLength: Int { headerLength + bodyLength + 1 }
        static let part: UInt16 = 0x2000
        static let edition2019: UInt16 = 0x4000
    }
}
