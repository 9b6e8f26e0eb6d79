import AlarmModel

extension EV07B {
    /// Offsets in a frame.
    enum Field {
        static let properties = 1
        static let length = 2
        static let checksum = 4
        static let sequence = 6
        static let body = 8
        /// In the body.
        static let records = 1
    }

    static let start: UInt8 = 0xAB

    /// Half as much again as the longest body that was published, a batch of 78 reports.
    static let bodyLengthMax = 2_040

    /// A frame begins at an AB whose length and CRC fit. What is no frame is searched on from its
    /// next AB.
    ///
    /// Of two frames one inside the other the one that ends first counts. A frame that lost bytes
    /// on its way asks for those of the frames behind it, and would keep an alarm waiting until
    /// enough others came.
    ///
    /// `searched` is of no use: the few frames that may be inside are told apart by their first
    /// bytes, and to find those costs less than to remember them.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard unread[0] == start else { return skip(unread, .noise) }
        guard unread.count >= Field.body else { return .needMore(searched: 0) }
        guard let end = frameEnd(in: unread, from: 0) else { return skip(unread, .badLength) }
        if let inner = frameInside(unread.extracting(0..<min(end, unread.count)), end: end) {
            return .skip(count: inner, reason: .badLength)
        }
        guard unread.count >= end else { return .needMore(searched: 0) }
        return isIntact(unread, 0..<end) ? .frame(length: end) : skip(unread, .badChecksum)
    }

    private static func skip(_ unread: Span<UInt8>, _ reason: SkipReason) -> FrameScan {
        .skip(count: unread.firstIndex(of: start, from: 1) ?? unread.count, reason: reason)
    }

    /// Where the frame that begins at `first` ends by its own word; nil when no frame is so long.
    @inline(__always)
    private static func frameEnd(in bytes: Span<UInt8>, from first: Int) -> Int? {
        let length = Int(bytes.uint16LE(at: first &+ Field.length))
        return length > 0 && length <= bodyLengthMax ? first &+ Field.body &+ length : nil
    }

    @inline(__always)
    private static func isIntact(_ bytes: Span<UInt8>, _ frame: Range<Int>) -> Bool {
        let body = bytes.extracting(frame.lowerBound + Field.body..<frame.upperBound)
        return Checksums.crc16xmodem(body)
            == bytes.uint16LE(at: frame.lowerBound + Field.checksum)
    }

    /// Where in the frame that begins with `bytes` and goes to `end` another begins, the one that
    /// ends first and before `end`.
    @inline(__always)
    private static func frameInside(_ bytes: Span<UInt8>, end: Int) -> Int? {
        guard let first = bytes.firstIndex(of: start, from: 1) else { return nil }
        return frameInside(bytes, end: end, from: first)
    }

    private static func frameInside(
        _ bytes: Span<UInt8>, end: Int, from firstStart: Int
    ) -> Int? {
        var limit = end
        var found: Int?
        var candidates = 0
        var next: Int? = firstStart
        while let first = next, candidates < candidatesMax {
            next = bytes.firstIndex(of: start, from: first + 1)
            guard isReport(bytes, from: first), let end = frameEnd(in: bytes, from: first)
            else { continue }
            candidates += 1
            guard end < limit, end <= bytes.count, isIntact(bytes, first..<end) else { continue }
            limit = end
            found = first
        }
        return found
    }

    /// A report begins with the IMEI; nothing else of the wire is looked for inside a frame.
    private static func isReport(_ bytes: Span<UInt8>, from first: Int) -> Bool {
        guard first + Field.body + 3 <= bytes.count else { return false }
        let command = bytes[first + Field.body]
        return (command == Command.data || command == Command.services)
            && bytes[first + Field.body + 1] == 16 && bytes[first + Field.body + 2] == Key.imei
    }

    /// So many frames are looked at inside another one: a bound on what bytes made to be slow can
    /// cost.
    private static let candidatesMax = 4
}
