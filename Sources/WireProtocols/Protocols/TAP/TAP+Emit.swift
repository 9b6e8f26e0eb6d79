import AlarmModel

extension TAP {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        switch message {
        case .wake: break
        case .end: bytes.append(Mark.eot)
        case .login(let login):
            bytes.append(Mark.escape)
            bytes.append(ascii: "PG")
            bytes.append(login.type)
            bytes.append(login.password)
        case .block(let block):
            let start = bytes.count
            bytes.append(Mark.stx)
            bytes += block.content
            switch block.ending {
            case .page: bytes.append(Mark.etx)
            case .field: bytes.append(Mark.etb)
            case .part: bytes.append(Mark.us)
            }
            bytes += check(of: bytes[start...])
        }
        bytes.append(Mark.carriageReturn)
    }
}
