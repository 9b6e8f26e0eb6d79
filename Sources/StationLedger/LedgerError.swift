import GRDB

/// Why the ledger could not be opened, written or read, and what a person can do about it.
public struct LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The file or its folder cannot be opened or created.
        case cannotOpen
        /// Another process writes this ledger.
        case inUse
        /// The file is not a database, or the database of another program.
        case notALedger
        /// A newer Tocsin has changed the file in ways that this one does not know.
        case newerSchema
        /// An older Tocsin has written the file, and whoever only reads it changes nothing.
        case olderSchema
        /// The file is damaged.
        case corrupt
        /// No space. The transaction was undone cleanly and can be tried again.
        case full
        /// Another program holds the write lock. Undone cleanly, can be tried again.
        case busy
        /// Reading, writing or fsync failed: nothing written since the last commit that returned
        /// may be assumed durable, whatever a later fsync says.
        case failed
        /// The file was removed or replaced under the daemon. Nothing was stored; when it is put
        /// back, the same entries succeed.
        case displaced
        /// An event does not follow the last one. A defect of the caller; nothing was stored.
        case sequenceGap
        /// An entry contradicts what is stored. A defect of the caller; nothing was stored.
        case refused
    }

    public var kind: Kind
    /// What happened and where.
    public var message: String
    /// What a person can do about it.
    public var remedy: String

    public init(_ kind: Kind, message: String, remedy: String) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
    }

    /// Nothing was stored, nothing is in doubt, and the same entries may succeed later.
    public var isTransient: Bool { kind == .full || kind == .busy || kind == .displaced }

    public var description: String { "\(message); \(remedy)" }
}

extension LedgerError {
    /// An error with the remedy that its kind has.
    init(_ kind: Kind, path: String, message: String) {
        self.init(kind, message: message, remedy: kind.remedy(path: path))
    }

    /// Runs `body` and names what was being done in whatever it throws.
    static func wrapping<Result>(
        _ doing: String, path: String, _ body: () throws -> Result
    ) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch let error as LedgerError {
            throw error
        } catch let error as DatabaseError {
            let code = error.extendedResultCode.rawValue
            let kind = Kind(error)
            throw LedgerError(
                kind, path: path,
                message: "cannot \(doing) \(path): \(kind.reason(error)) (SQLite \(code))")
        } catch let error as UnreadableColumn {
            throw LedgerError(
                .corrupt, path: path, message: "cannot \(doing) \(path): \(error.description)")
        } catch {
            throw LedgerError(.failed, path: path, message: "cannot \(doing) \(path): \(error)")
        }
    }
}

extension LedgerError.Kind {
    fileprivate init(_ error: DatabaseError) {
        switch (error.resultCode, error.extendedResultCode) {
        // Growing the wal-index is the one write that reports a full disk by another name.
        case (.SQLITE_FULL, _), (_, .SQLITE_IOERR_SHMSIZE): self = .full
        case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _): self = .busy
        case (.SQLITE_CANTOPEN, _), (.SQLITE_PERM, _): self = .cannotOpen
        case (.SQLITE_NOTADB, _): self = .notALedger
        case (.SQLITE_CORRUPT, _): self = .corrupt
        case (.SQLITE_CONSTRAINT, _): self = .refused
        default: self = .failed
        }
    }

    /// SQLite's own words, but where they lead astray: it calls a full disk an error of the disk,
    /// and a database that another program writes to is locked for this one only.
    fileprivate func reason(_ error: DatabaseError) -> String {
        switch self {
        case .full: "its file system is full"
        case .busy: "another program has locked it"
        default: error.message ?? "no reason given"
        }
    }

    fileprivate func remedy(path: String) -> String {
        switch self {
        case .cannotOpen:
            "check that its folder exists and that the user of tocsind may write there"
        case .inUse:
            "stop the other tocsind, or give this one another ledger path"
        case .notALedger:
            "move that file away, or correct the ledger path in the configuration"
        case .newerSchema:
            "install the newer Tocsin again, or give this one another ledger path"
        case .olderSchema:
            "start tocsind with it, or with a copy: that brings a ledger to this version"
        case .corrupt:
            "restart tocsind: it moves a ledger that it finds damaged aside, keeps it, and "
                + "begins a new one; tocsin audit salvage \(path) reads what is left of it, and a "
                + "copy whose name begins with \(path).rescued- is whole"
        case .full:
            "free space on its file system; storing goes on by itself"
        case .busy:
            "end the program that writes to it (fuser \(path)); storing goes on by itself"
        case .failed:
            "look for errors of the disk (journalctl -k), then restart tocsind; devices that got "
                + "no reply send again"
        case .displaced:
            "put it back, and storing goes on by itself; or restart tocsind, which begins with "
                + "what is at \(path) then, and keep the copy whose name begins with "
                + "\(path).rescued-"
        case .sequenceGap, .refused:
            "this is a defect of Tocsin: report it with this message, then restart tocsind"
        }
    }
}
