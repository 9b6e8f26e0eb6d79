import AlarmModel
import Crypto
import GRDB

/// 32 bytes of SHA-256, held in place: a record has one, and no allocation for it.
struct Digest: Equatable, Sendable {
    private let first, second, third, fourth: UInt64

    /// Nil unless there are 32.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == SHA256.byteCount else { return nil }
        self = unsafe bytes.withUnsafeBytes { unsafe Digest($0) }
    }

    fileprivate init(_ digest: SHA256Digest) {
        self = unsafe digest.withUnsafeBytes { unsafe Digest($0) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        func word(_ index: Int) -> UInt64 {
            unsafe bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        }
        (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
    }

    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let words: InlineArray<4, UInt64> = [first, second, third, fourth]
        return unsafe words.span.withUnsafeBytes { bytes in
            unsafe body(bytes.bindMemory(to: UInt8.self).span)
        }
    }

    var bytes: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }

    var hex: String { hexText(bytes) }
}

/// The digest of one record: of all the values of its row that are not NULL.
///
/// ```
///  kind of record 1 | columns 8: a bit for each that is not NULL | the values of these, in order
///
///  an integer     0...8: how many bytes, as few as hold it | two's complement, little-endian
///  another number 9 | the bits of a double 8
///  text           0x40 + count | bytes; from 63 on 0x7F | count 4 | bytes
///  a blob         0x80 + count | bytes; from 63 on 0xBF | count 4 | bytes
/// ```
/// So short because SHA-256 is most of what a seal costs. A column that a later version adds is
/// NULL in older rows, so that their digests stay. The random bits of the record's id, which is one
/// of the values, keep anybody from guessing what an erased record said by trying.
@safe struct DigestWriter: ColumnSink, ~Copyable {
    private var room: UnsafeMutableRawPointer
    private var capacity = 1_024
    /// Behind the kind of the record and the columns, which are known at the end.
    private var used = headLength
    private var column: UInt64 = 0
    private var columns: UInt64 = 0
    private static let headLength = 9
    private static let longCount = 63

    init() { unsafe room = .allocate(byteCount: capacity, alignment: 1) }

    deinit { unsafe room.deallocate() }

    mutating func addNull() { column += 1 }

    mutating func add(number: Int64) {
        let bits = Int64.bitWidth - (number ^ (number >> 63)).leadingZeroBitCount
        let count = number == 0 ? 0 : bits / 8 + 1
        begin(tag: UInt8(count), room: 8)
        unsafe room.storeBytes(of: number.littleEndian, toByteOffset: used, as: Int64.self)
        used += count
    }

    /// No Tocsin stores one; the digest of a row that has one must fit no other row.
    mutating func add(real: Double) {
        begin(tag: 9, room: 8)
        let bits = real.bitPattern.littleEndian
        unsafe room.storeBytes(of: bits, toByteOffset: used, as: UInt64.self)
        used += 8
    }

    mutating func add(_ bytes: Span<UInt8>, isText: Bool) {
        let short = min(bytes.count, Self.longCount)
        begin(tag: (isText ? 0x40 : 0x80) + UInt8(short), room: 4 + bytes.count)
        if short == Self.longCount {
            let count = UInt32(bytes.count).littleEndian
            unsafe room.storeBytes(of: count, toByteOffset: used, as: UInt32.self)
            used += 4
        }
        unsafe bytes.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress {
                unsafe (room + used).copyMemory(from: start, byteCount: bytes.count)
            }
        }
        used += bytes.count
    }

    /// The digest of what was added, which is forgotten.
    ///
    /// - Parameter kind: of the record, so that an event can never pass for a change.
    mutating func finish(_ kind: RecordKind) -> Digest {
        unsafe room.storeBytes(of: kind.rawValue, as: UInt8.self)
        unsafe room.storeBytes(of: columns.littleEndian, toByteOffset: 1, as: UInt64.self)
        let message = unsafe UnsafeRawBufferPointer(start: room, count: used)
        var hasher = SHA256()
        unsafe hasher.update(bufferPointer: message)
        used = Self.headLength
        column = 0
        columns = 0
        return Digest(hasher.finalize())
    }

    @inline(__always)
    private mutating func begin(tag: UInt8, room needed: Int) {
        precondition(column < UInt64.bitWidth, "a record has at most 64 columns")
        columns |= 1 << column
        column += 1
        if used + 1 + needed > capacity { grow(to: used + 1 + needed) }
        unsafe room.storeBytes(of: tag, toByteOffset: used, as: UInt8.self)
        used += 1
    }

    @inline(never)
    private mutating func grow(to count: Int) {
        capacity = max(count, 2 * capacity)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        unsafe larger.copyMemory(from: room, byteCount: used)
        unsafe room.deallocate()
        unsafe room = larger
    }
}

/// Which table a record stands in.
enum RecordKind: UInt8, CaseIterable {
    case event = 1
    case change = 2
}

extension DigestWriter {
    /// Adds the values of a row as they are stored.
    mutating func add(_ row: Row, columns: Int) {
        for index in 0..<columns {
            let value: DatabaseValue = row[index]
            switch value.storage {
            case .null: addNull()
            case .int64(let number): add(number: number)
            case .string(let text): add(text.utf8.span, isText: true)
            case .blob(let data): add(Array(data).span, isText: false)
            case .double(let number): add(real: number)
            }
        }
    }
}

/// The chain of seals: each is over the one before and the digests of the records since.
struct SealChain {
    /// 32 zeros before there is one.
    private(set) var last: Digest
    private var hasher: SHA256

    init(behind last: Digest? = nil) {
        self.last = last ?? Self.start
        hasher = SHA256()
        Self.add(self.last, to: &hasher)
    }

    private static let start: Digest = {
        guard let zeros = Digest([UInt8](repeating: 0, count: SHA256.byteCount)) else {
            preconditionFailure("a digest has as many bytes as SHA-256 gives")
        }
        return zeros
    }()

    mutating func add(_ digest: Digest) { Self.add(digest, to: &hasher) }

    private static func add(_ digest: Digest, to hasher: inout SHA256) {
        digest.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        }
    }

    /// The seal over what was added; the next one begins behind it.
    mutating func seal() -> Digest {
        let seal = Digest(hasher.finalize())
        self = SealChain(behind: seal)
        return seal
    }
}
