import AlarmModel

extension DC09 {
    /// Sequence, receiver, line and account as they came; encrypted with the station's time where
    /// the message was encrypted. What is refused, and why, ``events(of:in:_:)`` has found out.
    @inline(__always)
    public static func reply(
        to message: Message, in session: inout Session, into reply: inout Reply
    ) {
        if session.verdict.isRefused {
            reply.append(refusalAt: session.verdict.time)
        } else if case .sealed(let digits) = message.content {
            guard let cipher = session.cipher(for: message.header.address) else { return }
            reply.appendFrame { text in
                text.append(ascii: "\"*ACK\"")
                text.append(message.header)
                text.append(Mark.open)
                text.append(sealedTime: session.verdict.time, padding: digits, by: cipher)
            }
        } else {
            reply.appendFrame { text in
                text.append(ascii: "\"ACK\"")
                text.append(message.header)
                text.append(ascii: "[]")
            }
        }
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
        var reply = Reply()
        reply.append(refusalAt: now)
        return reply
    }
}

extension Reply {
    /// A frame around what `append` appends, in a reply that was empty.
    @inline(__always)
    fileprivate mutating func appendFrame(_ append: (inout Reply) -> Void) {
        self.append(DC09.Mark.lineFeed)
        // Room for the checksum and the length.
        self.append(bigEndian: 0)
        append(&self)
        let checksum = lend { Checksums.crc16arc($0.extracting(DC09.Field.text..<$0.count)) }
        let length = UInt16(truncatingIfNeeded: count - DC09.Field.text)
        replace(
            bigEndian: UInt64(capitalHexASCII: UInt32(checksum) << 16 | UInt32(length)),
            at: DC09.Field.checksum)
        self.append(DC09.Mark.carriageReturn)
    }

    /// All that an ACK repeats.
    @inline(__always)
    fileprivate mutating func append(_ header: DC09.Header) {
        let (front, back) = UInt64(header.sequence).quotientAndRemainder(dividingBy: 100)
        let digits = (front / 10) | (front % 10) << 8 | (back / 10) << 16 | (back % 10) << 24
        append(littleEndian: digits | 0x3030_3030, count: 4)
        append(littleEndian: header.receiver.word, count: header.receiver.count)
        append(littleEndian: header.line.word, count: header.line.count)
        append(DC09.Mark.account)
        append(header.account)
    }

    /// `"NAK"0000R0L0A0[]` and the time to which the sender has to set its clock.
    fileprivate mutating func append(refusalAt time: WallTime?) {
        appendFrame { text in
            text.append(ascii: "\"NAK\"0000R0L0A0[]")
            for byte in time.map(DC09.timeText) ?? [] { text.append(byte) }
        }
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

    private mutating func append(_ text: ShortText) {
        text.withBytes { append($0) }
    }
}
