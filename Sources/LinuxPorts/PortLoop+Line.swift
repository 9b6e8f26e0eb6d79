// Finding out what a line is set to: setting an open one anew, and its errors one by one.

extension PortLoop {
    /// Has an open tty set to other settings, soon. One that cannot be set so stays as it was, and
    /// nothing happens to what is no tty, or is gone.
    ///
    /// - Parameter keepingInput: false throws away what came at the old settings.
    public func retune(
        _ handle: PortHandle, to settings: SerialSettings, keepingInput: Bool
    ) {
        guard let line = channel(handle) as? SerialChannel else { return }
        line.retune(Tuning(settings: settings, keepsInput: keepingInput), with: errands)
    }

    /// Bytes of a port that came with an error since it was first opened, breaks included.
    public func lineErrors(of handle: PortHandle) -> UInt64 {
        guard let errors = channel(handle)?.counters.lineErrors else { return 0 }
        return errors.damagedBytes &+ errors.breaks
    }
}
