import WireProtocols

extension Corpus {
    /// Presses of 1,000 pendants with their releases, and every fifth telegram a contact.
    static let esp3 = Corpus { serial in
        let sender = 0x0029_0000 | serial / 2 &* 7_919 % 1_000
        let reception = ESP3.Reception(decibelMilliwatts: UInt8(50 + serial % 40))
        let (profile, data, status): (ESP3.Telegram.Profile, UInt8, UInt8) =
            if serial % 5 == 0 {
                (.contact, serial % 10 == 0 ? 0x08 : 0x09, 0x00)
            } else if serial % 2 == 0 {
                (.rocker, UInt8(serial / 2 % 4) << 5 | 0x10, 0x30)
            } else {
                (.rocker, 0x00, 0x20)
            }
        let telegram = ESP3.Telegram(
            profile, data: data, sender: sender, status: status, reception: reception)
        var frame: [UInt8] = []
        ESP3.emit(.telegram(telegram), into: &frame)
        return frame
    }
}
