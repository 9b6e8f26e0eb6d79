import AlarmModel
import Foundation

/// A ledger's file as pages, without SQLite: what can be said of it however damaged it is.
struct LedgerPages {
    private static let headerBytes = 4_096

    /// Whether `path` begins as SQLite's log does.
    static func isLog(_ path: String) -> Bool {
        let head = front(of: path, 4)
        return head == [0x37, 0x7F, 0x06, 0x82] || head == [0x37, 0x7F, 0x06, 0x83]
    }

    /// Whether a file that SQLite takes for no database was once a ledger, and is damaged, rather
    /// than something else that stands there by mistake and is left alone.
    static func wasLedger(_ path: String) -> Bool {
        let head = front(of: path, headerBytes)
        guard !head.isEmpty else { return false }
        let application = (0..<4).map {
            UInt8(truncatingIfNeeded: Schema.applicationID >> (24 - 8 * $0))
        }
        return head.dropFirst(68).prefix(4) == application[...]
            || head.allSatisfy { $0 == 0 } || isLog(path + "-wal")
            || Data(head).range(of: Data("CREATE TABLE alert".utf8)) != nil
    }

    private static func front(of path: String, _ count: Int) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        return (try? file.read(upToCount: count)).map(Array.init) ?? []
    }
}
