import AlarmModel

/// The last bytes of one port, both directions, always on: what a person needs to see after a
/// decode error has happened.
///
/// Records lie one behind the other in one buffer that grows to its capacity and wraps around; when
/// a new one needs room then, the oldest give way.
///
///     record   time:8  length:4  direction:1  bytes      (little-endian)
public struct CaptureRing: Sendable {
    static let headerBytes = 13

    private var storage: [UInt8] = []
    private let capacity: Int
    /// Where the oldest record starts.
    private var oldest = 0
    /// Bytes in use from there, around the end if need be.
    private var used = 0

    /// - Parameter capacity: bytes, headers of 13 bytes a record included.
    public init(capacity: Int = Limits.captureRingBytes) {
        precondition(capacity > Self.headerBytes, "a capture ring has to hold one record")
        self.capacity = capacity
    }

    /// Adds what was just read or written. Of bytes beyond the capacity the last ones are kept; no
    /// bytes are no record.
    public mutating func append(
        _ direction: CaptureRecord.Direction, at time: WallTime, _ bytes: Span<UInt8>
    ) {
        guard !bytes.isEmpty else { return }
        let kept = bytes.extracting(last: capacity - Self.headerBytes)
        grow(toHold: used + Self.headerBytes + kept.count)
        while used + Self.headerBytes + kept.count > storage.count { dropOldest() }
        put(UInt64(bitPattern: time.microseconds), bytes: 8)
        put(UInt64(kept.count), bytes: 4)
        put(UInt64(direction.rawValue), bytes: 1)
        let start = index(oldest + used)
        let upToEnd = min(kept.count, storage.count - start)
        copy(kept.extracting(first: upToEnd), to: start)
        copy(kept.extracting(droppingFirst: upToEnd), to: 0)
        used += kept.count
    }

    /// The records held, oldest first, as those of this port.
    public func snapshot(portName: String, protocolID: ProtocolID?) -> [CaptureRecord] {
        var records: [CaptureRecord] = []
        var offset = 0
        while offset < used {
            let time = number(at: offset, bytes: 8)
            let length = Int(number(at: offset + 8, bytes: 4))
            let direction = CaptureRecord.Direction(
                rawValue: UInt8(number(at: offset + 12, bytes: 1)))
            offset += Self.headerBytes
            records.append(
                CaptureRecord(
                    portName: portName, protocolID: protocolID, direction: direction ?? .received,
                    at: WallTime(microseconds: Int64(bitPattern: time)),
                    bytes: (offset..<offset + length).map { storage[index(oldest + $0)] }))
            offset += length
        }
        return records
    }

    /// Makes the buffer at least twice as large, so that few ports ever hold all their capacity.
    /// It wraps around only once it is full grown, so what is in use lies at its start until then.
    private mutating func grow(toHold count: Int) {
        guard count > storage.count, storage.count < capacity else { return }
        let size = min(capacity, max(count, 2 * storage.count, 256))
        storage += repeatElement(0, count: size - storage.count)
    }

    private mutating func dropOldest() {
        let size = Self.headerBytes + Int(number(at: 8, bytes: 4))
        oldest = index(oldest + size)
        used -= size
    }

    private func index(_ position: Int) -> Int {
        position < storage.count ? position : position - storage.count
    }

    /// A number of a record, `offset` bytes behind the start of the oldest one.
    private func number(at offset: Int, bytes count: Int) -> UInt64 {
        (0..<count).reduce(0) { value, byte in
            value | UInt64(storage[index(oldest + offset + byte)]) << UInt64(8 * byte)
        }
    }

    private mutating func put(_ number: UInt64, bytes count: Int) {
        for byte in 0..<count {
            storage[index(oldest + used)] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
            used += 1
        }
    }

    private mutating func copy(_ bytes: Span<UInt8>, to start: Int) {
        var target = storage.mutableSpan
        for offset in bytes.indices { target[start + offset] = bytes[offset] }
    }
}
