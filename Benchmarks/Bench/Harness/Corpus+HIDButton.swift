import WireProtocols

extension Corpus {
    /// A button that is polled: its lid is opened, it is pressed for three polls, and so on.
    static let hidButton = Corpus { serial in
        let states: [UInt8] = [0x15, 0x15, 0x15, 0x17, 0x17, 0x16, 0x16, 0x16, 0x17, 0x15]
        let state = states[Int(serial) % states.count]
        var frame: [UInt8] = []
        guard let report = HIDButton.Report([state, 0, 0, 0, 0, 0, 0, 3]) else { return nil }
        HIDButton.emit(report, into: &frame)
        return frame
    }
}
