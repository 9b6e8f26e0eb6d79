import GRDB

/// The rows that could be read, and the first column of those that no Tocsin can have written: the
/// damage of one hides none of the others.
struct Readable<Value> {
    var values: [Value] = []
    var unreadable: [DatabaseValue] = []
    private var last: DatabaseValue?

    init(
        _ statement: Statement, _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws {
        for row in try Row.fetchAll(statement, arguments: arguments) {
            last = row[0]
            do {
                values.append(try read(row))
            } catch let error as UnreadableColumn {
                unreadable.append(error.row)
            }
        }
    }

    /// The number of the last row, when more may follow behind it.
    func end(ofPageOf limit: Int) -> Int64? {
        guard values.count + unreadable.count == limit else { return nil }
        return last.flatMap { Int64.fromDatabaseValue($0) }
    }
}
