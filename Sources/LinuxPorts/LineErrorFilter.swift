import Glibc

/// What went wrong on a line, as the tty layer marked it or a serial server told.
struct LineErrors: Equatable {
    /// Bytes that came with a parity or framing error.
    var damagedBytes: UInt64 = 0
    /// Breaks; a damaged zero byte cannot be told from one.
    var breaks: UInt64 = 0
    /// Bytes that the hardware or the driver lost, as far as they tell.
    var overruns: UInt64 = 0
}

/// Takes the marks of the tty layer out of what was read. With `PARMRK` set the kernel writes a
/// damaged byte as `FF 00 xx`, a break as `FF 00 00`, and a true `FF` as `FF FF`; a mark may be cut
/// anywhere by the end of a read.
///
/// A damaged byte and a break become one `FF`: no 7-bit line protocol has it, and a checksum fails
/// on it. Dropping them would join two halves that were never one frame.
struct LineErrorFilter {
    private enum State {
        case plain
        case afterMark
        case afterMarkAndZero
    }

    private static let mark: UInt8 = 0xFF

    private var state = State.plain

    /// Rewrites `bytes` in place and returns how many are left, at the start. It may be none: then
    /// the read ended inside a mark.
    mutating func filter(
        _ bytes: inout MutableSpan<UInt8>, counting errors: inout LineErrors
    ) -> Int {
        if state == .plain && !Self.hasMark(bytes) { return bytes.count }
        var kept = 0
        for index in bytes.indices {
            guard let byte = next(bytes[index], &errors) else { continue }
            bytes[kept] = byte
            kept += 1
        }
        return kept
    }

    private static func hasMark(_ bytes: borrowing MutableSpan<UInt8>) -> Bool {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return false }
            return unsafe memchr(start, Int32(mark), buffer.count) != nil
        }
    }

    private mutating func next(_ byte: UInt8, _ errors: inout LineErrors) -> UInt8? {
        switch state {
        case .plain:
            guard byte == Self.mark else { return byte }
            state = .afterMark
            return nil
        case .afterMark:
            state = byte == 0 ? .afterMarkAndZero : .plain
            // The kernel puts nothing but 00 and FF behind a mark; should it, the byte is data.
            return byte == 0 ? nil : byte
        case .afterMarkAndZero:
            state = .plain
            if byte == 0 { errors.breaks &+= 1 } else { errors.damagedBytes &+= 1 }
            return Self.mark
        }
    }
}
