import AlarmModel
import Foundation
import GRDB
import GRDBSQLite

/// Takes the values of one row, from left to right.
///
/// Text that SQLite would cut, because it has a NUL in it, or repair, because it is not UTF-8, is
/// handed over as a blob of its bytes: what a device said is read back to the byte.
protocol ColumnSink: ~Copyable {
    mutating func addNull()
    mutating func add(number: Int64)
    mutating func add(_ bytes: Span<UInt8>, isText: Bool)
}

extension ColumnSink where Self: ~Copyable {
    mutating func add(_ integer: (some FixedWidthInteger)?) {
        if let integer { add(number: Int64(integer)) } else { addNull() }
    }

    mutating func add(_ flag: Bool) { add(number: flag ? 1 : 0) }

    mutating func add(_ name: some RawRepresentable<String>) { add(text: name.rawValue) }

    mutating func add(_ id: UUIDv7) {
        let bytes = InlineArray<16, UInt8> { index in
            let word = index < 8 ? id.high : id.low
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - index % 8 * 8))
        }
        add(bytes.span, isText: false)
    }

    mutating func add(text: String?) {
        guard let text else { return addNull() }
        let bytes = text.utf8.span
        var isText = true
        for index in bytes.indices where bytes[index] == 0 { isText = false }
        add(bytes, isText: isText)
    }

    mutating func add(_ text: ShortText?) {
        guard let text else { return addNull() }
        text.withBytes { bytes in
            var isPlain = true
            for index in bytes.indices where bytes[index] &- 0x20 > 0x5E { isPlain = false }
            add(bytes, isText: isPlain)
        }
    }

    mutating func add(_ digest: Digest) {
        digest.withBytes { add($0, isText: false) }
    }

    /// No bytes are NULL.
    mutating func add(_ bytes: [UInt8]) {
        if bytes.isEmpty { return addNull() }
        add(bytes.span, isText: false)
    }
}

/// Stores rows by one statement, one or more at a time: their values are added from left to right,
/// and ``execute()`` stores them and makes room for the next.
///
/// The values go to SQLite directly. Handed over as GRDB's `StatementArguments`, and stepped with
/// GRDB's bookkeeping for observers that nobody here is, they would cost twice what SQLite needs
/// to store the row.
@safe struct ColumnWriter: ColumnSink, ~Copyable {
    /// Keeps the handle alive.
    private let statement: Statement
    private let handle: SQLiteStatement
    /// The text and bytes of the rows: they stay where they are until SQLite has stored them, so
    /// that it need not copy each of them to memory of its own.
    private let room: UnsafeMutableRawPointer
    private var used = 0
    private var column: Int32 = 0

    /// More than almost all rows have together. What does not fit is copied by SQLite.
    static let roomBytes = 8_192

    init(_ statement: Statement) {
        self.statement = statement
        unsafe handle = statement.sqliteStatement
        unsafe room = .allocate(byteCount: Self.roomBytes, alignment: 1)
    }

    deinit {
        // The statement outlives the room, and what an error kept from being stored is no row's.
        if column > 0 { unsafe sqlite3_clear_bindings(handle) }
        unsafe room.deallocate()
    }

    /// Stores what was added. A column to which nothing was added is NULL.
    mutating func execute() throws {
        let result = unsafe sqlite3_step(handle)
        let connection = unsafe sqlite3_db_handle(handle)
        let message =
            result == SQLITE_DONE ? nil : unsafe String(cString: sqlite3_errmsg(connection))
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
        used = 0
        column = 0
        guard result == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: result), message: message)
        }
    }

    mutating func addNull() { column += 1 }

    mutating func add(number: Int64) {
        column += 1
        bound(unsafe sqlite3_bind_int64(handle, column, number))
    }

    mutating func add(_ bytes: Span<UInt8>, isText: Bool) {
        unsafe bytes.withUnsafeBytes { bytes in
            if bytes.count <= Self.roomBytes - used {
                let kept = unsafe room + used
                if let start = bytes.baseAddress {
                    unsafe kept.copyMemory(from: start, byteCount: bytes.count)
                }
                unsafe bind(kept, bytes.count, isText: isText, mayMove: false)
                used += bytes.count
            } else {
                unsafe bind(bytes.baseAddress, bytes.count, isText: isText, mayMove: true)
            }
        }
    }

    private mutating func bind(
        _ start: UnsafeRawPointer?, _ count: Int, isText: Bool, mayMove: Bool
    ) {
        column += 1
        // What SQLite calls SQLITE_TRANSIENT, which it copies, and SQLITE_STATIC.
        let destructor = unsafe unsafeBitCast(mayMove ? -1 : 0, to: sqlite3_destructor_type.self)
        if isText {
            let text = unsafe start?.assumingMemoryBound(to: CChar.self)
            bound(
                unsafe sqlite3_bind_text64(
                    handle, column, text, UInt64(count), destructor, UInt8(SQLITE_UTF8)))
        } else {
            bound(unsafe sqlite3_bind_blob64(handle, column, start, UInt64(count), destructor))
        }
    }

    private func bound(_ result: Int32) {
        precondition(result == SQLITE_OK, "SQLite cannot bind this value to column \(column)")
    }
}

