import CBytes

/// Consistent overhead byte stuffing (Cheshire and Baker, 1999): content without a zero in it, so
/// that a zero can end a frame. A code byte n says that n - 1 bytes follow as they are, and behind
/// them a zero; 255 says the same without the zero. The last block has no zero behind it.
enum COBS {
    /// The longest content that is unpacked here: so much lies on the stack.
    static let countMax = 512

    /// Room for what a frame holds.
    typealias Room = [512 of UInt8]

    /// Writes what `packed` holds to the start of `room` and returns how many bytes that are; nil
    /// when a code points beyond the end, or it is too long.
    @inline(__always)
    static func unpack(_ packed: Span<UInt8>, into room: inout Room) -> Int? {
        guard packed.count <= countMax else { return nil }
        let count = unsafe packed.withUnsafeBufferPointer { source in
            unsafe withUnsafeMutableBytes(of: &room) { room -> Int in
                guard let from = source.baseAddress, let to = room.baseAddress else { return 0 }
                return unsafe tocsin_cobs_unpack(
                    from, source.count, to.assumingMemoryBound(to: UInt8.self))
            }
        }
        return count < 0 ? nil : count
    }

    /// Bytes that a frame of so much content has room in: two zeros, a code in front, and one more
    /// behind each 254 bytes.
    static func frameCountMax(_ count: Int) -> Int { count + 3 + count / 254 }

    /// Writes the frame of `content`, a zero in front and behind, and returns its length.
    /// Precondition: `room` for ``frameCountMax(_:)``.
    @inline(__always)
    static func frame(_ content: Span<UInt8>, into room: UnsafeMutableRawBufferPointer) -> Int {
        precondition(room.count >= frameCountMax(content.count), "no room for a whole frame")
        return unsafe content.withUnsafeBufferPointer { source -> Int in
            guard let from = source.baseAddress, let to = room.baseAddress else { return 0 }
            let bytes = unsafe to.assumingMemoryBound(to: UInt8.self)
            let count = unsafe tocsin_cobs_pack(from, source.count, bytes + 1)
            unsafe bytes[0] = 0
            unsafe bytes[count + 1] = 0
            return count + 2
        }
    }
}

extension Reply {
    /// Precondition: as of ``append(_:)``.
    @inline(__always)
    mutating func append(framing content: Span<UInt8>) {
        unsafe write { room in unsafe COBS.frame(content, into: room) }
    }
}

extension [UInt8] {
    mutating func append(framing content: Span<UInt8>) {
        let count = COBS.frameCountMax(content.count)
        self += unsafe [UInt8](unsafeUninitializedCapacity: count) { room, count in
            count = unsafe COBS.frame(content, into: UnsafeMutableRawBufferPointer(room))
        }
    }
}
