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
    /// than something that somebody wrote and a mistake in the configuration leads to.
    ///
    /// Damage can leave nothing to know a ledger by, and presses wait meanwhile: so whatever no
    /// person can have typed counts as one. It is moved aside and kept: nothing is lost by that.
    static func wasLedger(_ path: String) -> Bool {
        let head = front(of: path, headerBytes)
        return !head.isEmpty && (!isText(head) || isLog(path + "-wal"))
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard !bytes.contains(where: { $0 < 0x20 && !(0x09...0x0D).contains($0) }) else {
            return false
        }
        // The last character may be cut.
        return (0..<4).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    }

    private static func front(of path: String, _ count: Int) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        return (try? file.read(upToCount: count)).map(Array.init) ?? []
    }
}
