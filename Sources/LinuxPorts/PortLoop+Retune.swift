import Glibc

// Finding out what a line is set to: setting an open one anew, and its errors one by one.

extension PortLoop {
    /// Sets an open tty to other settings. False when it is no tty, is gone, or cannot be set so:
    /// then it stays as it was or is found closed at the next read.
    ///
    /// - Parameter keepingInput: false throws away what came at the old settings.
    public func retune(
        _ handle: PortHandle, to settings: SerialSettings, keepingInput: Bool
    ) -> Bool {
        guard let channel = channel(handle), case .tty = channel.kind else { return false }
        guard (try? SerialPort.retune(channel.descriptor, settings)) != nil else { return false }
        if !keepingInput { tcflush(channel.descriptor, TCIFLUSH) }
        return true
    }

    /// Bytes of a port that came with an error since it was first opened, breaks included.
    public func lineErrors(of handle: PortHandle) -> UInt64 {
        guard let errors = channel(handle)?.slot.counters.lineErrors else { return 0 }
        return errors.damagedBytes &+ errors.breaks
    }
}
