import AlarmModel

extension TocsinLink {
    /// What one frame carries, the four check bytes included: taken out of a frame by
    /// ``unpack(_:)``, or built up by `append` and put into one by ``write(_:)``.
    ///
    /// It is half a kilobyte, so it is filled where it stands and never copied.
    struct Content: ~Copyable {
        /// The layout that this station speaks.
        static let version: UInt8 = 1

        private enum Offset {
            static let version = 0
            static let type = 1
            static let nonce = 2
            static let sequence = 6
            static let body = 10
        }

        private static let crcCount = 4
        private static let countRange = Offset.body + crcCount...500

        // As long as the longest frame, so that no frame's content can outgrow it. It is read as a
        // span: Swift 6.3 copies the whole of an inline array for a subscript of its own.
        private var storage = [504 of UInt8](repeating: 0)
        private(set) var count = 0

        init() {}

        var isOfPossibleLength: Bool { Self.countRange.contains(count) }

        /// Precondition of the rest: ``isOfPossibleLength``.
        var version: UInt8 { storage.span[Offset.version] }
        var type: UInt8 { storage.span[Offset.type] }

        var header: Header {
            Header(
                nonce: storage.span.uint32LE(at: Offset.nonce),
                sequence: storage.span.uint32LE(at: Offset.sequence))
        }

        var isIntact: Bool {
            let crcOffset = count - Self.crcCount
            let crc = Checksums.crc32c(storage.span.extracting(0..<crcOffset))
            return crc == storage.span.uint32LE(at: crcOffset)
        }

        func withBody<Result>(
            _ read: (_ type: UInt8, _ body: Span<UInt8>) throws(DecodeError) -> Result
        ) throws(DecodeError) -> Result {
            try read(type, storage.span.extracting(Offset.body..<count - Self.crcCount))
        }
    }
}

// COBS (Cheshire and Baker, 1999): a code byte n says that n - 1 bytes follow as they are, and
// behind them a zero; 255 says the same without the zero. The last block has no zero behind it.
extension TocsinLink.Content {
    private static let codeWithoutZero = 0xFF

    /// Fills this, which is empty. False when a code points beyond the end, or the bytes are no
    /// frame at all.
    mutating func unpack(_ frame: Span<UInt8>) -> Bool {
        let end = frame.count - 1
        guard frame.count <= TocsinLink.frameLengthMax, end > 0,
            frame[end] == TocsinLink.delimiter
        else { return false }
        var index = frame[0] == TocsinLink.delimiter ? 1 : 0
        while index < end {
            let code = Int(frame[index])
            let next = index + code
            guard code > 0, next <= end else { return false }
            index += 1
            while index < next {
                storage[count] = frame[index]
                count += 1
                index += 1
            }
            // The storage is zeroes to begin with.
            if code != Self.codeWithoutZero && index < end { count += 1 }
        }
        return true
    }

    /// Puts the whole frame out, one byte after the other.
    func write(_ put: (UInt8) -> Void) {
        let bytes = storage.span.extracting(0..<count)
        put(TocsinLink.delimiter)
        var index = 0
        var isOpen = true
        while isOpen {
            let limit = min(index + Self.codeWithoutZero - 1, bytes.count)
            var next = index
            while next < limit, bytes[next] != 0 { next += 1 }
            put(UInt8(next - index + 1))
            for copied in index..<next { put(bytes[copied]) }
            // A full block has swallowed no zero; at the end there is none to swallow.
            let isFull = next - index == Self.codeWithoutZero - 1
            isOpen = next < bytes.count
            index = isFull ? next : next + 1
        }
        put(TocsinLink.delimiter)
    }
}

extension TocsinLink.Content {
    mutating func begin(type: UInt8, header: TocsinLink.Header) {
        append(Self.version)
        append(type)
        append(uint32: header.nonce)
        append(uint32: header.sequence)
    }

    /// Adds the check bytes. The last thing before ``write(_:)``.
    mutating func seal() {
        append(uint32: Checksums.crc32c(storage.span.extracting(0..<count)))
    }

    /// Precondition: room. What is built here is bounded field by field.
    mutating func append(_ byte: UInt8) {
        storage[count] = byte
        count += 1
    }

    mutating func append(uint16 value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func append(uint32 value: UInt32) {
        append(uint16: UInt16(truncatingIfNeeded: value))
        append(uint16: UInt16(truncatingIfNeeded: value >> 16))
    }

    mutating func append(uint64 value: UInt64) {
        append(uint32: UInt32(truncatingIfNeeded: value))
        append(uint32: UInt32(truncatingIfNeeded: value >> 32))
    }
}
