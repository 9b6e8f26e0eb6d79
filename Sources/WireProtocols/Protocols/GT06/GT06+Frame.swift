import AlarmModel

extension GT06 {
    enum Mark {
        /// Even, and `long` the odd number behind it: ``Span/firstPair(of:from:)`` finds both.
        static let short: UInt8 = 0x78
        static let long: UInt8 = 0x79
        static let carriageReturn: UInt8 = 0x0D
        static let lineFeed: UInt8 = 0x0A
    }

    /// What the length of a frame without content says: type, serial number and check.
    static let lengthMin = 5
    /// The longest texts of long frames stay well below it.
    static let lengthMax = 2_048

    /// A start is believed when the length is possible, the frame ends where it says, and the check
    /// is right. Otherwise the scan goes on at the next start.
    ///
    /// A damaged length may claim far more than is there. So that no good frame waits behind it, a
    /// start is given up as soon as a whole good frame is found inside of what it claims.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard let header = Header(unread) else {
            let next = nextStart(in: unread, from: 0)
            return next == 0 ? .needMore(searched: 0) : .skip(count: next, reason: .noise)
        }
        guard header.length >= lengthMin, header.length <= lengthMax else {
            return .skip(count: nextStart(in: unread, from: 1), reason: .badLength)
        }
        let claimed = unread.extracting(0..<min(unread.count, header.frameLength - 1))
        if let inner = goodFrame(inside: claimed) { return .skip(count: inner, reason: .badLength) }
        guard unread.count >= header.frameLength else { return .needMore(searched: 0) }
        guard let damage = damage(unread.extracting(0..<header.frameLength), header) else {
            return .frame(length: header.frameLength)
        }
        return .skip(count: nextStart(in: unread, from: 1), reason: damage)
    }

    /// Start and length of a frame.
    struct Header {
        let length: Int
        /// Bytes before the type.
        let count: Int

        /// Nil when the bytes begin no frame, or too few are there.
        @inline(__always)
        init?(_ bytes: Span<UInt8>) {
            guard bytes.count >= 4, bytes[0] == bytes[1] else { return nil }
            switch bytes[0] {
            case Mark.short: (length, count) = (Int(bytes[2]), 3)
            case Mark.long: (length, count) = (Int(bytes.uint16(at: 2)), 4)
            default: return nil
            }
        }

        /// All bytes from the start to the line feed.
        var frameLength: Int { count &+ length &+ 2 }
    }

    /// What is wrong with a frame of the length that it says, nil when it is good.
    @inline(__always)
    private static func damage(_ frame: Span<UInt8>, _ header: Header) -> SkipReason? {
        let end = frame.count &- 2
        guard frame[end] == Mark.carriageReturn, frame[end &+ 1] == Mark.lineFeed
        else { return .badLength }
        let sum = Checksums.crc16x25(frame.extracting(2..<end &- 2))
        return sum == frame.uint16(at: end &- 2) ? nil : .badChecksum
    }

    /// Offset of the first start at or behind `first`, which may lack its second byte; the end when
    /// there is none.
    private static func nextStart(in bytes: Span<UInt8>, from first: Int) -> Int {
        if let start = bytes.firstPair(of: Mark.short, from: first) { return start }
        let last = bytes.count - 1
        return last >= first && bytes[last] | 1 == Mark.long ? last : bytes.count
    }

    /// Offset of a good frame that begins behind the first byte of another: of several the one
    /// that ends first, which is known before the others are whole.
    @inline(__always)
    private static func goodFrame(inside claimed: Span<UInt8>) -> Int? {
        guard let first = claimed.firstPair(of: Mark.short, from: 1) else { return nil }
        return goodFrame(inside: claimed, from: first)
    }

    private static func goodFrame(inside claimed: Span<UInt8>, from firstStart: Int) -> Int? {
        var found: (start: Int, end: Int)?
        var next: Int? = firstStart
        while let start = next {
            if let end = endOfGoodFrame(in: claimed, from: start), end < found?.end ?? .max {
                found = (start, end)
            }
            next = claimed.firstPair(of: Mark.short, from: start + 1)
        }
        return found?.start
    }

    private static func endOfGoodFrame(in claimed: Span<UInt8>, from start: Int) -> Int? {
        let bytes = claimed.extracting(start..<claimed.count)
        guard let header = Header(bytes), header.length >= lengthMin, header.length <= lengthMax,
            bytes.count >= header.frameLength,
            damage(bytes.extracting(0..<header.frameLength), header) == nil
        else { return nil }
        return start + header.frameLength
    }
}
