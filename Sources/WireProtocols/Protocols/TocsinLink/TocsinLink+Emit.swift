import AlarmModel

extension TocsinLink {
    public static func emit(_ message: Message, into bytes: inout [UInt8]) {
        message.content.finish(into: &bytes)
    }

    public static func sample(
        of kinds: [EventKind], device: UInt32, serial: UInt32, at time: WallTime
    ) -> Message? {
        let digits = String(device)
        let padding = String(repeating: "0", count: 10 - digits.count)
        var report = Report(
            tick: serial &* 1_000, address: ShortText("P" + padding + digits),
            kinds: KindSet(kinds))
        report.fields.clock = time
        report.fields.batteryPercent = 80
        if kinds.contains(.position) {
            report.fields.position = Position(
                latitudeE7: 399_165_270, longitudeE7: 1_163_971_280, isValid: true,
                fixedAt: time, accuracyCentimeters: 800)
        }
        return Message(Header(nonce: 0x7E11_0A5C, sequence: serial), .event(report))
    }
}

extension Reply {
    /// Precondition: the message is one of the station's, which are all short.
    init(framing message: TocsinLink.Message) {
        self.init()
        append(framing: message)
    }

    mutating func append(framing message: TocsinLink.Message) {
        message.content.finish(into: &self)
    }

    /// The one reply that every message gets, made without the detour over one.
    @inline(__always)
    mutating func append(acknowledging header: TocsinLink.Header) {
        TocsinLink.Content<14>(type: TocsinLink.MessageType.ack, header: header)
            .finish(into: &self)
    }
}

extension TocsinLink.Message {
    fileprivate var content: TocsinLink.Content<504> {
        var content = TocsinLink.Content<504>(type: body.type, header: header)
        body.write(to: &content)
        return content
    }
}

extension TocsinLink.Body {
    fileprivate var type: UInt8 {
        switch self {
        case .hello: TocsinLink.MessageType.hello
        case .event: TocsinLink.MessageType.event
        case .keepAlive: TocsinLink.MessageType.keepAlive
        case .stationHello: TocsinLink.MessageType.stationHello
        case .ack: TocsinLink.MessageType.ack
        case .nak: TocsinLink.MessageType.nak
        case .other(let type): type
        }
    }

    fileprivate func write(to content: inout TocsinLink.Content<504>) {
        switch self {
        case .hello(let hello), .stationHello(let hello):
            hello.write(to: &content)
        case .event(let report):
            report.write(to: &content)
            report.fields.write(to: &content)
        case .keepAlive(let keepAlive):
            content.append(keepAlive.state)
            keepAlive.fields.write(to: &content)
        case .nak(let reason):
            content.append(reason)
        case .ack, .other:
            break
        }
    }
}

extension TocsinLink.Hello {
    fileprivate func write(to content: inout TocsinLink.Content<504>) {
        content.append(version)
        content.append(capabilities)
        content.append(TocsinLink.Tag.maker, maker, atMost: TocsinLink.TextLimit.name)
        content.append(TocsinLink.Tag.model, model, atMost: TocsinLink.TextLimit.name)
        content.append(TocsinLink.Tag.serial, serial, atMost: TocsinLink.TextLimit.name)
    }
}

extension TocsinLink.Report {
    fileprivate func write(to content: inout TocsinLink.Content<504>) {
        content.append(tick)
        var flags: UInt8 = 0
        if isRestored { flags |= TocsinLink.EventFlag.restored }
        if isTest { flags |= TocsinLink.EventFlag.test }
        if isLate { flags |= TocsinLink.EventFlag.late }
        content.append(flags)
        content.append(address ?? "", atMost: TocsinLink.TextLimit.address)
        content.append(UInt8(kinds.count))
        kinds.forEachCode { content.append($0) }
    }
}

extension TocsinLink.Fields {
    fileprivate func write(to content: inout TocsinLink.Content<504>) {
        typealias Tag = TocsinLink.Tag
        typealias TextLimit = TocsinLink.TextLimit
        if let position { write(position, to: &content) }
        content.append(Tag.clock, clock?.microseconds)
        content.append(Tag.battery, batteryPercent)
        content.append(Tag.signal, signalPercent)
        content.append(Tag.zone, zone)
        content.append(Tag.partition, partition)
        content.append(Tag.fence, fence, atMost: TextLimit.fence)
        content.append(Tag.code, code, atMost: TextLimit.code)
        content.append(Tag.text, text, atMost: TextLimit.text)
    }

    private func write(_ position: Position, to content: inout TocsinLink.Content<504>) {
        typealias Tag = TocsinLink.Tag
        content.append(Tag.position)
        content.append(UInt8(9))
        content.append(UInt32(bitPattern: position.latitudeE7))
        content.append(UInt32(bitPattern: position.longitudeE7))
        content.append(UInt8(position.isValid ? 1 : 0))
        content.append(Tag.accuracy, position.accuracyCentimeters)
        content.append(Tag.altitude, position.altitudeCentimeters)
        content.append(Tag.speed, position.speedMillimetersPerSecond)
        content.append(
            Tag.course, position.courseCentidegrees.map { UInt16(truncatingIfNeeded: $0) })
        content.append(Tag.fixedAt, position.fixedAt?.microseconds)
    }
}

/// `tag 1 | n 1 | value n`, or nothing where there is no value.
extension TocsinLink.Content {
    fileprivate mutating func append<Value: FixedWidthInteger>(_ tag: UInt8, _ value: Value?) {
        guard let value else { return }
        let count = Value.bitWidth / 8
        append(tag)
        append(UInt8(count))
        append(value)
    }

    fileprivate mutating func append(_ tag: UInt8, _ text: ShortText?, atMost limit: Int) {
        guard let text else { return }
        append(tag)
        append(text, atMost: limit)
    }

    fileprivate mutating func append(_ tag: UInt8, _ text: String?, atMost limit: Int) {
        guard let text = text?.cut(toUTF8Count: limit) else { return }
        append(tag)
        append(UInt8(text.utf8.count))
        for byte in text.utf8 { append(byte) }
    }

    /// `n 1 | text n`
    fileprivate mutating func append(_ text: ShortText, atMost limit: Int) {
        let count = min(text.count, limit)
        append(UInt8(count))
        for index in 0..<count { append(text[index]) }
    }
}
