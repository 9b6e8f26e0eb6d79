import Foundation

/// A file that is appended to and synced: what durability costs at the least.
final class SyncedFile {
    private let descriptor: Int32
    private let block: [UInt8]

    var bytesPerAppend: Int { block.count }

    init(_ path: String, bytesPerAppend: Int) throws {
        descriptor = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND)
        block = [UInt8](repeating: 0x5A, count: bytesPerAppend)
    }

    deinit { close(descriptor) }

    /// Seconds until what was appended is durable.
    func append() throws -> Double {
        try Stopwatch.seconds {
            try Descriptor.write(block[...], to: descriptor)
            guard fdatasync(descriptor) == 0 else {
                throw Unmeasured("fdatasync: \(Descriptor.lastError())")
            }
        }
    }
}
