import AlarmModel
import CBytes
import Synchronization

/// The mirrored mappings that rings are made of. Those that no ring needs at the moment are kept
/// for whichever needs one next, so that ten thousand silent connections hold none, and what is
/// read is read into memory that is warm.
@safe struct RingMemory: @unchecked Sendable {
    // Whoever has a mapping is the only one: it is in a ring or among the spares.
    let start: UnsafeMutablePointer<UInt8>
    private let size: Int

    private static let spares = Mutex<[RingMemory]>([])

    /// Nil when the kernel gives none: no memory, no mapping, or no file for the moment that it
    /// takes. Who asks cannot be read then; those who hold theirs can.
    ///
    /// - Parameter size: bytes, in whole pages.
    static func take(_ size: Int) -> RingMemory? {
        let spare = spares.withLock { spares in
            spares.lastIndex { $0.size == size }.map { spares.remove(at: $0) }
        }
        return spare ?? RingMemory(mapping: size)
    }

    func giveBack() {
        let isKept = Self.spares.withLock { spares in
            guard spares.count < Limits.spareRingsMax else { return false }
            spares.append(self)
            return true
        }
        if !isKept { unsafe tocsin_mirror_unmap(start, size) }
    }

    private init?(mapping size: Int) {
        guard let base = unsafe tocsin_mirror_map(size) else { return nil }
        unsafe start = base.assumingMemoryBound(to: UInt8.self)
        self.size = size
    }
}
