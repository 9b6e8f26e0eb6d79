/// Bytes of a text that grows at its end. Nobody else has them, so that an append costs a look at
/// the room that is left and nothing more: an array would look for another owner each time.
@safe public struct TextBuffer: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var filled = 0

    /// - Parameter room: for how many bytes there is room before it has to grow.
    @inlinable
    public init(room: Int) {
        capacity = max(room, 16)
        unsafe start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    }

    @inlinable
    deinit { unsafe start.deallocate() }

    public var bytes: [UInt8] {
        unsafe [UInt8](UnsafeBufferPointer(start: start, count: filled))
    }

    @inlinable @inline(__always)
    public mutating func reserve(_ room: Int) {
        if capacity &- filled < room { grow(by: room) }
    }

    @usableFromInline @inline(never)
    mutating func grow(by room: Int) {
        capacity = max(capacity * 2, filled + room)
        let more = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe more.initialize(from: start, count: filled)
        unsafe start.deallocate()
        unsafe start = more
    }

    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe start[filled] = byte
        filled &+= 1
    }

    @inlinable @inline(__always)
    public mutating func append(mark: Unicode.Scalar) { append(UInt8(ascii: mark)) }

    /// The first `count` bytes of `word`, the lowest first.
    ///
    /// - Parameter count: 0...8.
    @inlinable @inline(__always)
    public mutating func append(word: UInt64, count: Int = 8) {
        precondition(count >= 0 && count <= 8, "a word holds 8 bytes")
        reserve(8)
        // What is stored behind `count` is not counted, and the next bytes cover it.
        unsafe UnsafeMutableRawPointer(start + filled)
            .storeBytes(of: word.littleEndian, as: UInt64.self)
        filled &+= count
    }

    @inlinable @inline(__always)
    public mutating func append(ascii text: StaticString) {
        let count = text.utf8CodeUnitCount
        reserve(count)
        unsafe (start + filled).initialize(from: text.utf8Start, count: count)
        filled &+= count
    }

    /// `"name":`, with a comma in front of all but the first field: one look at the room for all.
    @inlinable @inline(__always)
    public mutating func append(key name: StaticString, followsValue: Bool) {
        let count = name.utf8CodeUnitCount
        reserve(count &+ 4)
        unsafe start[filled] = UInt8(ascii: ",")
        filled &+= followsValue ? 1 : 0
        unsafe start[filled] = UInt8(ascii: "\"")
        unsafe (start + filled + 1).initialize(from: name.utf8Start, count: count)
        unsafe start[filled &+ count &+ 1] = UInt8(ascii: "\"")
        unsafe start[filled &+ count &+ 2] = UInt8(ascii: ":")
        filled &+= count &+ 3
    }

    @inlinable @inline(__always)
    public mutating func append(bytes: Span<UInt8>) {
        reserve(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe (start + filled).initialize(from: first, count: source.count)
        }
        filled &+= bytes.count
    }
}

extension String {
    /// What `write` puts behind one another.
    init(room: Int, _ write: (inout TextBuffer) -> Void) {
        var text = TextBuffer(room: room)
        write(&text)
        self.init(decoding: text.bytes, as: UTF8.self)
    }
}
