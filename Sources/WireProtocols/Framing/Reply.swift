/// Bytes for the device, held in place so that answering costs no allocation. The longest reply of
/// any protocol is an encrypted DC-09 acknowledgement. A decoder has one, which every answer is
/// written into and lent from.
public struct Reply: Sendable, Equatable {
    public static let capacity = 240

    private var storage: [240 of UInt8]
    public private(set) var count: Int

    public init() {
        storage = [240 of UInt8](repeating: 0)
        count = 0
    }

    public var isEmpty: Bool { count == 0 }

    @inline(__always)
    mutating func clear() { count = 0 }

    public init(_ bytes: [UInt8]) {
        self.init()
        for byte in bytes { append(byte) }
    }

    /// Precondition: fewer than ``capacity`` bytes so far. What a reply holds is made by us, never
    /// copied at an unchecked length from the wire.
    @inline(__always)
    public mutating func append(_ byte: UInt8) {
        precondition(count < Self.capacity, "a reply outgrew its bound")
        storage[count] = byte
        count += 1
    }

    /// The eight bytes of a word, the highest first.
    @inline(__always)
    mutating func append(bigEndian word: UInt64) {
        precondition(count <= Self.capacity - 8, "a reply outgrew its bound")
        let start = count
        unsafe withUnsafeMutableBytes(of: &storage) { room in
            unsafe room.storeBytes(of: word.bigEndian, toByteOffset: start, as: UInt64.self)
        }
        count = start + 8
    }

    /// The first `few` bytes of a word, the lowest first.
    @inline(__always)
    mutating func append(littleEndian word: UInt64, count few: Int) {
        precondition(few >= 0 && few <= 8 && count <= Self.capacity - 8, "no room for a word")
        let start = count
        unsafe withUnsafeMutableBytes(of: &storage) { room in
            unsafe room.storeBytes(of: word.littleEndian, toByteOffset: start, as: UInt64.self)
        }
        count = start + few
    }

    /// All of `bytes` at once.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        precondition(bytes.count <= Self.capacity - count, "a reply outgrew its bound")
        let start = count
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeMutableBytes(of: &storage) { room in
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[start...])
                    .copyMemory(from: bytes)
            }
        }
        count = start + bytes.count
    }

    /// What is said in fixed words.
    @inline(__always)
    mutating func append(ascii text: StaticString) {
        text.withUTF8Buffer { unsafe append($0.span) }
    }

    /// Writes the eight bytes of a word, the highest first, over those from `offset` on.
    @inline(__always)
    mutating func replace(bigEndian word: UInt64, at offset: Int) {
        precondition(offset >= 0 && offset <= count - 8, "nothing to replace")
        unsafe withUnsafeMutableBytes(of: &storage) { room in
            unsafe room.storeBytes(of: word.bigEndian, toByteOffset: offset, as: UInt64.self)
        }
    }

    /// Lends what room there is behind the bytes so far to `fill`, which returns how many bytes it
    /// wrote at its start.
    @inline(__always)
    mutating func write(_ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        let start = count
        let written = unsafe withUnsafeMutableBytes(of: &storage) { room in
            unsafe fill(UnsafeMutableRawBufferPointer(rebasing: room[start...]))
        }
        precondition(written >= 0 && written <= Self.capacity - start, "a reply outgrew its bound")
        count = start + written
    }

    public subscript(index: Int) -> UInt8 {
        precondition(index < count)
        return storage.span[index]
    }

    /// The same without a copy of the whole: of the one reply that a decoder reuses.
    @inline(__always)
    mutating func lend<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let count = count
        return unsafe withUnsafeBytes(of: &storage) { bytes in
            unsafe body(bytes.bindMemory(to: UInt8.self).span.extracting(0..<count))
        }
    }

    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(storage.span.extracting(0..<count))
    }

    public var bytes: [UInt8] { withBytes { $0.array() } }

    public static func == (a: Reply, b: Reply) -> Bool { a.bytes == b.bytes }
}
