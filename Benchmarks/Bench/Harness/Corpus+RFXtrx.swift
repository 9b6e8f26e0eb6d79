import WireProtocols

extension Corpus {
    /// Security packets of 1,000 devices: most of them that all is well, every tenth a panic, every
    /// thirtieth with a low battery.
    static let rfxtrx = Corpus { serial in
        let packet = RFXtrx.Security(
            subtype: UInt8(serial % 11), sequence: UInt8(truncatingIfNeeded: serial),
            id: 0x00D3_0000 | serial &* 7_919 % 1_000, status: serial % 10 == 0 ? 0x06 : 0x00,
            signal: UInt8(serial % 12), battery: serial % 30 == 0 ? 0 : 9)
        var frame: [UInt8] = []
        RFXtrx.emit(.security(packet), into: &frame)
        return frame
    }
}
