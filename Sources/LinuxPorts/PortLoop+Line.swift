// Finding out what a line is set to: setting an open one anew, and its errors one by one.

extension PortLoop {
    /// Sets an open tty to other settings. False when it is no tty, is gone, or cannot be set so:
    /// then it stays as it was or is found closed at the next read.
    ///
    /// - Parameter keepingInput: false throws away what came at the old settings.
    public func retune(
        _ handle: PortHandle, to settings: SerialSettings, keepingInput: Bool
    ) -> Bool {
        guard let line = channel(handle) as? SerialChannel else { return false }
        return line.retune(to: settings, keepingInput: keepingInput)
    }

    /// Bytes of a port that came with an error since it was first opened, breaks included.
    public func lineErrors(of handle: PortHandle) -> UInt64 {
        guard let errors = channel(handle)?.counters.lineErrors else { return 0 }
        return errors.damagedBytes &+ errors.breaks
    }
}