/// The values of one row, read in the order in which ``ColumnWriter`` wrote them. A value that
/// cannot be one of ours is damage, and the error names its row and column.
struct ColumnReader {
    private let row: Row
    private var index = 0

    init(_ row: Row) { self.row = row }

    mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
        let value: Integer? = try optionalInteger()
        return try need(value)
    }

    mutating func optionalInteger<Integer: FixedWidthInteger>() throws -> Integer? {
        guard let value = next() else { return nil }
        return try need(Int64.fromDatabaseValue(value).flatMap { Integer(exactly: $0) })
    }

    mutating func flag() throws -> Bool { try integer() as Int != 0 }

    mutating func name<Name: RawRepresentable<String>>() throws -> Name {
        let text = try text()
        return try need(Name(rawValue: text))
    }

    mutating func optionalName<Name: RawRepresentable<String>>() throws -> Name? {
        guard let text = try optionalText() else { return nil }
        return try need(Name(rawValue: text))
    }

    mutating func time() throws -> WallTime { WallTime(microseconds: try integer()) }

    mutating func optionalTime() throws -> WallTime? {
        try optionalInteger().map { WallTime(microseconds: $0) }
    }

    mutating func id() throws -> UUIDv7 {
        let id = try optionalID()
        return try need(id)
    }

    mutating func optionalID() throws -> UUIDv7? {
        guard let value = next() else { return nil }
        return try need(UUIDv7(blob: value))
    }

    mutating func digest() throws -> Digest {
        let digest = try optionalDigest()
        return try need(digest)
    }

    mutating func optionalDigest() throws -> Digest? {
        let bytes = try bytes()
        return bytes.isEmpty ? nil : try need(Digest(bytes))
    }

    mutating func text() throws -> String {
        let text = try optionalText()
        return try need(text)
    }

    mutating func optionalText() throws -> String? {
        guard let value = next() else { return nil }
        return try need(String.fromDatabaseValue(value))
    }

    mutating func optionalShortText() throws -> ShortText? {
        guard let value = next() else { return nil }
        var text = ShortText()
        for byte in try need(Data.fromDatabaseValue(value)) {
            guard text.append(byte) else { return try need(nil) }
        }
        return text
    }

    mutating func bytes() throws -> [UInt8] {
        guard let value = next() else { return [] }
        return try Array(need(Data.fromDatabaseValue(value)))
    }

    /// The next column, nil when it is NULL.
    private mutating func next() -> DatabaseValue? {
        let value: DatabaseValue = row[index]
        index += 1
        return value.isNull ? nil : value
    }

    /// `value`, or an error about the column that was read before the call: reading it within the
    /// call would name the column in front of it.
    private func need<Value>(_ value: Value?) throws -> Value {
        if let value { return value }
        throw UnreadableColumn(name: Array(row.columnNames)[index - 1], row: row[0])
    }
}

/// A stored value that no Tocsin of this schema can have written.
struct UnreadableColumn: Error, CustomStringConvertible {
    var name: String
    /// The first column: the number of the row.
    var row: DatabaseValue

    var description: String { "column \(name) of row \(row) has a value of the wrong kind" }
}

extension UUIDv7 {
    /// 16 bytes in network order, so that ids sort in SQL as they do everywhere.
    var blob: Data {
        let words = (high.bigEndian, low.bigEndian)
        return unsafe withUnsafeBytes(of: words) { unsafe Data($0) }
    }

    init?(blob: DatabaseValue) {
        guard let bytes = Data.fromDatabaseValue(blob), bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension [UInt8] {
    var databaseBlob: DatabaseValue { Data(self).databaseValue }
}
