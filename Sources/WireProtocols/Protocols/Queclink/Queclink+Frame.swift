import AlarmModel

extension Queclink {
    enum Mark {
        static let start = UInt8(ascii: "+")
        static let comma = UInt8(ascii: ",")
        static let end = UInt8(ascii: "$")
        /// What some devices end a report with instead.
        static let zero: UInt8 = 0
    }

    /// The front of a frame, in its first eight bytes.
    enum Front {
        /// `+RESP:GT`, the first byte lowest.
        static let live: UInt64 = 0x5447_3A50_5345_522B
        /// `+BUFF:GT`
        static let buffered: UInt64 = 0x5447_3A46_4655_422B
        /// `+ACK:GT`, seven bytes; the eighth is the first of the name.
        static let acknowledgement: UInt64 = 0x0054_473A_4B43_412B
        static let length = 8

        /// Of eight bytes, or more.
        @inline(__always)
        static func channel(_ word: UInt64) -> Message.Channel? {
            if word == live { return .live }
            if word == buffered { return .buffered }
            return word & (.max >> 8) == acknowledgement ? .acknowledgement : nil
        }
    }

    /// A frame begins with one of three words and ends with `$`, with a zero, or where another
    /// begins: a report that lost its end may be a call for help, and is not kept waiting.
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard unread.count >= Front.length else { return scanShort(unread) }
        guard Front.channel(unread.word(at: 0)) != nil else { return skip(unread, .noise) }
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let from = max(searched, Front.length)
        let mark = window.firstIndex(of: Mark.end, from: from)
        let report = window.extracting(0..<(mark ?? window.count))
        let zero = report.firstIndex(of: Mark.zero, from: from)
        if let next = nextFront(in: report.extracting(0..<(zero ?? report.count)), from: from) {
            return .frame(length: next)
        }
        if let end = zero ?? mark { return .frame(length: end + 1) }
        guard window.count < frameLengthMax else { return skip(window, .tooLong) }
        // The first bytes of the next frame may be there already.
        return .needMore(searched: max(Front.length, window.count - Front.length + 1))
    }

    /// Fewer bytes than the front of a frame has.
    private static func scanShort(_ unread: Span<UInt8>) -> FrameScan {
        var word: UInt64 = 0
        for index in unread.indices { word |= UInt64(unread[index]) << UInt64(index * 8) }
        let said: UInt64 = .max >> UInt64(64 - unread.count * 8)
        for front in [Front.live, Front.buffered, Front.acknowledgement] where word == front & said
        {
            return .needMore(searched: 0)
        }
        return skip(unread, .noise)
    }

    private static func skip(_ unread: Span<UInt8>, _ reason: SkipReason) -> FrameScan {
        .skip(count: unread.firstIndex(of: Mark.start, from: 1) ?? unread.count, reason: reason)
    }

    /// Where in `report` another begins. A plus may also stand before a telephone number.
    @inline(__always)
    private static func nextFront(in report: Span<UInt8>, from first: Int) -> Int? {
        var next = report.firstIndex(of: Mark.start, from: first)
        while let start = next {
            guard start &+ Front.length <= report.count else { return nil }
            if Front.channel(report.word(at: start)) != nil { return start }
            next = report.firstIndex(of: Mark.start, from: start &+ 1)
        }
        return nil
    }
}
