import AlarmModel

extension NMEA {
    enum Mark {
        static let start = UInt8(ascii: "$")
        /// Of encapsulated sentences.
        static let otherStart = UInt8(ascii: "!")
        static let comma = UInt8(ascii: ",")
        static let check = UInt8(ascii: "*")
        static let carriageReturn: UInt8 = 0x0D
        static let lineFeed: UInt8 = 0x0A
        /// Both, as a little-endian word.
        static let lineEnd: UInt16 = 0x0A0D
    }

    enum Field {
        /// Talker and type.
        static let address = 1
        static let type = 3
        /// Behind the comma of an address of five letters.
        static let first = 7
        /// The mark and its two digits.
        static let checkLength = 3
        static let lineEndLength = 2
        /// An address of four letters and the checksum: eight bytes can be loaded from the front.
        static let shortest = 8
    }

    /// A sentence ends with its checksum, behind which a line end stands, or the next sentence
    /// where that was lost. Whether it is one is told by all of its bytes, which are read once: by
    /// ``parse(_:)``.
    @inline(__always)
    public static func scan(_ unread: Span<UInt8>, searched: Int) -> FrameScan {
        guard isStart(unread[0]) else { return skip(unread, .noise) }
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        guard let check = window.firstIndex(of: Mark.check, near: max(searched, 1)),
            check &+ Field.checkLength &+ Field.lineEndLength <= window.count,
            let length = length(window, check: check)
        else { return scanOdd(window, searched: max(searched, 1)) }
        return .likelyFrame(length: length)
    }

    public static func rescan(_ unread: Span<UInt8>) -> FrameScan {
        let window = unread.extracting(0..<min(unread.count, frameLengthMax))
        let check = endOfText(window, from: 1)
        guard check < window.count, window[check] == Mark.check else {
            return scanOdd(window, searched: check)
        }
        return refuse(window, check: check)
    }

    /// A front that may not be whole.
    private static func scanOdd(_ window: Span<UInt8>, searched: Int) -> FrameScan {
        let check = endOfText(window, from: searched)
        if check < window.count, window[check] != Mark.check {
            // Without a checksum, or cut off where the next begins.
            return .skip(count: isStart(window[check]) ? check : check + 1, reason: .badFormat)
        }
        let end = check + Field.checkLength
        if end + Field.lineEndLength > frameLengthMax { return skip(window, .tooLong) }
        guard end < window.count else { return .needMore(searched: check) }
        guard let length = length(window, check: check) else {
            return refuse(window, check: check)
        }
        // Of a line end only the first byte may have come.
        let isDecided = window[end] != Mark.carriageReturn || end + 1 < window.count
        return isDecided ? .likelyFrame(length: length) : .needMore(searched: check)
    }

    private static func refuse(_ window: Span<UInt8>, check: Int) -> FrameScan {
        .skip(count: check + 1, reason: hasAddress(window) ? .badChecksum : .badFormat)
    }

    /// Where the text of a sentence ends: at its checksum, at what no sentence has, or nowhere yet.
    private static func endOfText(_ window: Span<UInt8>, from first: Int) -> Int {
        var at = first
        while at < window.count, window[at] != Mark.check, !isForeign(window[at]) { at += 1 }
        return at
    }

    private static func skip(_ unread: Span<UInt8>, _ reason: SkipReason) -> FrameScan {
        var at = 1
        while at < unread.count, !isStart(unread[at]) { at += 1 }
        return .skip(count: at, reason: reason)
    }

    @inline(__always)
    private static func isStart(_ byte: UInt8) -> Bool {
        byte == Mark.start || byte == Mark.otherStart
    }

    /// What no sentence has between its start and its checksum.
    @inline(__always)
    static func isForeign(_ byte: UInt8) -> Bool { byte < 0x20 || isStart(byte) }

    /// Bytes of the sentence with its line end; nil when something else stands there.
    @inline(__always)
    private static func length(_ window: Span<UInt8>, check: Int) -> Int? {
        let end = check &+ Field.checkLength
        if end &+ 1 < window.count, window.uint16LE(at: end) == Mark.lineEnd { return end &+ 2 }
        if window[end] == Mark.carriageReturn { return end &+ 1 }
        if window[end] == Mark.lineFeed { return end &+ 1 }
        return isStart(window[end]) ? end : nil
    }

    /// The first four characters, which sentences of makers have at least, are capital letters and
    /// digits.
    static func hasAddress(_ sentence: Span<UInt8>) -> Bool {
        guard sentence.count > Field.address + 4 else { return false }
        for index in Field.address..<Field.address + 4
        where !sentence[index].isUpperAlphanumeric {
            return false
        }
        return true
    }
}
