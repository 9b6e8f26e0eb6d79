import AlarmModel

extension DC09 {
    /// Sequence, receiver, line and account as they came; encrypted with the station's time where
    /// the message was encrypted. What is refused, and why, ``events(of:in:_:)`` has found out.
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        var text = Reply()
        if session.verdict.isRefused {
            text.append(refusalAt: session.verdict.time)
        } else if case .sealed(let digits) = message.content {
            guard let cipher = session.cipher(for: message.header.address) else { return }
            text.append(acknowledging: message.header, token: "\"*ACK\"")
            text.append(sealedTime: session.verdict.time, padding: digits, by: cipher)
        } else {
            text.append(acknowledging: message.header, token: "\"ACK\"")
            text.append(Mark.close)
        }
        reply.append(framing: text)
    }

    @inline(__always)
    static func capitalHexDigit(_ nibble: UInt8) -> UInt8 {
        let value = nibble & 0x0F
        return value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "A") &+ value &- 10
    }
}

extension DC09Session {
    /// A frame of its own that asks for the last one again.
    func refusal() -> Reply {
        var text = Reply()
        text.append(refusalAt: now)
        var reply = Reply()
        reply.append(framing: text)
        return reply
    }
}

extension Reply {
    /// Puts the frame around its text, which is far shorter than the room that is left.
    fileprivate mutating func append(framing text: Reply) {
        append(DC09.Mark.lineFeed)
        append(hex: text.withBytes { Checksums.crc16arc($0) })
        append(hex: UInt16(truncatingIfNeeded: text.count))
        text.withBytes { bytes in
            for index in bytes.indices { append(bytes[index]) }
        }
        append(DC09.Mark.carriageReturn)
    }

    /// All of an ACK up to and with its first bracket.
    fileprivate mutating func append(acknowledging header: DC09.Header, token: String) {
        append(ascii: token)
        var rest = header.sequence
        for scale: UInt16 in [1_000, 100, 10, 1] {
            append(UInt8(ascii: "0") + UInt8(rest / scale))
            rest %= scale
        }
        append(header.receiver)
        append(header.line)
        append(DC09.Mark.account)
        append(header.account)
        append(DC09.Mark.open)
    }

    /// `"NAK"0000R0L0A0[]` and the time to which the sender has to set its clock.
    fileprivate mutating func append(refusalAt time: WallTime?) {
        append(ascii: "\"NAK\"0000R0L0A0[]")
        for byte in time.map(DC09.timeText) ?? [] { append(byte) }
    }

    /// The padding takes the place of a vector of its own, so it must be another for every message.
    /// It is taken from the cipher text of the sender, which is: hexadecimal digits, no marks.
    ///
    /// - Parameter digits: at least 32.
    fileprivate mutating func append(
        sealedTime time: WallTime?, padding digits: [UInt8], by cipher: DC09Cipher
    ) {
        let marks = [DC09.Mark.bar, DC09.Mark.close]
        let tail = marks + (time.map(DC09.timeText) ?? [])
        let padding = 16 + (16 - tail.count % 16) % 16
        for byte in cipher.encrypt(digits.prefix(padding) + tail) ?? [] {
            append(DC09.capitalHexDigit(byte >> 4))
            append(DC09.capitalHexDigit(byte))
        }
    }

    private mutating func append(hex value: UInt16) {
        for shift: UInt16 in [12, 8, 4, 0] {
            append(DC09.capitalHexDigit(UInt8(truncatingIfNeeded: value >> shift)))
        }
    }

    private mutating func append(ascii text: String) {
        for byte in text.utf8 { append(byte) }
    }

    private mutating func append(_ text: ShortText) {
        for index in 0..<text.count { append(text[index]) }
    }
}
