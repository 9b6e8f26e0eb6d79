import AlarmModel

extension ESPA444 {
    /// Offsets in a block.
    enum Field {
        static let header = 1
        /// Behind SOH, header and STX.
        static let firstRecord = 3
        /// ETX and the check.
        static let tailLength = 2
    }

    @inline(__always)
    public static func parse(_ frame: Span<UInt8>) throws(DecodeError) -> Message {
        guard let first = frame.indices.first.map({ frame[$0] }) else { throw .truncated }
        if first == Mark.soh { return .block(try block(in: frame)) }
        switch (first, frame.count) {
        case (Mark.eot, 1): return .link(.end)
        case (Mark.ack, 1): return .link(.acknowledged)
        case (Mark.nak, 1): return .link(.refused(nil))
        case (_, 2) where isDigit(first) && frame[1] == Mark.nak:
            return .link(.refused(first &- UInt8(ascii: "0")))
        case (_, 2) where isDigit(first) && frame[1] == Mark.enq:
            return .link(.enquiry(first &- UInt8(ascii: "0")))
        default: throw .unknownFormat
        }
    }

    private static func block(in frame: Span<UInt8>) throws(DecodeError) -> Block {
        let fields = try Fields(of: frame)
        return Block(fields.head, text: WireText(fields.text, of: frame))
    }

    /// A block with its words where they are.
    struct Fields {
        private(set) var head: Block.Head
        private(set) var text = 0..<0

        @inline(__always)
        init(of frame: Span<UInt8>) throws(DecodeError) {
            let end = frame.count - Field.tailLength
            guard end >= Field.firstRecord else { throw .truncated }
            guard isDigit(frame[Field.header]), frame[Field.firstRecord - 1] == Mark.stx,
                frame[end] == Mark.etx
            else { throw .unknownFormat }
            head = Block.Head(header: frame[Field.header] &- UInt8(ascii: "0"))
            var start = Field.firstRecord
            while start < end {
                // Nearly every id is one digit.
                let idEnd =
                    frame[start + 1] == Mark.us ? start + 1 : endOfID(in: frame, start..<end)
                guard let idEnd else {
                    // An empty record.
                    guard frame[start] == Mark.rs else { throw .badField }
                    start += 1
                    continue
                }
                let rest = idEnd + 1..<end
                let stop = frame.firstIndex(in: rest, where: { $0.marks(of: Mark.rs) }) ?? end
                try read(idEnd + 1..<stop, id: start..<idEnd, of: frame)
                start = stop + 1
            }
        }

        /// A record that is not known is passed over: it is one more thing that a later edition
        /// says.
        @inline(__always)
        private mutating func read(
            _ value: Range<Int>, id: Range<Int>, of frame: Span<UInt8>
        ) throws(DecodeError) {
            // Makers print a blank in front of the id.
            switch number(id, of: frame) {
            case RecordID.callAddress: head.address = try ESPA444.address(value, of: frame)
            case RecordID.displayMessage: text = value
            case RecordID.beepCoding: head.numbers.beepCoding = number(value, of: frame)
            case RecordID.callType: head.numbers.callType = number(value, of: frame)
            case RecordID.transmissions: head.numbers.transmissions = number(value, of: frame)
            case RecordID.priority: head.numbers.priority = number(value, of: frame)
            case RecordID.callStatus: head.numbers.callStatus = number(value, of: frame)
            case RecordID.systemStatus: head.numbers.systemStatus = number(value, of: frame)
            default: break
            }
        }
    }

    /// Where the US of the record is that `range` begins with; nil when it has none.
    private static func endOfID(in frame: Span<UInt8>, _ range: Range<Int>) -> Int? {
        for index in range {
            if frame[index] == Mark.us { return index }
            if frame[index] == Mark.rs { return nil }
        }
        return nil
    }

    /// Nil when there is nothing; the standard allows 16 characters, the first 23 are taken. A
    /// control character among them is damage that the check does not see: a NUL changes no XOR.
    @inline(__always)
    private static func address(
        _ range: Range<Int>, of frame: Span<UInt8>
    ) throws(DecodeError) -> ShortText? {
        let range = trimmed(range, of: frame)
        guard frame.firstIndex(in: range, where: { $0.controlMarks }) == nil
        else { throw .badField }
        let first = range.lowerBound..<min(range.upperBound, range.lowerBound + ShortText.capacity)
        let text = frame.wordText(first) ?? ShortText()
        return text.isEmpty ? nil : text
    }

    @inline(__always)
    private static func number(_ range: Range<Int>, of frame: Span<UInt8>) -> UInt8? {
        if range.count == 1, isDigit(frame[range.lowerBound]) {
            return frame[range.lowerBound] &- UInt8(ascii: "0")
        }
        let digits = trimmed(range, of: frame)
        guard !digits.isEmpty else { return nil }
        return frame.decimal(digits).flatMap { UInt8(exactly: $0) } ?? .max
    }

    @inline(__always)
    private static func trimmed(_ range: Range<Int>, of frame: Span<UInt8>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, frame[start] == UInt8(ascii: " ") { start += 1 }
        while start < end, frame[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return start..<end
    }
}
