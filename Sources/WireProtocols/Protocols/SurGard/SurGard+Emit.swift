import AlarmModel

extension SurGard {
    /// Writes the line as an MLR2 does; a heartbeat has the spacing of its manual.
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message {
        case .contactID(let line):
            bytes.append(Start.contactID)
            bytes.append(line.line.digits)
            bytes.append(ascii: " 18")
            bytes.append(line.account)
            bytes.append(line.event.qualifier.letter)
            bytes.append(decimal: line.event.code, digits: 3)
            bytes.append(decimal: line.event.partition, digits: 2)
            bytes.append(decimal: line.event.zone, digits: 3)
        case .sia(let line):
            bytes.append(Start.sia)
            bytes.append(line.line.digits)
            bytes.append(ascii: "[#")
            bytes.append(line.account)
            bytes.append(ascii: "|")
            bytes.append(contentsOf: line.block.bytes)
            bytes.append(ascii: "]")
        case .heartbeat(let line):
            bytes.append(Start.heartbeat)
            bytes.append(line.digits)
            bytes.append(ascii: "           @    ")
        }
        bytes.append(terminator)
    }
}
