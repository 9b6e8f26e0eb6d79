import AlarmModel

extension ESPA444 {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message {
        case .link(.enquiry(let address)):
            bytes += [UInt8(ascii: "0") &+ address % 10, Mark.enq]
        case .link(.end): bytes.append(Mark.eot)
        case .link(.acknowledged): bytes.append(Mark.ack)
        case .link(.refused(let reason)):
            if let reason { bytes.append(UInt8(ascii: "0") &+ reason % 10) }
            bytes.append(Mark.nak)
        case .block(let block): emit(block, into: &bytes)
        }
    }

    private static func emit(_ block: Block, into bytes: inout [UInt8]) {
        bytes.append(Mark.soh)
        let checked = bytes.count
        bytes += [UInt8(ascii: "0") &+ block.head.header, Mark.stx]
        let records = bytes.count
        func begin(_ id: UInt8) {
            if bytes.count > records { bytes.append(Mark.rs) }
            bytes += [UInt8(ascii: "0") &+ id, Mark.us]
        }
        func append(_ id: UInt8, _ value: UInt8?) {
            guard let value else { return }
            begin(id)
            bytes.append(ShortText(decimal: UInt32(value)))
        }
        if let address = block.head.address {
            begin(RecordID.callAddress)
            bytes.append(address)
        }
        if !block.text.isEmpty {
            begin(RecordID.displayMessage)
            bytes += block.text.bytes
        }
        append(RecordID.beepCoding, block.head.numbers.beepCoding)
        append(RecordID.callType, block.head.numbers.callType)
        append(RecordID.transmissions, block.head.numbers.transmissions)
        append(RecordID.priority, block.head.numbers.priority)
        append(RecordID.callStatus, block.head.numbers.callStatus)
        append(RecordID.systemStatus, block.head.numbers.systemStatus)
        bytes.append(Mark.etx)
        bytes.append(bytes[checked...].reduce(0, ^))
    }
}
