import AlarmModel

extension TocsinLink {
    /// The layout of what one frame carries, the four check bytes included.
    enum ContentField {
        static let version = 0
        static let type = 1
        /// The sequence number stands right behind.
        static let nonce = 2
        static let body = 10
        static let crcCount = 4
        static let countRange = body + crcCount...500
    }

    /// The layout that this station speaks.
    static let version: UInt8 = 1

    /// Writes what `frame` carries to `room` and returns how many bytes that are; nil when it
    /// cannot be taken apart.
    @inline(__always)
    static func unpack(_ frame: Span<UInt8>, into room: inout COBS.Room) -> Int? {
        let end = frame.count - 1
        guard end > 0, frame.count <= frameLengthMax, frame[end] == delimiter else { return nil }
        return COBS.unpack(frame.extracting((frame[0] == delimiter ? 1 : 0)..<end), into: &room)
    }
}

/// What a frame carries, read. Precondition of all but the first: it is of a possible length.
extension Span<UInt8> {
    @inline(__always)
    var isOfPossibleLength: Bool { TocsinLink.ContentField.countRange.contains(count) }

    @inline(__always)
    var contentType: UInt8 { self[TocsinLink.ContentField.type] }

    @inline(__always)
    var contentHeader: TocsinLink.Header {
        let word = word(at: TocsinLink.ContentField.nonce)
        return TocsinLink.Header(
            nonce: UInt32(truncatingIfNeeded: word),
            sequence: UInt32(truncatingIfNeeded: word >> 32))
    }

    @inline(__always)
    var contentBodyRange: Range<Int> {
        TocsinLink.ContentField.body..<count - TocsinLink.ContentField.crcCount
    }

    @inline(__always)
    var isIntactContent: Bool {
        let crcOffset = count - TocsinLink.ContentField.crcCount
        return Checksums.crc32c(extracting(0..<crcOffset)) == uint32LE(at: crcOffset)
    }
}

extension TocsinLink {
    /// What a frame of ours is to carry: built up by `append`, then finished as a frame.
    ///
    /// It is half a kilobyte, unless it says how much less is enough, so it is filled where it
    /// stands and never copied.
    struct Content<let capacity: Int>: ~Copyable {
        // It is read as a span: Swift 6.3 copies the whole of an inline array for a subscript.
        private var storage = [capacity of UInt8](repeating: 0)
        private(set) var count = 0

        @inline(__always)
        init(type: UInt8, header: Header) {
            // One word in one store: the checksum loads it at once again.
            let front = UInt64(header.nonce) << 16 | UInt64(header.sequence) << 48
            append(front | UInt64(type) << 8 | UInt64(TocsinLink.version))
            append(UInt16(truncatingIfNeeded: header.sequence >> 16))
        }

        /// Precondition: room. What is built here is bounded field by field.
        @inline(__always)
        mutating func append<Value: FixedWidthInteger>(_ value: Value) {
            var places = storage.mutableSpan
            places.store(littleEndian: value, at: count)
            count += Value.bitWidth / 8
        }

        /// Adds the check bytes and appends the whole frame.
        @inline(__always)
        consuming func finish(into reply: inout Reply) {
            append(Checksums.crc32c(storage.span.extracting(0..<count)))
            reply.append(framing: storage.span.extracting(0..<count))
        }

        consuming func finish(into bytes: inout [UInt8]) {
            append(Checksums.crc32c(storage.span.extracting(0..<count)))
            bytes.append(framing: storage.span.extracting(0..<count))
        }
    }
}
