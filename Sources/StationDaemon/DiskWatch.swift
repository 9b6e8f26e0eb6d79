import AlarmModel
import Foundation
import LinuxPorts
import StationLedger
import Synchronization

/// Watches the space that is left for the ledger, on a thread of its own because a file system may
/// take its time to answer.
final class DiskWatch: Sendable {
    private struct State {
        var space: FreeSpace?
        var pace = LedgerPace()
    }

    private let folder: String
    private let path: String
    private let state = Mutex(State())

    /// - Parameter ledgerPath: whose folder is watched, from now on and for ever.
    init(ledgerPath: String) {
        path = ledgerPath
        folder = URL(fileURLWithPath: ledgerPath).deletingLastPathComponent().path
        let thread = Thread { [weak self] in
            while true {
                guard let self else { return }
                let found = FreeSpace(at: folder)
                let bytes = Self.bytes(of: path)
                state.withLock { state in
                    state.space = found
                    if let bytes { state.pace.note(bytes, at: Clock.now().monotonic) }
                }
                Clock.rest(Limits.diskLook)
            }
        }
        thread.name = "disk watch"
        thread.start()
    }

    /// What a person should do before the last byte is gone; nil while there is enough.
    var reason: String? {
        let state = state.withLock { $0 }
        guard let space = state.space else { return nil }
        return Self.reason(space, in: folder) ?? state.pace.reason(space, in: folder)
    }

    private static func bytes(of path: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue
    }

    static func reason(_ space: FreeSpace, in folder: String) -> String? {
        if space.bytes < Limits.ledgerFreeBytesMin {
            return "only \(space.bytes >> 20) MiB are free for the ledger in \(folder), and "
                + "\(Limits.ledgerFreeBytesMin >> 20) MiB should be: free space on its file system "
                + "before presses cannot be stored"
        }
        if let files = space.files, files < Limits.ledgerFreeFilesMin {
            return "only \(files) more files fit on the file system of \(folder): delete some "
                + "before presses cannot be stored"
        }
        return nil
    }
}
