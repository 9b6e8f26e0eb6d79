import AlarmModel
import WireProtocols

extension Corpus {
    /// ESPA 4.4.4: calls with a text as it fits on a pager, every tenth an alarm.
    static let espa444 = Corpus { serial in
        guard let text = WireText("ROOM \(serial % 400) CALL"),
            let block = ESPA444.Block(
                address: ShortText(decimal: serial &* 7_919 % 1_000), text: text,
                numbers: .init(callType: 3, priority: serial % 10 == 0 ? 1 : 3))
        else { return nil }
        var bytes: [UInt8] = []
        ESPA444.emit(.block(block), into: &bytes)
        return bytes
    }

    /// TAP: pages of one block, one behind the other in a session that goes on.
    static let tap = Corpus { serial in
        guard let text = WireText("ROOM \(serial % 400) CALL"),
            let block = TAP.Block(id: ShortText(decimal: serial &* 7_919 % 1_000), text: text)
        else { return nil }
        var bytes: [UInt8] = []
        TAP.emit(.block(block), into: &bytes)
        return bytes
    }
}
