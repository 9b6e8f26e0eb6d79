import AlarmModel
import Foundation
import GRDB

/// The values of one row, bound to a statement from left to right and stored by ``execute()``.
///
/// They are bound one by one, and not handed over as GRDB's `StatementArguments`, which would cost
/// three times what SQLite needs to store the row.
///
/// Text that SQLite would cut or repair, because it has a NUL in it or is not UTF-8, is stored as
/// a blob of its bytes: what a device said is read back to the byte.
@safe struct ColumnWriter {
    private let statement: Statement
    private let pointer: SQLiteStatement
    private var count: Int32 = 0

    init(_ statement: Statement) {
        self.statement = statement
        unsafe pointer = statement.sqliteStatement
        // None: takes back what was bound before and lets `execute` take what is bound now.
        statement.setUncheckedArguments(StatementArguments())
    }

    /// Stores the row. Each column of the statement has been added.
    func execute() throws { try statement.execute() }

    mutating func add(_ integer: (some FixedWidthInteger)?) {
        guard let integer else { return addNull() }
        add(Int64(integer))
    }

    /// All 64 bits, as the signed number that has the same.
    mutating func add(bits: UInt64) { add(Int64(bitPattern: bits)) }

    mutating func add(_ flag: Bool) { add(flag ? 1 : 0 as Int64) }

    mutating func add(_ name: some RawRepresentable<String>) { add(text: name.rawValue) }

    mutating func add(_ id: UUIDv7) { add(id.blob) }

    mutating func add(text: String?) {
        guard let text else { return addNull() }
        if text.utf8.contains(0) { add(Data(text.utf8)) } else { add(text) }
    }

    mutating func add(_ text: ShortText?) {
        guard let text else { return addNull() }
        let bytes = (0..<text.count).lazy.map { text[$0] }
        let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain { add(text.string) } else { add(Data(bytes)) }
    }

    /// No bytes are NULL.
    mutating func add(_ bytes: [UInt8]) {
        if bytes.isEmpty { addNull() } else { add(Data(bytes)) }
    }

    /// A column to which nothing is bound is NULL.
    private mutating func addNull() { count += 1 }

    private mutating func add(_ value: some StatementBinding) {
        count += 1
        let result = unsafe value.bind(to: pointer, at: count)
        precondition(result == 0, "SQLite cannot bind this value to column \(count)")
    }
}

/// The values of one row, read in the order in which ``ColumnWriter`` wrote them. A value that
/// cannot be one of ours is damage, and the error names its row and column.
struct ColumnReader {
    private let row: Row
    private var index = 0

    init(_ row: Row) { self.row = row }

    mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
        try need(optionalInteger())
    }

    mutating func optionalInteger<Integer: FixedWidthInteger>() throws -> Integer? {
        guard let value = next() else { return nil }
        return try need(Int64.fromDatabaseValue(value).flatMap { Integer(exactly: $0) })
    }

    mutating func bits() throws -> UInt64 { UInt64(bitPattern: try integer()) }

    mutating func flag() throws -> Bool { try integer() as Int != 0 }

    mutating func name<Name: RawRepresentable<String>>() throws -> Name {
        try need(Name(rawValue: text()))
    }

    mutating func id() throws -> UUIDv7 {
        try need(next().flatMap { UUIDv7(blob: $0) })
    }

    mutating func text() throws -> String { try need(optionalText()) }

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

    /// `value`, or an error about the column that was just read.
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
