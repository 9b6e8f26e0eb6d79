import AlarmModel
import Foundation

/// What stands beside a ledger that was not stored there by the ledger itself: copies that were
/// rescued, and damaged ledgers that were moved aside. None of it is ever deleted.
struct DisplacedFiles {
    /// Where the ledger really is: its log lies beside what a symbolic link leads to.
    private let path: String
    private let given: String

    init(of path: String) {
        given = path
        self.path =
            unsafe realpath(path, nil).map { real in
                defer { unsafe free(real) }
                return unsafe String(cString: real)
            } ?? path
    }

    /// The copies that ``Ledger/check()`` saved, the oldest first.
    var rescued: [String] {
        named("\(given).rescued-") { $0.allSatisfy(\.isNumber) }
    }

    /// The damaged ledgers that were moved aside, the oldest first.
    var damaged: [String] { named(damagedPrefix) { !$0.contains("-") } }

    /// Logs whose ledger is nowhere, the oldest first.
    var orphanedLogs: [String] {
        named(damagedPrefix) { $0.hasSuffix("-wal") }
            .filter { !FileManager.default.fileExists(atPath: String($0.dropLast(4))) }
    }

    private var damagedPrefix: String { "\(path).damaged-" }

    private func named(_ prefix: String, where isOurs: (Substring) -> Bool) -> [String] {
        let folder = URL(fileURLWithPath: prefix).deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.map { "\(folder)/\($0)" }
            .filter { $0.hasPrefix(prefix) && isOurs($0.dropFirst(prefix.count)) }.sorted()
    }

    /// Moves the ledger with its log to a name of its own, which says when. Durable on return.
    ///
    /// - Returns: where it is now.
    func setAside(at time: WallTime) throws(LedgerError) -> String {
        let name = try freeName(at: time)
        // The ledger first: a log without its ledger is put beside it at the next start, while a
        // ledger without its log would pass for one with fewer records.
        for end in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + end) {
            try move(path + end, to: name + end)
        }
        try syncFolder()
        return name
    }

    /// SQLite deletes the log of a ledger that is not there or empty. What is in it may be nowhere
    /// else: so it is put beside the damaged ledger that it belonged to, or aside by itself.
    func keepOrphanedLog(at time: WallTime) throws(LedgerError) {
        guard size(path) == 0, LedgerPages.isLog(path + "-wal") else { return }
        let bereft = damaged.last { !FileManager.default.fileExists(atPath: $0 + "-wal") }
        let name: String
        if let bereft { name = bereft } else { name = try freeName(at: time) }
        try move(path + "-wal", to: name + "-wal")
        try syncFolder()
    }

    private func freeName(at time: WallTime) throws(LedgerError) -> String {
        for second in 0..<Int64(Limits.damagedLedgersMax) {
            let later = WallTime(microseconds: time.microseconds + second * 1_000_000)
            let stamp = later.rfc3339.prefix { $0 != "." }.filter { $0.isNumber || $0 == "T" }
            let name = "\(damagedPrefix)\(stamp)Z"
            let isTaken = ["", "-wal"].contains {
                FileManager.default.fileExists(atPath: name + $0)
            }
            if !isTaken { return name }
        }
        throw LedgerError(
            .failed,
            message: "there are \(Limits.damagedLedgersMax) damaged ledgers beside \(path)",
            remedy: "replace the disk, or move them to another folder")
    }

    private func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func move(_ from: String, to name: String) throws(LedgerError) {
        guard unsafe rename(from, name) != 0 else { return }
        throw LedgerError(
            .cannotOpen, message: "cannot move \(from) aside: \(reason(errno))",
            remedy: "move it yourself, with \(path)-wal, and start tocsind again")
    }

    private func syncFolder() throws(LedgerError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw LedgerError(
                .failed, path: path, message: "cannot make \(folder) durable: \(reason(errno))")
        }
    }
}

extension Ledger {
    /// Moves a damaged ledger aside, so that the next opening begins a new one. The caller has
    /// found it to be ``LedgerError/Kind/corrupt``.
    ///
    /// - Returns: its new name.
    public static func setAside(path: String, at time: WallTime) throws(LedgerError) -> String {
        // No other daemon may be at it meanwhile.
        let file = try LedgerFile(path: path)
        defer { file.release() }
        return try DisplacedFiles(of: path).setAside(at: time)
    }
}

extension WallTime {
    static var now: WallTime {
        WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
