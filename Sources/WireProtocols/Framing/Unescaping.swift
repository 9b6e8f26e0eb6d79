import CBytes

extension Span<UInt8> {
    /// Lends these bytes without their escapes: each pair of `escape` and n is the one byte
    /// `escape` - 1 + n. Up to 1024 bytes it costs no heap allocation.
    @inline(__always)
    func withUnescaped<Result>(_ escape: UInt8, _ body: (Span<UInt8>) -> Result) -> Result {
        // Room of a constant size lies on the stack.
        count <= 1024
            ? withUnescaped(escape, capacity: 1024, body)
            : withUnescaped(escape, capacity: count, body)
    }

    @inline(__always)
    private func withUnescaped<Result>(
        _ escape: UInt8, capacity: Int, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { room in
            let length = unsafe withUnsafeBufferPointer { source -> Int in
                guard let from = source.baseAddress, let to = room.baseAddress else { return 0 }
                return unsafe tocsin_unescape(from, source.count, escape, to)
            }
            return unsafe body(room.span.extracting(0..<length))
        }
    }
}
