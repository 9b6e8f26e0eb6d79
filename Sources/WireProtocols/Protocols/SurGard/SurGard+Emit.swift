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
            bytes.append(letter(of: line.event.qualifier))
            append(Int(line.event.code), digits: 3, to: &bytes)
            append(Int(line.event.partition), digits: 2, to: &bytes)
            append(Int(line.event.zone), digits: 3, to: &bytes)
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
        bytes.append(Mark.terminator)
    }

    private static func letter(of qualifier: ContactIDEvent.Qualifier) -> UInt8 {
        switch qualifier {
        case .begun: UInt8(ascii: "E")
        case .ended: UInt8(ascii: "R")
        case .present: UInt8(ascii: "P")
        }
    }

    private static func append(_ value: Int, digits: Int, to bytes: inout [UInt8]) {
        var scale = 1
        for _ in 1..<digits { scale *= 10 }
        while scale > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
            scale /= 10
        }
    }
}
